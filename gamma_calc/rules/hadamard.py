"""x * y entry by entry, for two vectors."""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.calculus.assumptions import SumRule
from gamma_calc.calculus.direction import ONES, Direction, Remainder
from gamma_calc.calculus.lemmas import MEAN, PRODUCT
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.language.dims import Shape
from gamma_calc.language.expression import Array, Expression
from gamma_calc.orders.order import largest, maximum
from gamma_calc.rules.forms import Bilinear


class Hadamard(Bilinear):
    """The entrywise product. Lemma: orders add; the mean of one factor keeps the other's direction.

    A direction times itself has a mean (its square); two independent directions make a fresh one, left out where what
    the means keep is at least as large.
    """

    precedence = 5

    def __init__(self, left: Expression, right: Expression) -> None:
        self.arguments = (left, right)
        self.shape: Shape = left.shape

    def orders(self, values: tuple[Value, ...], rule: SumRule) -> Iterator[Contribution]:
        left, right = values
        pairs = [(u, v, a + b) for u, a in left.components.items() for v, b in right.components.items()]
        kept = [Contribution(_kept(u, v), order, MEAN) for u, v, order in pairs if ONES in (u, v) or u == v]
        fresh = largest(order for u, v, order in pairs if ONES not in (u, v))
        along = largest(c.order for c in kept)
        yield from kept
        if maximum(along, fresh) != along:
            yield Contribution(Remainder(str(self)), fresh, PRODUCT)

    def numeric(self, *arrays: Array) -> Array:
        return arrays[0] * arrays[1]

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        x, y = self.arguments
        return upstream * y, upstream * x

    def rebuild(self, *arguments: Expression) -> Expression:
        return Hadamard(*arguments)

    def __str__(self) -> str:
        left, right = self.arguments
        return f"{left.inside(5)} * {right.inside(5)}"


def _kept(u: Direction, v: Direction) -> Direction:
    """What the mean of one factor keeps of the other; the square of a direction keeps its mean."""
    return v if u == ONES else u if v == ONES else ONES
