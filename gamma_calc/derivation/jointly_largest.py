"""The largest learning rates of a condition taken together: one point where there is one, the corners where not.

Each rate has a largest exponent by itself, but two may have to be traded against each other: no point of
eta_A + eta_B <= -1 is largest in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from gamma_calc.exponents import Region

MOST_IN_CORNERS: Final = 6  # exponents of a region whose corners are listed: their number grows as a power of it

Point = Mapping[str, Fraction]


@dataclass(frozen=True, slots=True)
class JointlyLargest:
    """``rates`` is largest in every rate, None where no point is; then ``corners`` are those that no other exceeds.

    ``corners`` is None where there are too many exponents to list them. Exponents, not numbers.
    """

    rates: Point | None
    corners: tuple[Point, ...] | None = ()


def jointly_largest(region: Region, names: Iterable[str]) -> JointlyLargest:
    """The largest rates of a region, proved: each is the optimum of a linear program, and the point is in the region.

    >>> jointly_largest(Region("eta_A <= -1 & eta_B <= min(0, -1 - eta_A)"), ["eta_A", "eta_B"])
    JointlyLargest(rates={'eta_A': Fraction(-1, 1), 'eta_B': Fraction(0, 1)}, corners=())
    >>> jointly_largest(Region("eta_A + eta_B <= -1 & eta_A <= 0 & eta_B <= 0"), ["eta_A", "eta_B"]).rates is None
    True
    """
    wanted = tuple(names)
    if region.is_empty or not wanted:
        return JointlyLargest(None)
    point = region.largest_point(*wanted)
    if point is not None:
        return JointlyLargest(point)
    return JointlyLargest(None, _corners(region, wanted) if len(region.variables) <= MOST_IN_CORNERS else None)


def _corners(region: Region, names: tuple[str, ...]) -> tuple[Point, ...]:
    corners = region.vertices()
    return tuple(one for one in corners if not any(_exceeds(two, one, names) for two in corners))


def _exceeds(one: Point, two: Point, names: tuple[str, ...]) -> bool:
    """Is no rate of the first smaller, and one larger? A corner says nothing of a rate that is free."""
    pairs = [(one[name], two[name]) for name in names if name in one and name in two]
    return any(x > y for x, y in pairs) and all(x >= y for x, y in pairs)
