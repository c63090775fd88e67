"""X + Y."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, product, starmap

from gamma_calc.calculus.dims import Shape, shape_text
from gamma_calc.calculus.direction import may_exclude
from gamma_calc.calculus.lemmas import SUM
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ShapeError
from gamma_calc.exponents import EVERYTHING, NOTHING, Region
from gamma_calc.language.expression import Array, Expression, Part, infix
from gamma_calc.language.forms import Linear


@infix("+")
class Add(Linear):
    """The sum. Lemma: the order is the largest of the terms', unless they cancel exactly.

    A cancellation that is there by construction must be written as such: ``since_start`` for what training added.
    """

    adds_up = True
    carries_directions = True
    precedence = 3

    def __init__(self, left: Expression, right: Expression) -> None:
        if left.shape != right.shape:
            raise ShapeError(
                f"cannot add {left} of shape {shape_text(left.shape)} and {right} of shape {shape_text(right.shape)}",
                hint="both must have the same axes",
            )
        self.arguments = (left, right)
        self.shape: Shape = left.shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        for value in values:
            for direction, order in value.components.items():
                yield Contribution(direction, order, SUM)

    def overcounted(self, values: tuple[Value, ...]) -> Region:
        """Masks of one thing may be of its two signs, and what they keep of it cancel: relu(u) + relu(-u) is even."""
        left, right = (value.components for value in values)
        return EVERYTHING if any(starmap(may_exclude, product(left, right))) else NOTHING

    def is_positive_of(self, arguments: tuple[bool, ...]) -> bool:
        return all(arguments)

    def entries_agree_of(self, arguments: tuple[bool, ...]) -> bool:
        return all(arguments)

    def numeric(self, *arrays: Array) -> Array:
        return arrays[0] + arrays[1]

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        return upstream, upstream

    @property
    def outer_products(self) -> tuple[tuple[Expression, Expression], ...]:
        terms = [term.outer_products for term in _terms(self)]
        return tuple(chain.from_iterable(terms)) if all(terms) else ()

    def rebuild(self, *arguments: Expression) -> Expression:
        return Add(*arguments)

    def change_parts(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        return tuple(Part(frozenset({i}), delta) for i, delta in enumerate(change) if delta is not None)

    def notation(self) -> str:
        left, right = self.arguments
        return f"{left.inside(2)} + {right.inside(2)}"


def _terms(node: Expression) -> Iterator[Expression]:
    """What a sum of sums adds up, from left to right."""
    stack = [node]
    while stack:
        term = stack.pop()
        if isinstance(term, Add):
            stack.extend(reversed(term.arguments))
        else:
            yield term
