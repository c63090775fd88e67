"""Points of a polyhedron that tell orders apart: what is above another at one of them is not below it everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final
from zlib import crc32

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.constraint import LinearConstraint, holds, weak
from gamma_calc.exponents.linear.simplex import Tableau
from gamma_calc.exponents.orders.maximum import scattered

MOST_POINTS: Final = 5
FAR: Final = 1000
ZERO: Final = Fraction(0)


class Point(dict[str, Fraction]):
    """A point that has a coordinate for every name: far down where none was given, where most stable sets reach."""

    __slots__ = ("number",)

    def __init__(self, number: int, known: Mapping[str, Fraction]) -> None:
        super().__init__(known)
        self.number = number

    def __missing__(self, name: str) -> Fraction:
        return Fraction(-FAR - crc32(f"{self.number} {name}".encode()) % 89, 1 + self.number % 2)


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
