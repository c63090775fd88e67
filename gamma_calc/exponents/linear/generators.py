"""Cones by what generates them: the lines and the rays of all points that satisfy some inequalities (Motzkin 1953).

The points where rows of whole numbers are not negative are the sums of some lines, both ways, and of some rays. Each
further row cuts rays off, and those that it cuts off meet it in new ones. So a form is nowhere positive on a cone
where it is zero along its lines and not positive along its rays: a finite question, asked once for many forms.

    >>> quarter = Cone.whole(2).cut((1, 0)).cut((0, 1))
    >>> quarter.lines, sorted(quarter.rays)
    ((), [(0, 1), (1, 0)])
    >>> sorted(quarter.cut((1, -1)).rays)
    [(1, 0), (1, 1)]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from operator import mul
from types import MappingProxyType
from typing import TypeAlias

Vector: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Cone:
    """``rays`` holds for each ray the rows that are zero along it, as bits; along a line all of them are."""

    lines: tuple[Vector, ...]
    rays: Mapping[Vector, int]
    count: int = 0

    @classmethod
    def whole(cls, size: int) -> Cone:
        """The space of so many coordinates."""
        units = (tuple(int(row == column) for column in range(size)) for row in range(size))
        return cls(tuple(units), MappingProxyType({}))

    @property
    def ways(self) -> Iterator[Vector]:
        """What generates the cone, lines both ways."""
        for line in self.lines:
            yield line
            yield tuple(-one for one in line)
        yield from self.rays

    def cut(self, row: Vector) -> Cone:
        """The part where one more form is not negative."""
        line = next((line for line in self.lines if value(row, line)), None)
        return self._between(row) if line is None else self._beside(row, line)

    def _beside(self, row: Vector, line: Vector) -> Cone:
        """A line that a row is not zero along becomes a ray; all else is moved along it to where the row is zero."""
        height = value(row, line)
        way = line if height > 0 else tuple(-one for one in line)
        lines = (_mixed(one, abs(height), way, -value(row, one)) for one in self.lines if one is not line)
        bit = 1 << self.count
        rays = {_mixed(ray, abs(height), way, -value(row, ray)): zeros | bit for ray, zeros in self.rays.items()}
        rays[way] = bit - 1
        return Cone(tuple(lines), MappingProxyType(rays), self.count + 1)

    def _between(self, row: Vector) -> Cone:
        heights = {ray: value(row, ray) for ray in self.rays}
        bit = 1 << self.count
        kept = {ray: zeros | (0 if heights[ray] else bit) for ray, zeros in self.rays.items() if heights[ray] >= 0}
        outside = [ray for ray, height in heights.items() if height < 0]
        for inside in [ray for ray, height in heights.items() if height > 0] if outside else ():
            for out in outside:
                shared = self.rays[inside] & self.rays[out]
                if self._is_an_edge(inside, out, shared):
                    kept[_mixed(inside, -heights[out], out, heights[inside])] = shared | bit
        return Cone(self.lines, MappingProxyType(kept), self.count + 1)

    def _is_an_edge(self, one: Vector, other: Vector, shared: int) -> bool:
        """Do two rays bound a face of their own? No third is zero wherever both are."""
        return not any(
            zeros & shared == shared for ray, zeros in self.rays.items() if ray is not one and ray is not other
        )


def value(row: Sequence[int], point: Sequence[int]) -> int:
    return sum(map(mul, row, point))


def _mixed(one: Vector, weight: int, other: Vector, share: int) -> Vector:
    if not share and weight == 1:
        return one
    made = [weight * a + share * b for a, b in zip(one, other, strict=True)]
    common = gcd(*made)
    return tuple(made) if common == 1 else tuple(number // common for number in made)


def one_unit(numbers: Iterable[Fraction | int]) -> int:
    """The unit in which all these numbers are whole."""
    return lcm(*(number.denominator for number in numbers))


def in_units(numbers: Iterable[Fraction | int], unit: int) -> Vector:
    """Numbers as whole ones of a unit.

    >>> row = Fraction(1, 2), Fraction(-1, 3)
    >>> in_units(row, one_unit(row))
    (3, -2)
    """
    return tuple(number.numerator * (unit // number.denominator) for number in numbers)
