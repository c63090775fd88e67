"""Regions from text: comparisons of exponents joined by & and |, in the spelling in which they print.

    region      = conjunction { "|" conjunction }
    conjunction = part { "&" part }
    part        = "all" | "none" | "(" region ")" | exponent relation exponent { relation exponent }

The exponents are read by the parser of orders. A text is only ever read, never run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from gamma_calc.errors import ExponentSyntaxError, GammaError
from gamma_calc.exponents.notation.grammar import parse_order
from gamma_calc.exponents.orders.order import Order
from gamma_calc.exponents.regions.polyhedron import Polyhedron
from gamma_calc.exponents.regions.region import EVERYTHING, NOTHING, Region, where
from gamma_calc.exponents.regions.union import conjunction, tidied

_PLAIN: Final = str.maketrans({"≤": "<=", "≥": ">=", "∧": "&", "∨": "|", "∅": "none"})
_RELATION: Final = re.compile(r"(<=|>=|==|=|<|>)")
_COMPARE: Final[Mapping[str, Callable[[Order, Order], Region]]] = {
    "<=": Order.__le__,
    "<": Order.__lt__,
    ">=": Order.__ge__,
    ">": Order.__gt__,
    "=": lambda left, right: where(left, "=", right),
    "==": lambda left, right: where(left, "=", right),
}
_CONSTANTS: Final = {"all": EVERYTHING, "none": NOTHING}
_DEEPEST: Final = 50  # parentheses around parentheses; past any use, short of Python's own limit
_SHOWN: Final = 60  # characters of the offending text in a message
_MEND: Final = "write comparisons such as -1 <= eta < 0 & eta_A + eta_B = -1"


def parse_region(text: str) -> Region:
    """The region that a text denotes. Raises ExponentSyntaxError with the offending part and the hint.

    >>> parse_region("eta < -1 | (0 <= eta & eta <= 1)")
    Region('eta < -1 | 0 <= eta <= 1')
    """
    return _region(text.translate(_PLAIN), _DEEPEST)


def _region(text: str, depth: int) -> Region:
    if not depth:
        raise ExponentSyntaxError(f"a region with more than {_DEEPEST} parentheses around each other", hint=_MEND)
    return Region(tidied(piece for side in _split(text, "|") for piece in _conjunction(side, depth)))


def _conjunction(text: str, depth: int) -> tuple[Polyhedron, ...]:
    return conjunction([region.pieces for part in _split(text, "&") for region in _parts(part, depth)])


def _parts(text: str, depth: int) -> list[Region]:
    """The regions that a part of a conjunction asks for, several where comparisons are chained."""
    if text in _CONSTANTS:
        return [_CONSTANTS[text]]
    if text.startswith("(") and _closes_at(text) == len(text) - 1 and _RELATION.search(text):
        return [_region(text[1:-1], depth - 1)]
    sides = [side.strip() for side in _RELATION.split(text)]
    if len(sides) == 1:
        raise ExponentSyntaxError(f"{_shown(text)} is no comparison", hint=_MEND)
    values = [_order(side, text) for side in sides[::2]]
    return [_COMPARE[sign](left, right) for left, sign, right in zip(values, sides[1::2], values[1:], strict=False)]


def _order(text: str, place: str) -> Order:
    if not text:
        raise ExponentSyntaxError(f"{_shown(place)} lacks one side", hint=_MEND)
    try:
        return parse_order(text)
    except GammaError as error:
        raise error.at(_shown(place)) from None


def _split(text: str, sign: str) -> list[str]:
    """The parts between signs that stand outside all parentheses."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == sign and not depth:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]


def _closes_at(text: str) -> int:
    """Where the parenthesis that the text begins with is closed."""
    depth = 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0:
            return place
    return len(text)


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
