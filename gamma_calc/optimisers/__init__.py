"""Optimisers, one per file, by the name the command line uses. A new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gamma_calc.language.optimiser import Optimiser
from gamma_calc.optimisers.adam import Adam
from gamma_calc.optimisers.adam import adam as adam
from gamma_calc.optimisers.by_shape import by_shape as by_shape
from gamma_calc.optimisers.decayed import decayed as decayed
from gamma_calc.optimisers.lion import Lion
from gamma_calc.optimisers.lion import lion as lion
from gamma_calc.optimisers.riemannian import RiemannianAdam, RiemannianSGD, SignRiemannian
from gamma_calc.optimisers.sgd import SGD
from gamma_calc.optimisers.sgd import sgd as sgd
from gamma_calc.optimisers.shampoo import Muon, Shampoo
from gamma_calc.optimisers.shampoo import muon as muon
from gamma_calc.optimisers.shampoo import shampoo as shampoo
from gamma_calc.optimisers.sign import Sign
from gamma_calc.optimisers.sign import sign as sign

_ALL: Final = (Adam(), Sign(), SGD(), RiemannianSGD(), RiemannianAdam(), SignRiemannian(), Muon(), Shampoo(), Lion())
OPTIMISERS: Final[Mapping[str, Optimiser]] = MappingProxyType({o.name: o for o in _ALL})
