"""What may be assumed of a program beside the usual, by the name that the command line has for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from gamma_calc.errors import unknown

ASSUMPTIONS: Final[Mapping[str, Mapping[str, object]]] = MappingProxyType(
    {
        "additive": {"sum_rule": "additive"},
        "fresh": {"fresh": True},
    }
)


def assumed(names: Iterable[str]) -> dict[str, object]:
    """The arguments of a program for names such as "additive,fresh". Raises UnknownName.

    >>> assumed(["additive,fresh"])
    {'sum_rule': 'additive', 'fresh': True}
    """
    found: dict[str, object] = {}
    for name in (part for text in names for part in text.split(",")):
        if name not in ASSUMPTIONS:
            raise unknown("assumption", name, ASSUMPTIONS).at("--assume")
        found |= ASSUMPTIONS[name]
    return found
