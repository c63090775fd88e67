"""The calculus of orders in the width n: when training is stable, and when it learns features.

Write a training program, or take one from the catalogue; ``derive`` it; ask for orders, conditions and reasons.
"""

from __future__ import annotations

from gamma_calc.catalogue.deep_linear import deep_linear as deep_linear
from gamma_calc.catalogue.lora import lora as lora
from gamma_calc.catalogue.toy import toy as toy
from gamma_calc.derivation import Derivation as Derivation
from gamma_calc.derivation import derive as derive
from gamma_calc.errors import GammaError as GammaError
from gamma_calc.language.dims import Dim as Dim
from gamma_calc.language.initialisation import given as given
from gamma_calc.language.initialisation import iid as iid
from gamma_calc.language.initialisation import zero as zero
from gamma_calc.language.program import Program as Program
from gamma_calc.language.program import internal as internal
from gamma_calc.language.program import other as other
from gamma_calc.language.program import output as output
from gamma_calc.orders.order import Order as Order
from gamma_calc.orders.order import maximum as maximum
from gamma_calc.orders.order import minimum as minimum
from gamma_calc.orders.order import order as order
from gamma_calc.regions.region import Region as Region
from gamma_calc.rules.leaves import data as data
from gamma_calc.rules.leaves import frozen as frozen
from gamma_calc.rules.leaves import parameter as parameter
from gamma_calc.rules.outer import outer as outer
from gamma_calc.rules.relu import relu as relu
from gamma_calc.rules.since_start import since_start as since_start
from gamma_calc.rules.tanh import tanh as tanh
