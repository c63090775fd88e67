"""The constructions by name: each initialisation of the symbolic catalogue says which function here makes it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from gamma_calc.catalogue.initialisations import INITIALISATIONS
from gamma_calc.errors import pick
from validation.initialisations import decomposed, drawn, fitted, trained
from validation.initialisations.layer import Factors, Layer

BY_FUNCTION: Final = {
    name: made
    for module in (decomposed, drawn, fitted, trained)
    for name, made in vars(module).items()
    if callable(made)
}
CONSTRUCTIONS: Final[Mapping[str, Callable[[Layer], Factors]]] = MappingProxyType(
    {i.name: BY_FUNCTION[i.constructed_by] for i in INITIALISATIONS.values() if i.constructed_by != "none"}
)


LARGEST: Final = MappingProxyType({decomposed.__name__: 1024, fitted.__name__: 256})  # what takes too long above


def largest_width(name: str) -> float:
    """The largest width at which a construction is made within seconds: decomposing a weight takes n^3 operations.

    >>> largest_width("pissa"), largest_width("lora-ga")
    (1024, inf)
    """
    return LARGEST.get(pick("initialisation", name, CONSTRUCTIONS).__module__, math.inf)


def construct(name: str, layer: Layer) -> Factors:
    """A (seeds x r x n) and B (seeds x n x r) as an initialisation makes them. Raises UnknownName.

    >>> a, b = construct("pissa", Layer(width=16, rank=2, seeds=(0, 1, 2)))
    >>> tuple(a.shape), tuple(b.shape)
    ((3, 2, 16), (3, 16, 2))
    """
    return pick("initialisation", name, CONSTRUCTIONS)(layer)
