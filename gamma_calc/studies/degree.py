"""The degree of an order in the learning rate: its slope in the rate's exponent, interval by interval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, groupby, pairwise

from gamma_calc.errors import OrderError
from gamma_calc.exponents import Convex, Order


@dataclass(frozen=True, slots=True)
class Interval:
    """Rates up to n^until (an exponent), from where the interval before it ends, on which a size is rate^degree."""

    until: Fraction
    degree: Fraction


def degrees(value: Order, rate: str, until: Fraction) -> tuple[Interval, ...]:
    """The degrees of an order in a learning rate, from small rates up to n^until; none for what is identically zero.

    Degree 1 means that half the rate gives half the size, degree 2 a quarter. Raises OrderError where the order has
    other open exponents than that of the rate.

    >>> from gamma_calc import order
    >>> [(str(s.until), str(s.degree)) for s in degrees(order("max(eta, 2*eta + 1)"), "eta", Fraction(-1, 2))]
    [('-1', '1'), ('-1/2', '2')]
    """
    others = [name for name in value.variables if name != rate]
    if others:
        raise OrderError(f"{value} still depends on {', '.join(others)}", hint="give each a value")
    if value.is_zero_quantity:
        return ()
    ends = [*sorted({k for part in (value.above, value.below) for k in _breakpoints(part, rate) if k < until}), until]
    slopes = (_slope(value, rate, point) for point in _insides(ends))
    joined = (list(group) for _, group in groupby(zip(ends, slopes, strict=True), key=lambda pair: pair[1]))
    return tuple(Interval(*group[-1]) for group in joined)


def linear_part(value: Order, rates: Iterable[str]) -> Order:
    """The largest of an order's terms of degree at most one in the rates together. Raises OrderError for a quotient.

    >>> from gamma_calc import order
    >>> linear_part(order("max(eta_A + b0 + 1, eta_A + eta_B + 1)"), ("eta_A", "eta_B"))
    Order('eta_A + b0 + 1')
    """
    if not value.is_convex:
        raise OrderError(f"{value} is no maximum of monomials", hint="ask degrees at fixed exponents instead")
    along = dict.fromkeys(rates, Fraction(1))
    return Order(frozenset(form for form in value.above if form.slope(along) <= 1))


def _breakpoints(forms: Convex, rate: str) -> Iterator[Fraction]:
    """Where two forms in one exponent meet."""
    for p, q in combinations(forms, 2):
        gap = p - q
        if gap.terms:
            yield -gap.constant / gap.coefficient(rate)


def _insides(ends: list[Fraction]) -> Iterator[Fraction]:
    """A point inside each interval, the first of which has no beginning."""
    yield ends[0] - 1
    yield from ((low + high) / 2 for low, high in pairwise(ends))


def _slope(value: Order, rate: str, point: Fraction) -> Fraction:
    """Between two breakpoints, where one form leads on each side."""
    above, below = (max(part, key=lambda form: form.at({rate: point})) for part in (value.above, value.below))
    return above.coefficient(rate) - below.coefficient(rate)
