"""Initialisations of a LoRA layer, as data: entry exponents of A (r x n) and B (n x r) in n and r = n^rho."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Initialisation:
    """How both factors start. ``residual``: the frozen weight holds W* - s B0 A0, so the merged weight starts at W*."""

    name: str
    a0: str
    b0: str
    statement: str
    source: str
    residual: bool = False


_HAYOU = "Hayou, Ghosh, Yu, arXiv 2406.08447, section 3"
_LI = "Li et al., arXiv 2505.23194, section 4"
_PEFT = "Hugging Face peft, LoraLayer.reset_lora_parameters"

INITIALISATIONS: Final[Mapping[str, Initialisation]] = MappingProxyType(
    {
        i.name: i
        for i in (
            Initialisation("A", "-1/2", "-inf", "A random with variance 1/n, B = 0", _HAYOU),
            Initialisation("B", "-inf", "-rho/2", "A = 0, B random with variance 1/r", _HAYOU),
            Initialisation("AB", "-1/2", "-1/2", "both random with variance 1/n", _LI),
            Initialisation(
                "AB+", "-1/2", "-1/2", "both random with variance 1/n; frozen weight W* - s B0 A0", _LI, residual=True
            ),
            Initialisation("general", "a0", "b0", "both random, entries n^a0 and n^b0", _LI),
            Initialisation("default", "-1/2", "-inf", "A uniform on +-1/sqrt(n), B = 0", _PEFT),
            Initialisation("gaussian", "-rho", "-inf", "A normal with deviation 1/r whatever the width, B = 0", _PEFT),
            Initialisation("false", "-1/2", "-rho/2", "A uniform on +-1/sqrt(n), B uniform on +-1/sqrt(r)", _PEFT),
        )
    }
)
