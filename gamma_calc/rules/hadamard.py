"""x * y entry by entry, for two vectors."""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.calculus.assumptions import SumRule
from gamma_calc.calculus.direction import ONES, Direction, Remainder
from gamma_calc.calculus.lemmas import MEAN, PRODUCT
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.language.dims import Shape
from gamma_calc.language.expression import Array, Expression
from gamma_calc.rules.forms import Bilinear


class Hadamard(Bilinear):
    """The entrywise product. Lemma: orders add; the mean of one factor keeps the other's direction.

    A direction times itself has a mean (its square); two independent directions make a fresh one.
    """

    precedence = 5

    def __init__(self, left: Expression, right: Expression) -> None:
        self.arguments = (left, right)
        self.shape: Shape = left.shape

    def orders(self, values: tuple[Value, ...], rule: SumRule) -> Iterator[Contribution]:
        left, right = values
        for u, a in left.components.items():
            for v, b in right.components.items():
                yield from self._pair(u, v, Contribution(u, a + b, MEAN))

    def _pair(self, u: Direction, v: Direction, kept: Contribution) -> Iterator[Contribution]:
        if ONES in (u, v):
            yield Contribution(v if u == ONES else u, kept.order, MEAN)
            return
        if u == v:
            yield Contribution(ONES, kept.order, MEAN)
        yield Contribution(Remainder(str(self)), kept.order, PRODUCT)

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
