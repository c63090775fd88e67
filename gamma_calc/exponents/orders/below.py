"""Is one function nowhere above another? Asked directly: no canonical form of their maximum is made for it."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from heapq import nlargest
from typing import Final, TypeVar

from gamma_calc.exponents.linear.accepted import require
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.orders.maximum import Convex, leads_somewhere
from gamma_calc.exponents.orders.one_variable import line_of, only_name
from gamma_calc.exponents.orders.peak import names, value_of
from gamma_calc.exponents.orders.piecewise import PiecewiseLinear, are_open
from gamma_calc.exponents.orders.points import SLACK, UNIT, Values, is_above
from gamma_calc.exponents.orders.sampled import MOST_POINTS
from gamma_calc.exponents.orders.samples import points_among, values_at_samples
from gamma_calc.exponents.orders.scope import Scope
from gamma_calc.exponents.regions.polyhedron import Polyhedron

F = TypeVar("F", bound=PiecewiseLinear)
_ZERO: Final = Fraction(0)


def nowhere_above(low: PiecewiseLinear, high: PiecewiseLinear) -> bool:
    """Is the first at most the second at every point? A few points refute; else each form of the one is compared.

    With a - b for the first and c - d for the second, a + d is compared with c + b, maxima all of them. Of functions of
    many exponents, which are kept as they were made, it is what bounds tell: no where they leave it open.

    >>> eta, larger = PiecewiseLinear.of("eta"), PiecewiseLinear.of("max(eta, 2*eta + 1)")
    >>> nowhere_above(eta, larger), nowhere_above(larger, eta)
    (True, False)
    """
    _require(low, high)
    if low.number is not None and high.number is not None:
        return low.number <= high.number
    if low.is_zero_quantity or high.is_zero_quantity:
        return low.is_zero_quantity
    if are_open((low, high)):
        return _found_below(low.form, high.form)
    if is_above(low.values, high.values):
        return False
    return _is_below(low.above, low.below, high.above, high.below)


@lru_cache(maxsize=65536)
def _is_below(low: Convex, low_taken: Convex, high: Convex, high_taken: Convex) -> bool:
    if low_taken == high_taken:
        return _covers(high, low)
    if (name := only_name(low, low_taken, high, high_taken)) is not None:
        return (line_of(high, high_taken, name) - line_of(low, low_taken, name)).is_nowhere_negative
    return _covers(_sums(high, low_taken), _sums(low, high_taken))


def may_be_below(low: PiecewiseLinear, *high: PiecewiseLinear) -> bool:
    """Is the first at most the sum of the others at a few points? It is not worth asking more where it is not.

    >>> eta, larger = PiecewiseLinear.of("eta"), PiecewiseLinear.of("max(eta, 2*eta + 1)")
    >>> may_be_below(eta, larger), may_be_below(larger, eta)
    (True, False)
    """
    _require(low, *high)
    if low.is_zero_quantity or any(one.is_zero_quantity for one in high):
        return low.is_zero_quantity
    if low.number is not None and all(one.number is not None for one in high):
        return low.number <= sum(one.rational for one in high)
    return are_open((low, *high)) or not is_above(low.values, *(one.values for one in high))


def level(order: PiecewiseLinear) -> Fraction:
    """How large an order is on the whole, by a few points: to try the largest first. Zero where it is not canonical."""
    _require(order)
    if order.number is not None:
        return order.number
    return _ZERO if order.canonical is None or order.is_zero_quantity else _mean(order.values)


@lru_cache(maxsize=4096)
def _mean(values: Values) -> Fraction:
    return Fraction(sum(values), MOST_POINTS * UNIT)


def _require(*functions: object) -> None:
    for one in functions:
        require(one, PiecewiseLinear, "order", "make one with order(...)")


def _found_below(low: Affine, high: Affine) -> bool:
    points = points_among(names(low) | names(high))
    if any(value_of(low, point) > value_of(high, point) for point in points):
        return False
    everywhere = Polyhedron.build(())
    assert everywhere is not None
    return Scope.of(everywhere).covers(high, low)


def uncovered(functions: Iterable[F]) -> list[F]:
    """The functions without those that another is never below: as many as it needs for the same maximum, and no twins.

    Maxima of affine forms are left as they are, for their maximum is one again and costs little; and so are functions
    of many exponents, which are compared where a region is named.
    """
    kept = list(functions)
    if are_open(kept) or all(f.is_convex for f in kept):
        return kept
    kept = list(dict.fromkeys(kept))
    for function in _doubtful(kept) if len(kept) > 2 else kept:
        rest = [f for f in kept if f is not function]
        if any(nowhere_above(function, other) for other in rest):
            kept = rest
    return kept


def _doubtful(functions: list[F]) -> list[F]:
    """Those that are not seen to be alone the largest at one of a few points, the smaller ones first."""
    those = [f for f in functions if not f.is_zero_quantity]
    alone = set()
    for column in zip(*(f.values for f in those), strict=True):
        first, second = nlargest(2, column)
        if first > second + SLACK:
            alone.add(id(those[column.index(first)]))
    return sorted((f for f in functions if id(f) not in alone), key=level)


@lru_cache(maxsize=8192)
def _covers(high: Convex, low: Convex) -> bool:
    """Is max(low) at most max(high) everywhere? Neither need be irredundant."""
    rest = low - high
    if not rest:
        return True
    here, there = (zip(*values.values(), strict=True) for values in values_at_samples(rest, high))
    if any(max(one) > max(other) for one, other in zip(here, there, strict=True)):
        return False
    return all(_is_covered(form, high) for form in rest)


def _is_covered(form: Affine, high: Convex) -> bool:
    """A form of the same slopes settles it where it is larger, and where it is smaller never helps."""
    twins = [f.constant for f in high if f.terms == form.terms]
    if twins and max(twins) >= form.constant:
        return True
    rivals = frozenset(f for f in high if f.terms != form.terms)
    return bool(rivals) and not leads_somewhere(form, rivals)


def _sums(one: Convex, other: Convex) -> Convex:
    return frozenset(p + q for p in one for q in other)
