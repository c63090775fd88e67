"""Operations of the program language, one per file. Those without a sign of their own are re-exported here."""

from __future__ import annotations

from gamma_calc.rules.outer import outer as outer
from gamma_calc.rules.relu import relu as relu
from gamma_calc.rules.since_start import since_start as since_start
from gamma_calc.rules.tanh import tanh as tanh
