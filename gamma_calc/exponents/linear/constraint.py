"""One linear constraint: an affine form that is positive, not negative, or zero."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import gcd, lcm
from typing import Final, Literal, TypeAlias, get_args

from gamma_calc.errors import OrderError, written
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.notation.spelling import natural

Relation = Literal[">", ">=", "="]
LinearConstraint: TypeAlias = tuple[Affine, Relation]
Point = Mapping[str, Fraction]

_RELATIONS: Final = get_args(Relation)


def require_constraint(value: object) -> None:
    """Raises OrderError for what is no linear constraint."""
    match value:
        case (Affine(), str(relation)) if relation in _RELATIONS:
            return
    hint = "write an affine form and a relation, as in (Affine.variable('eta'), '>=')"
    raise OrderError(f"{written(value)} is no linear constraint", hint=hint)


def holds(constraint: LinearConstraint, point: Point) -> bool:
    form, relation = constraint
    value = form.at(point)
    if relation == ">":
        return value > 0
    return value >= 0 if relation == ">=" else value == 0


def weak(constraint: LinearConstraint) -> LinearConstraint:
    """The same constraint with its boundary."""
    form, relation = constraint
    return (form, ">=") if relation == ">" else constraint


def strict(constraint: LinearConstraint) -> LinearConstraint:
    """The same constraint without its boundary."""
    form, relation = constraint
    return (form, ">") if relation == ">=" else constraint


def negations(constraint: LinearConstraint) -> tuple[LinearConstraint, ...]:
    """The constraints of which one holds exactly where this one does not."""
    form, relation = constraint
    if relation == "=":
        return ((form, ">"), (-form, ">"))
    return ((-form, ">=" if relation == ">" else ">"),)


def halves(constraint: LinearConstraint) -> tuple[LinearConstraint, ...]:
    """An equality as its two inequalities; an inequality as itself."""
    form, relation = constraint
    return ((form, ">="), (-form, ">=")) if relation == "=" else (constraint,)


def normal(constraint: LinearConstraint) -> LinearConstraint:
    """The constraint scaled to coprime integer coefficients; an equality starts with a positive one."""
    form, relation = constraint
    if not form.terms:
        return constraint
    numbers = [c for _, c in form.terms]
    scale = Fraction(lcm(*(c.denominator for c in numbers)), gcd(*(c.numerator for c in numbers)))
    if relation == "=" and numbers[0] < 0:
        scale = -scale
    return (form if scale == 1 else form * scale, relation)


def names_of(constraints: Iterable[LinearConstraint]) -> list[str]:
    return sorted({name for form, _ in constraints for name in form.variables}, key=natural)
