"""Is one function nowhere above another? Asked directly: no canonical form of their maximum is made for it."""

from __future__ import annotations

from functools import lru_cache

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.orders.maximum import Convex, leads_somewhere, samples, value_at
from gamma_calc.exponents.orders.piecewise import PiecewiseLinear


def nowhere_above(low: PiecewiseLinear, high: PiecewiseLinear) -> bool:
    """Is the first at most the second at every point? A few points refute; else each form of the one is compared.

    With a - b for the first and c - d for the second, a + d is compared with c + b, maxima all of them.

    >>> eta, larger = PiecewiseLinear.of("eta"), PiecewiseLinear.of("max(eta, 2*eta + 1)")
    >>> nowhere_above(eta, larger), nowhere_above(larger, eta)
    (True, False)
    """
    if low.is_zero_quantity or high.is_zero_quantity:
        return low.is_zero_quantity
    if low.below == high.below:
        return _covers(high.above, low.above)
    return _covers(_sums(high.above, low.below), _sums(low.above, high.below))


@lru_cache(maxsize=8192)
def _covers(high: Convex, low: Convex) -> bool:
    """Is max(low) at most max(high) everywhere? Neither need be irredundant."""
    rest = low - high
    if any(value_at(rest, x) > value_at(high, x) for x in samples(high, rest)) if rest else False:
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
