"""Optimisers, one per file, by the name the command line uses. A new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gamma_calc.optimisers.adam import Adam
from gamma_calc.optimisers.base import Optimiser
from gamma_calc.optimisers.sgd import SGD
from gamma_calc.optimisers.sign import Sign

OPTIMISERS: Final[Mapping[str, Optimiser]] = MappingProxyType({o.name: o for o in (Adam(), Sign(), SGD())})
