"""What the orders of an expression are made under: how random sums count, and where orders are compared.

On a stable set far fewer terms count than everywhere, so a rule that looks for the largest of many ways asks there.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Final, Protocol

from gamma_calc.calculus.assumptions import CLT, SumRule
from gamma_calc.exponents import Everywhere, Order

EVERYWHERE: Final = Everywhere()


class Comparison(Hashable, Protocol):
    """How orders are compared where they are read."""

    def nowhere_above(self, low: Order, high: Order) -> bool:
        """Is the first at most the second?"""

    def may_be_below(self, low: Order, *high: Order) -> bool:
        """May the first be at most the sum of the others? It is not worth asking where it is seen to be larger."""

    def hardest(self, low: Order, high: Order) -> int | None:
        """The number of a point, of some, at which the first is furthest above the second, if any is known."""

    def read_at(self, order: Order, number: int) -> Order:
        """The value of an order at one of these points."""


@dataclass(frozen=True, slots=True)
class Premises:
    """The rule of random sums, and how orders are compared where they are read."""

    sums: SumRule = CLT
    orders: Comparison = EVERYWHERE
    covers: bool = False  # is what others cover left out of what is made?
    sizes_alone: bool = False  # is the size of what is made all that is asked for?
    _hash: int = field(init=False, repr=False, compare=False)  # kept, for what was made is looked up by it

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.sums, self.orders, self.covers, self.sizes_alone)))

    def __hash__(self) -> int:
        return self._hash
