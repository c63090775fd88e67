"""Operations of the program language, one per file. Those without a sign of their own are re-exported here."""

from __future__ import annotations

from gamma_calc.operations import add as add  # these four write +, @, * and .T
from gamma_calc.operations import matmul as matmul
from gamma_calc.operations import product as product
from gamma_calc.operations import transpose as transpose
from gamma_calc.operations.inner import inner as inner
from gamma_calc.operations.outer import outer as outer
from gamma_calc.operations.relu import relu as relu
from gamma_calc.operations.since_start import since_start as since_start
from gamma_calc.operations.tanh import tanh as tanh
