"""Orders on a domain: what is left of one there, and whether two agree there."""

from __future__ import annotations

from typing import TypeVar

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.constraint import LinearConstraint
from gamma_calc.exponents.linear.solver import common_point
from gamma_calc.exponents.orders.comparison import compare
from gamma_calc.exponents.orders.maximum import Convex
from gamma_calc.exponents.orders.piecewise import PiecewiseLinear, require_function
from gamma_calc.exponents.regions.polyhedral_set import PolyhedralSet, require_set

Function = TypeVar("Function", bound=PiecewiseLinear)


def simplify(value: Function, domain: PolyhedralSet) -> Function:
    """An order without the affine forms that decide it nowhere on the domain; there, and only there, it is the same.

    >>> from gamma_calc.exponents import Order, Region
    >>> simplify(Order("max(rho, rho/2)"), Region("0 <= rho <= 1"))
    Order('rho')
    """
    require_function(value)
    require_set(domain)
    above, below = _leading(value.above, domain), _leading(value.below, domain)
    return value if (above, below) == (value.above, value.below) else value.reduced(above, below)


def same_on(left: PiecewiseLinear, right: PiecewiseLinear, domain: PolyhedralSet) -> bool:
    """Do two orders agree at every point of the domain?

    >>> from gamma_calc.exponents import Order, Region
    >>> same_on(Order("max(eta, 2*eta + 1)"), Order("2*eta + 1"), Region("-1 <= eta"))
    True
    """
    require_set(domain)
    apart = (*compare(left, "<", right), *compare(right, "<", left))
    return all(common_point((*one.constraints, *gap.constraints)) is None for one in domain.polyhedra for gap in apart)


def _leading(forms: Convex, domain: PolyhedralSet) -> Convex:
    """Enough of the forms to make their maximum on the domain; the longest are tried for leaving out first."""
    kept = forms
    for form in sorted(forms, key=_length, reverse=True):
        if len(kept) > 1 and not _leads(form, kept - {form}, domain):
            kept -= {form}
    return kept


def _leads(form: Affine, rivals: Convex, domain: PolyhedralSet) -> bool:
    lead: tuple[LinearConstraint, ...] = tuple((form - rival, ">") for rival in rivals)
    return any(common_point((*one.constraints, *lead)) is not None for one in domain.polyhedra)


def _length(form: Affine) -> tuple[object, ...]:
    return len(form.terms), form.terms, form.constant
