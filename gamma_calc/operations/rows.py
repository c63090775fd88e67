"""Matrices row by row: v * X, row i times entry i of a vector, and <X_i, Y_i>; each is the other's derivative.

A trained vector that multiplies every sample of a batch is such a v, and its gradient sums over the samples. In changes
of row lengths <X_i, Y_i> stands too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import combinations_with_replacement, product

from gamma_calc.calculus.contraction import act, row_products, rows_times
from gamma_calc.calculus.contractions import PairwiseProduct
from gamma_calc.calculus.diagrams import has_diagram
from gamma_calc.calculus.dims import Shape, shape_text
from gamma_calc.calculus.direction import ONES, Direction, Outer, VectorDirection, as_vector
from gamma_calc.calculus.lemmas import LENGTH
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ShapeError
from gamma_calc.exponents import order
from gamma_calc.language.expression import Array, Expression
from gamma_calc.language.forms import Bilinear
from gamma_calc.operations.hadamard import Hadamard, entrywise


class ScaledRows(Bilinear):
    """D_v X, with D_v the diagonal matrix of v. Lemma: what is in v pairs with what is in X, at every row."""

    may_be_long = True
    precedence = 5

    def __init__(self, vector: Expression, matrix: Expression) -> None:
        if vector.shape != matrix.shape[:1]:
            raise ShapeError(
                f"cannot multiply the rows of {matrix} of shape {shape_text(matrix.shape)} by {vector} of shape "
                f"{shape_text(vector.shape)}",
                hint="give a vector of the matrix's first axis",
            )
        self.arguments = (vector, matrix)
        self.shape: Shape = matrix.shape

    @property
    def summands(self) -> tuple[Expression, ...]:
        """Those of the matrix, each with its rows multiplied."""
        return self._summands

    @cached_property
    def _summands(self) -> tuple[Expression, ...]:
        """Made once. They are no fact of the node, by which it would differ from one of which none had asked."""
        vector, matrix = self.arguments
        return tuple(ScaledRows(vector, one) for one in matrix.summands)

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        vector, matrix = values
        made = PairwiseProduct(lambda v, x: self._pair(as_vector(v), x), order(0), self.shape)
        return made.of(product(vector.components.items(), matrix.components.items()), premises)

    def _pair(self, v: VectorDirection, x: Direction) -> Iterator[Contribution]:
        if not isinstance(x, Outer):
            yield from rows_times(v, x, self.shape)
            return
        for c in entrywise(v, x.left, self.shape[0]):
            yield Contribution(Outer(as_vector(c.direction), x.right), c.order, c.lemma)

    def numeric(self, *arrays: Array) -> Array:
        v, x = arrays
        return v[..., None] * x

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        vector, matrix = self.arguments
        return RowDot(upstream, matrix), ScaledRows(vector, upstream)

    def rebuild(self, *arguments: Expression) -> Expression:
        return ScaledRows(*arguments)

    def notation(self) -> str:
        vector, matrix = self.arguments
        return f"{vector.inside(5)} * {matrix.inside(5)}"


class RowDot(Bilinear):
    """<X_i, Y_i> for every row i. Lemma: what is in X pairs with what is in Y, at every row."""

    def __init__(self, left: Expression, right: Expression) -> None:
        self.arguments = (left, right)
        self.shape: Shape = left.shape[:1]

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        left, right = values
        of = self.arguments[0].shape
        is_square = self.arguments[0] is self.arguments[1]
        ours, theirs = left.components.items(), right.components.items()
        pairs = combinations_with_replacement(ours, 2) if is_square else product(ours, theirs)
        made = PairwiseProduct(lambda u, v: _row_products(u, v, of, premises), of[1].exponent, self.shape)
        return made.of(pairs, premises)

    def numeric(self, *arrays: Array) -> Array:
        x, y = arrays
        return (x * y).sum(-1)

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        x, y = self.arguments
        return ScaledRows(upstream, y), ScaledRows(upstream, x)

    def rebuild(self, *arguments: Expression) -> Expression:
        return RowDot(*arguments)

    def notation(self) -> str:
        left, right = self.arguments
        return f"rows({left}, {right})"


def row_dot(x: Expression, y: Expression) -> Expression:
    """<X_i, Y_i> of two matrices, x_i y_i of two vectors: what a factor of every row is moved by."""
    return RowDot(x, y) if len(x.shape) == 2 else Hadamard(x, y)


def _row_products(u: Direction, v: Direction, shape: Shape, premises: Premises) -> Iterator[Contribution]:
    """The inner products of the rows of two directions; those of u w' with the rows of X are u * (X w)."""
    rows, columns = shape
    if isinstance(u, Outer):
        u, v = v, u
    if isinstance(v, Outer):
        for c in act(u, v.right, columns, premises):
            for made in entrywise(v.left, as_vector(c.direction), rows):
                yield Contribution(made.direction, c.order + made.order, c.lemma)
    elif u == v and not has_diagram(u):
        yield Contribution(ONES, columns.exponent, LENGTH)
    else:
        yield from row_products(u, v, shape)
