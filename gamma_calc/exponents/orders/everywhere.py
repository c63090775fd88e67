"""Orders as they are compared where nothing narrows the exponents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from gamma_calc.exponents.orders.below import may_be_below, nowhere_above
from gamma_calc.exponents.orders.piecewise import PiecewiseLinear, are_open
from gamma_calc.exponents.orders.points import furthest_above
from gamma_calc.exponents.orders.sampled import coordinate_at

F = TypeVar("F", bound=PiecewiseLinear)


@dataclass(frozen=True, slots=True)
class Everywhere:
    """The whole space of exponents, beside a domain or a stable set."""

    def nowhere_above(self, low: PiecewiseLinear, high: PiecewiseLinear) -> bool:
        """Is the first at most the second at every point?"""
        return nowhere_above(low, high)

    def may_be_below(self, low: PiecewiseLinear, *high: PiecewiseLinear) -> bool:
        """Is the first nowhere above the sum of the others at the points that are looked at?"""
        return may_be_below(low, *high)

    def hardest(self, low: PiecewiseLinear, high: PiecewiseLinear) -> int | None:
        """The number of a point at which the first is furthest above the second, of those that are looked at."""
        return None if are_open((low, high)) else furthest_above(low.values, high.values)

    def read_at(self, order: F, number: int) -> F:
        """The value of an order at one of these points."""
        return order.substitute({name: coordinate_at(name, number) for name in order.variables})
