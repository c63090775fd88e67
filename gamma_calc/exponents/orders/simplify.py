"""Orders on a domain: what is left of one there, and whether two agree there."""

from __future__ import annotations

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.constraint import Row
from gamma_calc.exponents.linear.solver import common_point
from gamma_calc.exponents.orders.maximum import Convex
from gamma_calc.exponents.orders.order import Order
from gamma_calc.exponents.regions.region import Region, where


def simplify(value: Order, domain: Region) -> Order:
    """An order without the affine forms that decide it nowhere on the domain; there, and only there, it is the same.

    >>> from gamma_calc.exponents.orders.order import order
    >>> simplify(order("max(rho, rho/2)"), Region.parse("0 <= rho <= 1"))
    Order('rho')
    """
    above, below = _leading(value.above, domain), _leading(value.below, domain)
    return value if (above, below) == (value.above, value.below) else Order.reduced(above, below)


def same_on(left: Order, right: Order, domain: Region) -> bool:
    """Do two orders agree at every point of the domain?

    >>> from gamma_calc.exponents.orders.order import order
    >>> same_on(order("max(eta, 2*eta + 1)"), order("2*eta + 1"), Region.parse("-1 <= eta"))
    True
    """
    apart = (*where(left, "<", right).pieces, *where(right, "<", left).pieces)
    return all(common_point((*piece.rows, *gap.rows)) is None for piece in domain.pieces for gap in apart)


def _leading(forms: Convex, domain: Region) -> Convex:
    """Enough of the forms to make their maximum on the domain; the longest are tried for leaving out first."""
    kept = forms
    for form in sorted(forms, key=_length, reverse=True):
        if len(kept) > 1 and not _leads(form, kept - {form}, domain):
            kept -= {form}
    return kept


def _leads(form: Affine, rivals: Convex, domain: Region) -> bool:
    lead: tuple[Row, ...] = tuple((form - rival, ">") for rival in rivals)
    return any(common_point((*piece.rows, *lead)) is not None for piece in domain.pieces)


def _length(form: Affine) -> tuple[object, ...]:
    return len(form.terms), form.terms, form.constant
