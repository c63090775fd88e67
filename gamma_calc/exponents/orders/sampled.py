"""The values of functions at a few points, the same ones for all: what is above at one of them is not below everywhere.

They are whole numbers of one unit, rounded, so that a comparison costs next to nothing; they refute and prove nothing.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Final
from zlib import crc32

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.orders.maximum import Convex
from gamma_calc.exponents.orders.points import UNIT, Values

SPANS: Final = (UNIT * 2, UNIT * 2, UNIT * 8, UNIT * 400)  # around zero: rates and ranks of one are near it
MOST_POINTS: Final = 4 * len(SPANS)


def coordinate_at(name: str, number: int) -> Fraction:
    """A coordinate of one of the points."""
    return Fraction(_coordinates(name)[number], UNIT)


def values_of(above: Convex, below: Convex) -> Values:
    """The values of max(above) - max(below) at the points; nothing is said of -oo."""
    high, low = _largest(above), _largest(below)
    return tuple(a - b for a, b in zip(high, low, strict=True))


def _largest(forms: Convex) -> Values:
    those = [_values(form) for form in forms]
    return those[0] if len(those) == 1 else tuple(map(max, *those))


@lru_cache(maxsize=65536)
def _values(form: Affine) -> Values:
    constant = form.constant.numerator * UNIT // form.constant.denominator
    rows = [_times(_coordinates(name), slope.numerator, slope.denominator) for name, slope in form.terms]
    return tuple(constant + sum(column) for column in zip(*rows, strict=True)) if rows else (constant,) * MOST_POINTS


def _times(values: Values, numerator: int, denominator: int) -> Values:
    return tuple(value * numerator // denominator for value in values)


@lru_cache(maxsize=1024)
def _coordinates(name: str) -> Values:
    return tuple(_coordinate(span, f"{name} {row}") for row in range(MOST_POINTS // len(SPANS)) for span in SPANS)


def _coordinate(span: int, seed: str) -> int:
    return crc32(seed.encode()) % (2 * span) - span
