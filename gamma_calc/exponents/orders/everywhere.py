"""Orders as they are compared where nothing narrows the exponents."""

from __future__ import annotations

from dataclasses import dataclass

from gamma_calc.exponents.orders.below import may_be_below, nowhere_above
from gamma_calc.exponents.orders.piecewise import PiecewiseLinear


@dataclass(frozen=True, slots=True)
class Everywhere:
    """The whole space of exponents, beside a domain or a stable set."""

    def nowhere_above(self, low: PiecewiseLinear, high: PiecewiseLinear) -> bool:
        """Is the first at most the second at every point?"""
        return nowhere_above(low, high)

    def may_be_below(self, low: PiecewiseLinear, *high: PiecewiseLinear) -> bool:
        """Is the first nowhere above the sum of the others at the points that are looked at?"""
        return may_be_below(low, *high)
