"""Have linear constraints a common point? Of a few names it is asked of what generates the set that they close.

The rays of a cone add up to a point inside it, where no form is zero that is not zero on all of the cone. So with
strict constraints too there is a common point exactly where this one is one. What sets that begin with the same
constraints have in common is made once: unions of polyhedra are cut by one constraint after another.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Final

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.constraint import LinearConstraint, names_of
from gamma_calc.exponents.linear.generators import Cone, Vector, in_units, one_unit, value
from gamma_calc.exponents.linear.solver import common_point
from gamma_calc.exponents.linear.watch import look

MOST_NAMES: Final = 4  # of more names sets have too many corners
_ZERO: Final = Fraction(0)


def inner_point(constraints: tuple[LinearConstraint, ...]) -> dict[str, Fraction] | None:
    """A point that satisfies every constraint, those that can be strict strictly; None where there is none.

    >>> x = Affine.variable("x")
    >>> inner_point(((x, ">"), (-x + 1, ">=")))
    {'x': Fraction(1, 2)}
    >>> inner_point(((x, ">="), (-x, ">")))
    """
    look()
    names = tuple(names_of(constraints))
    if len(names) > MOST_NAMES:
        return common_point(constraints)
    point = tuple(map(sum, zip(*_closed(names, constraints).rays, strict=True)))
    if not point or point[-1] <= 0:
        return None
    met = all(value(_row(names, form), point) > 0 for form, relation in constraints if relation == ">")
    return {name: Fraction(one, point[-1]) for name, one in zip(names, point, strict=False)} if met else None


@lru_cache(maxsize=65536)
def _closed(names: tuple[str, ...], constraints: tuple[LinearConstraint, ...]) -> Cone:
    """The cone over the points where the constraints or their boundaries hold, with one coordinate more."""
    if not constraints:
        return Cone.whole(len(names) + 1).cut((*(0 for _ in names), 1))
    *earlier, (form, relation) = constraints
    cone, row = _closed(names, tuple(earlier)), _row(names, form)
    return cone.cut(row).cut(tuple(-one for one in row)) if relation == "=" else cone.cut(row)


@lru_cache(maxsize=8192)
def _row(names: tuple[str, ...], form: Affine) -> Vector:
    slopes = dict(form.terms)
    numbers = [*(slopes.get(name, _ZERO) for name in names), form.constant]
    return in_units(numbers, one_unit(numbers))
