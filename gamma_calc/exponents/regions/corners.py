"""Polyhedra by their corners and rays: a quick look at whether a constraint fails on one.

A set of linear constraints that has a point reaches every corner and ray of its closure as near as one likes. So a
constraint that fails at a corner by more than its boundary, or falls along a ray, fails somewhere in the set. That it
holds everywhere is not told here, and is proved elsewhere.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.constraint import LinearConstraint, halves, names_of
from gamma_calc.exponents.linear.generators import Cone, Vector, in_units, one_unit, value

MOST_NAMES: Final = 4  # corners grow in number with names, a linear program does not


def fails_at_a_corner(constraint: LinearConstraint, constraints: tuple[LinearConstraint, ...]) -> bool:
    """Is a constraint known to fail in a set that has a point? Names that the set leaves free are rays both ways.

    >>> x, y = Affine.variable("x"), Affine.variable("y")
    >>> fails_at_a_corner((x - 1, ">="), ((x, ">"), (y, ">=")))
    True
    >>> fails_at_a_corner((x + y, ">="), ((x, ">"), (y, ">=")))
    False
    """
    names = tuple(names_of(constraints))
    if len(names) > MOST_NAMES:
        return False
    if not set(constraint[0].variables) <= set(names):
        return True
    ways = _ways(constraints, names)
    return any(value(_row(form, names), way) < 0 for form, _ in halves(constraint) for way in ways)


@lru_cache(maxsize=4096)
def _ways(constraints: tuple[LinearConstraint, ...], names: tuple[str, ...]) -> tuple[Vector, ...]:
    """The corners, and the ways that the set goes on without end, lines both ways; the last number tells them apart."""
    cone = Cone.whole(len(names) + 1).cut((*(0 for _ in names), 1))
    for form in (form for constraint in constraints for form, _ in halves(constraint)):
        cone = cone.cut(_row(form, names))
    return tuple(cone.ways)


def _row(form: Affine, names: tuple[str, ...]) -> Vector:
    slopes = dict(form.terms)
    numbers = [*(slopes.get(name, 0) for name in names), form.constant]
    return in_units(numbers, one_unit(numbers))
