"""Optimisers, one per file, by the name the command line uses. A new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gamma_calc.language.optimiser import Optimiser
from gamma_calc.optimisers.adam import Adam
from gamma_calc.optimisers.riemannian import RiemannianAdam, RiemannianSGD, SignRiemannian
from gamma_calc.optimisers.sgd import SGD
from gamma_calc.optimisers.shampoo import Muon, Shampoo
from gamma_calc.optimisers.sign import Sign

_ALL: Final = (Adam(), Sign(), SGD(), RiemannianSGD(), RiemannianAdam(), SignRiemannian(), Muon(), Shampoo())
OPTIMISERS: Final[Mapping[str, Optimiser]] = MappingProxyType({o.name: o for o in _ALL})
