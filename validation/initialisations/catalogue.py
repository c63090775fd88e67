"""The constructions by name; the names are those of the symbolic catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from gamma_calc.errors import pick
from validation.initialisations import decomposed, drawn, trained
from validation.initialisations.fitted import inilora
from validation.initialisations.layer import Factors, Layer

CONSTRUCTIONS: Final[Mapping[str, Callable[[Layer], Factors]]] = MappingProxyType(
    {
        "A": drawn.normal_a,
        "B": drawn.normal_b,
        "AB": drawn.normal_both,
        "AB+": drawn.normal_both,
        "default": drawn.uniform_a,
        "gaussian": drawn.gaussian,
        "false": drawn.uniform_both,
        "orthogonal": drawn.orthogonal,
        "pissa": decomposed.pissa,
        "milora": decomposed.milora,
        "olora": decomposed.olora,
        "eva": trained.eva,
        "corda": decomposed.corda,
        "loftq": decomposed.loftq,
        "lora-ga": trained.lora_ga,
        "lora-ga-peft": trained.lora_ga_peft,
        "lora-one": trained.lora_one,
        "loram": drawn.loram,
        "mica": decomposed.mica,
        "inilora": inilora,
        "inilora-alpha": drawn.inilora_alpha,
        "inilora-beta": drawn.inilora_beta,
    }
)


def construct(name: str, layer: Layer) -> Factors:
    """A (seeds x r x n) and B (seeds x n x r) as an initialisation makes them. Raises UnknownName.

    >>> a, b = construct("pissa", Layer(width=16, rank=2, seeds=(0, 1, 2)))
    >>> tuple(a.shape), tuple(b.shape)
    ((3, 2, 16), (3, 16, 2))
    """
    return pick("initialisation", name, CONSTRUCTIONS)(layer)
