"""Scattered points at which affine forms are compared before a search: they refute most of what is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import cycle, islice
from typing import Final

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.constraint import LinearConstraint, holds, strict
from gamma_calc.exponents.linear.generators import one_unit
from gamma_calc.exponents.linear.solver import common_point

Rows = tuple[LinearConstraint, ...]  # inequalities that leave a part of the space with an interior

MOST_SAMPLES: Final = 16
MOST_ROWS: Final = 8
FAR: Final = Fraction(64)
SCALES: Final = Fraction(1, 8), Fraction(1), Fraction(1, 8), Fraction(100)  # rates and ranks of one are near zero
EVERYWHERE: Final[Rows] = ()
_ZERO: Final = Fraction(0)


@lru_cache(maxsize=256)
def samples(
    names: frozenset[str], where: Rows = EVERYWHERE, count: int = MOST_SAMPLES
) -> tuple[Mapping[str, Fraction], ...]:
    """Points near and far where the rows hold.

    >>> rho = Affine.variable("rho")
    >>> inside = samples(frozenset({"eta", "rho"}), ((rho, ">="), (-rho + 1, ">=")))
    >>> len(inside), all(0 < point["rho"] < 1 for point in inside)
    (16, True)
    """
    every = sorted(names.union(*(form.variables for form, _ in where)))
    scales = islice(cycle(SCALES), count)
    found = [{name: scattered(j, i) * scale for i, name in enumerate(every)} for j, scale in enumerate(scales)]
    if not where:
        return tuple(found)
    centre = common_point(tuple(map(strict, where)))
    assert centre is not None, "a part of the space has an interior"
    return tuple(_moved_inside(point, dict.fromkeys(every, _ZERO) | centre, where) for point in found)


def points_among(names: frozenset[str]) -> Iterator[dict[str, Fraction]]:
    """Scattered points, and the ones far out where all names are small, or large: of many names some is of either."""
    every = sorted(names)
    yield from ({name: scattered(row, column) for column, name in enumerate(every)} for row in range(MOST_ROWS))
    yield from (dict.fromkeys(every, far) for far in (-FAR, FAR))


def scattered(row: int, column: int) -> Fraction:
    """A coordinate of a scattered point."""
    return Fraction((7 * (row + 3) * (column + 2) + row * row) % 23 - 11)


def _moved_inside(wanted: Mapping[str, Fraction], inside: Mapping[str, Fraction], where: Rows) -> dict[str, Fraction]:
    """A point inside, each coordinate as near to what is wanted as halving the way there allows."""
    point = dict(inside)
    for name, goal in wanted.items():
        way = goal - point[name]
        while not all(holds(strict(row), point | {name: point[name] + way}) for row in where):
            way /= 2
        point[name] += way
    return point


def values_at_samples(*parts: Iterable[Affine], where: Rows = EVERYWHERE) -> list[dict[Affine, tuple[int, ...]]]:
    """The values of the forms of each part at the samples of all, as whole numbers of one unit."""
    forms = [form for part in parts for form in part]
    fine, whole = _whole_samples(frozenset(name for form in forms for name in form.variables), where)
    unit = fine * one_unit(c for form in forms for c in (form.constant, *(c for _, c in form.terms)))
    return [{form: _values(form, unit, fine, whole) for form in part} for part in parts]


@lru_cache(maxsize=256)
def _whole_samples(names: frozenset[str], where: Rows) -> tuple[int, Mapping[str, Sequence[int]]]:
    """A unit in which the coordinates of the samples are whole numbers, and these by name."""
    points = samples(names, where)
    fine = one_unit(value for point in points for value in point.values())
    return fine, {name: [_times(point[name], fine) for point in points] for name in names}


def _values(form: Affine, unit: int, fine: int, whole: Mapping[str, Sequence[int]]) -> tuple[int, ...]:
    values = [_times(form.constant, unit)] * MOST_SAMPLES
    for name, c in form.terms:
        slope = _times(c, unit // fine)
        values = [value + slope * coordinate for value, coordinate in zip(values, whole[name], strict=True)]
    return tuple(values)


def _times(number: Fraction, unit: int) -> int:
    return number.numerator * (unit // number.denominator)
