"""Where one piecewise-linear function is below another, or equal to it: a union of polyhedra."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias, get_args

from gamma_calc.errors import unknown
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.constraint import LinearConstraint
from gamma_calc.exponents.orders.maximum import Convex, minkowski_sum, sort_key
from gamma_calc.exponents.orders.one_variable import line_of, only_name
from gamma_calc.exponents.orders.piecewise import PiecewiseLinear, require_function
from gamma_calc.exponents.orders.samples import EVERYWHERE, Rows
from gamma_calc.exponents.regions.polyhedron import Polyhedron
from gamma_calc.exponents.regions.union import simplified

Relation: TypeAlias = Literal["<=", "<", "="]

_RELATIONS: Final = get_args(Relation)


def compare(
    left: PiecewiseLinear, relation: Relation, right: PiecewiseLinear, where: Rows = EVERYWHERE
) -> tuple[Polyhedron, ...]:
    """The polyhedra in which the relation holds, of a domain if one is given. -oo is below everything.

    >>> left, right = PiecewiseLinear.of("max(0, eta + 1)"), PiecewiseLinear.of("-eta")
    >>> [polyhedron.constraints for polyhedron in compare(left, "<=", right)]
    [((Affine('-1/2 - eta'), '>='),)]
    """
    _require_relation(relation)
    require_function(left)
    require_function(right)
    if left.is_zero_quantity or right.is_zero_quantity:
        return simplified([Polyhedron.build(where)]) if _holds_at_minus_infinity(left, relation, right) else ()
    small, large = _sides(left, right, where)
    tops = sorted(large, key=sort_key)  # how a union is merged hangs on the sequence of its parts
    if relation == "=":
        return simplified(_equal(a, small, b, large, where) for a in sorted(small, key=sort_key) for b in tops)
    return simplified(_below(small, relation, b, where) for b in tops)


def _sides(left: PiecewiseLinear, right: PiecewiseLinear, where: Rows) -> tuple[Convex, Convex]:
    """Two maxima that compare as two functions do: of one variable, those that have no kink in common."""
    name = only_name(left.above, left.below, right.above, right.below)
    if name is not None:
        return (line_of(left.above, left.below, name) - line_of(right.above, right.below, name)).apart(name)
    return minkowski_sum(left.above, right.below, where), minkowski_sum(right.above, left.below, where)


def _require_relation(relation: object) -> None:
    if relation not in _RELATIONS:
        raise unknown("relation", relation, _RELATIONS)


def _holds_at_minus_infinity(left: PiecewiseLinear, relation: Relation, right: PiecewiseLinear) -> bool:
    both = left.is_zero_quantity and right.is_zero_quantity
    return {"=": both, "<": left.is_zero_quantity and not both, "<=": left.is_zero_quantity}[relation]


def _below(small: Convex, relation: Relation, top: Affine, where: Rows) -> Polyhedron | None:
    """Where one form is above every form of a maximum."""
    return Polyhedron.build((*where, *((top - form, ">" if relation == "<" else ">=") for form in small)))


def _equal(a: Affine, small: Convex, b: Affine, large: Convex, where: Rows) -> Polyhedron | None:
    """Where a leads one maximum, b leads the other, and they agree."""

    def constraints() -> Iterator[LinearConstraint]:
        yield from where
        yield a - b, "="
        yield from ((a - form, ">=") for form in small)
        yield from ((b - form, ">=") for form in large)

    return Polyhedron.build(constraints())
