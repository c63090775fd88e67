"""x * y entry by entry, for two vectors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gamma_calc.calculus.assumptions import SumRule
from gamma_calc.calculus.dims import Dim, Shape
from gamma_calc.calculus.direction import ONES, Entrywise, Noise, VectorDirection, as_vector, nested
from gamma_calc.calculus.lemmas import MEAN, PRODUCT, TRUNCATED
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.exponents import order
from gamma_calc.language.expression import Array, Expression
from gamma_calc.language.forms import Bilinear

MOST_FACTORS: Final = 4  # of a product, and the most that lie inside each other, before it counts as noise
MOST_NESTED: Final = 2


class Hadamard(Bilinear):
    """The entrywise product. Lemma: orders add; the mean of one factor keeps the other's direction.

    A direction times itself has a mean (its square), also within a product: u * (u * v) keeps v. Two independent
    directions make a fresh one, known by its factors.
    """

    precedence = 5

    def __init__(self, left: Expression, right: Expression) -> None:
        self.arguments = (left, right)
        self.shape: Shape = left.shape

    def orders(self, values: tuple[Value, ...], rule: SumRule) -> Iterator[Contribution]:
        left, right = values
        for u, a in left.components.items():
            for v, b in right.components.items():
                made = entrywise(as_vector(u), as_vector(v), self.shape[0])
                yield Contribution(made.direction, a + b, made.lemma)

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


def entrywise(u: VectorDirection, v: VectorDirection, dim: Dim) -> Contribution:
    """The direction of u * v: what stands in both has a mean, and the rest is kept."""
    shared, rest = _factors(u) & _factors(v), _factors(u) ^ _factors(v)
    made = Entrywise(rest)
    if len(rest) < 2:
        return Contribution(next(iter(rest), ONES), order(0), MEAN)
    if len(rest) > MOST_FACTORS or nested(made) > MOST_NESTED:
        return Contribution(Noise(dim), order(0), TRUNCATED)
    return Contribution(made, order(0), MEAN if shared else PRODUCT)


def _factors(direction: VectorDirection) -> frozenset[VectorDirection]:
    if isinstance(direction, Entrywise):
        return direction.factors
    return frozenset() if direction == ONES else frozenset({direction})
