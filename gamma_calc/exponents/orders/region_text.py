"""Regions from text: comparisons of exponents joined by & and |, in the spelling in which they print.

    region      = conjunction { "|" conjunction }
    conjunction = part { "&" part }
    part        = "all" | "none" | "(" region ")" | exponent relation exponent { relation exponent }

The exponents are read by the parser of orders. A text is only ever read, never run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeAlias

from gamma_calc.errors import ExponentSyntaxError, GammaError
from gamma_calc.exponents.notation.tokens import MOST_CHARACTERS
from gamma_calc.exponents.orders.comparison import Relation, compare
from gamma_calc.exponents.orders.piecewise import PiecewiseLinear
from gamma_calc.exponents.regions.polyhedron import Polyhedron
from gamma_calc.exponents.regions.union import conjunction, simplified

Union: TypeAlias = tuple[Polyhedron, ...]

_PLAIN: Final = str.maketrans({"≤": "<=", "≥": ">=", "∧": "&", "∨": "|", "∅": "none"})
_RELATION: Final = re.compile(r"(<=|>=|==|=|<|>)")
_COMPARISONS: Final[Mapping[str, tuple[Relation, int]]] = {  # what is compared, and in which direction
    "<=": ("<=", 1),
    "<": ("<", 1),
    ">=": ("<=", -1),
    ">": ("<", -1),
    "=": ("=", 1),
    "==": ("=", 1),
}
_CONSTANTS: Final[Mapping[str, Union]] = {"all": simplified([Polyhedron.build(())]), "none": ()}
_MOST_NESTED: Final = 50  # parentheses around parentheses; past any use, short of Python's own limit
_QUOTED: Final = 60  # characters of the offending text in a message
_HINT: Final = "write comparisons such as -1 <= eta < 0 & eta_A + eta_B = -1"


def read_region(text: str) -> Union:
    """The union of polyhedra that a text denotes. Raises ExponentSyntaxError with the offending part and the hint.

    >>> [len(polyhedron.constraints) for polyhedron in read_region("eta < -1 | (0 <= eta & eta <= 1)")]
    [1, 2]
    """
    if len(text) > MOST_CHARACTERS:
        raise ExponentSyntaxError(f"the text has {len(text)} characters", hint=f"at most {MOST_CHARACTERS} are read")
    return _region(text.translate(_PLAIN), _MOST_NESTED)


def _region(text: str, depth: int) -> Union:
    if not depth:
        raise ExponentSyntaxError(f"a region with more than {_MOST_NESTED} parentheses around each other", hint=_HINT)
    return simplified(one for side in _split(text, "|") for one in _conjunction(side, depth))


def _conjunction(text: str, depth: int) -> Union:
    return conjunction([union for part in _split(text, "&") for union in _parts(part, depth)])


def _parts(text: str, depth: int) -> list[Union]:
    """The regions that a part of a conjunction asks for, several where comparisons are chained."""
    if text in _CONSTANTS:
        return [_CONSTANTS[text]]
    if text.startswith("(") and _closes_at(text) == len(text) - 1 and _RELATION.search(text):
        return [_region(text[1:-1], depth - 1)]
    sides = [side.strip() for side in _RELATION.split(text)]
    if len(sides) == 1:
        raise ExponentSyntaxError(f"{_quoted(text)} is no comparison", hint=_HINT)
    values = [_side(side, text) for side in sides[::2]]
    return [_comparison(*sides) for sides in zip(values, sides[1::2], values[1:], strict=False)]


def _comparison(left: PiecewiseLinear, sign: str, right: PiecewiseLinear) -> Union:
    relation, direction = _COMPARISONS[sign]
    small, large = (left, right)[::direction]
    return compare(small, relation, large)


def _side(text: str, place: str) -> PiecewiseLinear:
    if not text:
        raise ExponentSyntaxError(f"{_quoted(place)} lacks one side", hint=_HINT)
    try:
        return PiecewiseLinear.of(text)
    except GammaError as error:
        raise error.at(_quoted(place)) from None


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


def _quoted(text: str) -> str:
    return repr(text if len(text) <= _QUOTED else text[:_QUOTED] + "…")
