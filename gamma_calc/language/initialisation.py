"""How a tensor starts: as zero, or with independent entries of a given order."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from gamma_calc.orders.order import MINUS_INFINITY, Order, order


@dataclass(frozen=True, slots=True)
class Init:
    """The start of a tensor: independent zero-mean entries of order n^entry, or zero where entry is -oo."""

    entry: Order

    @property
    def is_zero(self) -> bool:
        return self.entry.is_zero_quantity

    def __str__(self) -> str:
        return "zero" if self.is_zero else f"iid entries n^({self.entry})"


zero = Init(MINUS_INFINITY)


def iid(entry: Order | Fraction | int | str) -> Init:
    """Independent zero-mean entries of order n^entry (an exponent): variance 1/n is entry -1/2.

    >>> iid("-1/2")
    Init(entry=Order('-1/2'))
    """
    return Init(order(entry))
