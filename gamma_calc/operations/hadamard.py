"""x * y entry by entry, for two vectors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

from gamma_calc.calculus.cancelling import undone
from gamma_calc.calculus.diagrams import entrywise_diagram, has_diagram
from gamma_calc.calculus.dims import Dim, Shape
from gamma_calc.calculus.direction import ONES, Noise, VectorDirection, as_vector, factors, nested, vanish_with
from gamma_calc.calculus.entrywise_products import entrywise_product
from gamma_calc.calculus.lemmas import GRAPH, MEAN, PRODUCT, TRUNCATED
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.exponents import Region
from gamma_calc.language.expression import Array, Expression
from gamma_calc.language.forms import Bilinear

MOST_FACTORS: Final = 8  # of a product, and the most that lie inside each other, before it counts as noise
MOST_NESTED: Final = 4


class Hadamard(Bilinear):
    """The entrywise product. Lemma: orders add; the mean of one factor keeps the other's direction.

    A direction times itself has a mean (its square), also within a product: u * (u * v) keeps v. Two independent
    directions make a fresh one, known by its factors.
    """

    precedence = 5
    may_be_long = True
    multiplies_entries = True

    def __init__(self, left: Expression, right: Expression) -> None:
        self.arguments = (left, right)
        self.shape: Shape = left.shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        left, right = values
        for u, a in left.components.items():
            for v, b in right.components.items():
                for c in entrywise(as_vector(u), as_vector(v), self.shape[0]):
                    yield Contribution(c.direction, a + b + c.order, c.lemma)

    def overcounted(self, values: tuple[Value, ...]) -> Region:
        return undone(*values)

    def power_of(self, values: tuple[Value, ...]) -> int:
        """Powers add where both are zero at the same entries."""
        left, right = (frozenset(chain.from_iterable(map(vanish_with, map(as_vector, x.components)))) for x in values)
        powers = [value.power for value in values]
        return sum(powers) if left & right else max(powers)

    def is_positive_of(self, arguments: tuple[bool, ...]) -> bool:
        left, right = self.arguments
        return left is right or all(arguments)

    def numeric(self, *arrays: Array) -> Array:
        return arrays[0] * arrays[1]

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        x, y = self.arguments
        return upstream * y, upstream * x

    def rebuild(self, *arguments: Expression) -> Expression:
        return Hadamard(*arguments)

    def notation(self) -> str:
        left, right = self.arguments
        return f"{left.inside(5)} * {right.inside(5)}"


def entrywise(u: VectorDirection, v: VectorDirection, dim: Dim) -> Iterator[Contribution]:
    """The direction of u * v: what stands in both has a mean, and the rest is kept; a diagram may leave several."""
    if ONES not in (u, v) and (has_diagram(u) or has_diagram(v)):
        yield from (Contribution(made, size, GRAPH) for made, size in entrywise_diagram(u, v, dim))
        return
    made, gain = entrywise_product(u, v)
    if len(factors(made)) > MOST_FACTORS or nested(made) > MOST_NESTED:
        yield Contribution(Noise(dim), gain, TRUNCATED)
        return
    yield Contribution(made, gain, PRODUCT if factors(made) == factors(u) | factors(v) and made != ONES else MEAN)
