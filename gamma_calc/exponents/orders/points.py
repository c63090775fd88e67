"""Points of a polyhedron that tell orders apart: what is above another at one of them is not below it everywhere."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from operator import sub
from typing import Final
from zlib import crc32

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.bounds import DirectionBounds
from gamma_calc.exponents.linear.constraint import LinearConstraint, holds, weak
from gamma_calc.exponents.linear.simplex import Tableau
from gamma_calc.exponents.notation.spelling import natural
from gamma_calc.exponents.orders.samples import scattered

MOST_POINTS: Final = 5
MOST_PROBES: Final = 24
UNIT: Final = 720720  # of the values at probes: whole numbers of it, rounded down
SHORT: Final = 4  # levels that are near the largest value
SLACK: Final = UNIT // 1000  # what rounding may come to
MOST_STRETCHES: Final = 32  # probes at which only some exponents that stand beside each other are not far down
LEVELS: Final = (0, UNIT // 8, UNIT // 2, UNIT, 10 * UNIT, 1000 * UNIT)  # below the largest value
FAR: Final = 1000
ZERO: Final = Fraction(0)
Values = tuple[int, ...]  # at some points, in units


def is_above(low: Values, *high: Values) -> bool:
    """Is the first above the sum of the others at one of the points, by more than rounding?"""
    those = high[0] if len(high) == 1 else map(sum, zip(*high, strict=True))
    return any(map(SLACK.__lt__, map(sub, low, those)))


def furthest_above(low: Values, high: Values) -> int:
    """The number of a point at which the first is furthest above the second."""
    ahead = list(map(sub, low, high))
    return ahead.index(max(ahead))


class Point(dict[str, Fraction]):
    """A point that has a coordinate for every name: far down where none was given, where most stable sets reach."""

    __slots__ = ("number",)

    def __init__(self, number: int, known: Mapping[str, Fraction]) -> None:
        super().__init__(known)
        self.number = number

    def __missing__(self, name: str) -> Fraction:
        return Fraction(-FAR - crc32(f"{self.number} {name}".encode()) % 89, 1 + self.number % 2)


class Probe(dict[str, int]):
    """A point in units, made as its coordinates are asked for; it may suggest that something is not so, no more."""

    __slots__ = ("number", "point", "sides")

    def __init__(self, number: int, point: Mapping[str, Fraction], sides: Mapping[str, DirectionBounds]) -> None:
        super().__init__()
        self.number, self.point, self.sides = number, point, sides

    def __missing__(self, name: str) -> int:
        side = self.sides.get(name)
        made = math.floor(self.point[name] * UNIT) if side is None else _beside(side, name, self.number)
        self[name] = made
        return made


def _beside(side: DirectionBounds, name: str, number: int) -> int:
    """A coordinate that is as large as it may be, or less by one of several levels."""
    chance = _chance(number, name)
    return _below(side, LEVELS[chance % len(LEVELS)], chance)


@lru_cache(maxsize=65536)
def _chance(number: int, name: str) -> int:
    """What tells a coordinate of a probe; a narrower set has the same ones."""
    return crc32(f"{number} {name}".encode())


def _below(side: DirectionBounds, level: int, chance: int) -> int:
    """A coordinate that is about that much below the largest."""
    way = level * (1000 + chance // 8 % 97) // 1000
    if side.high is None:
        return (math.floor(side.low.value * UNIT) if side.low else 0) + way
    high = math.floor(side.high.value * UNIT)
    return high - way if side.low is None else max(high - way, math.floor(side.low.value * UNIT))


class Stretch(Probe):
    """A point in units at which all exponents are far down but some of those up to one, or from one on, or about one.

    Rates are numbered by the layers. Of many the larger of any two hides behind that of others where these are not far
    down, so that a maximum that leads nowhere else would be told by no probe.
    """

    __slots__ = ("about", "places")

    def __init__(
        self, number: int, point: Mapping[str, Fraction], sides: Mapping[str, DirectionBounds], places: dict[str, int]
    ) -> None:
        super().__init__(number, point, sides)
        self.places, self.about = places, crc32(f"{number}".encode()) % len(places)

    def __missing__(self, name: str) -> int:
        if name not in self.places:
            return super().__missing__(name)
        chance = _chance(self.number, name)
        is_near = self._holds(self.places[name]) and not (chance >> 16) % 2 ** (self.number % 4)
        made = _below(self.sides[name], LEVELS[chance % SHORT] if is_near else LEVELS[-1], chance)
        self[name] = made
        return made

    def _holds(self, place: int) -> bool:
        beyond = place - self.about
        return (beyond <= 0, beyond >= 0, 0 <= beyond <= len(self.places) // 8)[self.number % 3]


def probes_of(points: Sequence[Point], sides: Mapping[str, DirectionBounds] | None) -> tuple[Probe, ...]:
    """Points that refute: those that are known, and in a box its corner, with many near it and far from it."""
    known = tuple(Probe(point.number, point, {}) for point in points)
    if sides is None:
        return known
    highest = {name: side.high.value for name, side in sides.items() if side.high is not None}
    corner = Probe(0, Point(points[0].number, {**points[0], **highest}), {})
    places = {name: place for place, name in enumerate(sorted(sides, key=natural))}
    stretches = range(min(len(sides) // 2, MOST_STRETCHES))  # few exponents hide nothing of each other
    probes = (Probe(number, points[0], sides) for number in range(MOST_PROBES))
    return *known, corner, *probes, *(Stretch(number, points[0], sides, places) for number in stretches)


def points_of(rows: tuple[LinearConstraint, ...], known: Mapping[str, Fraction]) -> tuple[Point, ...]:
    """A few points where the rows, or their boundaries, hold: one that is known, far ones, and corners."""
    tried = [Point(0, known)]
    for number in range(1, MOST_POINTS):
        far = Point(number, {})
        tried.append(Point(number, {name: value + far[name] / FAR for name, value in known.items()}))
    found = tuple(point for point in tried if all(holds(weak(row), point) for row in rows))
    return found if len(found) == len(tried) else (*found, *_corners(rows, known))


def _corners(rows: tuple[LinearConstraint, ...], known: Mapping[str, Fraction]) -> Iterator[Point]:
    tableau = Tableau(rows)
    _ = tableau.conflict()
    for number in range(2 * MOST_POINTS):
        way = Affine.build({name: scattered(number, column) for column, name in enumerate(sorted(known))})
        if tableau.raised(way) is not None:
            yield Point(number, {**known, **tableau.point})
        else:
            ray = tableau.ray(way)
            yield Point(number, {name: value + ray.get(name, ZERO) * (number + 2) for name, value in known.items()})
