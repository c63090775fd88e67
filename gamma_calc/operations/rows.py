"""Matrices row by row: v * X, row i times entry i of a vector, and <X_i, Y_i>; each is the other's derivative.

A trained vector that multiplies every sample of a batch is such a v, and its gradient sums over the samples. In changes
of row lengths <X_i, Y_i> stands too.
"""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.calculus.contraction import act, row_products, rows_times
from gamma_calc.calculus.diagrams import has_diagram
from gamma_calc.calculus.dims import Shape, shape_text
from gamma_calc.calculus.direction import ONES, Direction, Outer, VectorDirection, as_vector
from gamma_calc.calculus.lemmas import LENGTH
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ShapeError
from gamma_calc.language.expression import Array, Expression
from gamma_calc.language.forms import Bilinear
from gamma_calc.operations.hadamard import Hadamard, entrywise


class ScaledRows(Bilinear):
    """D_v X, with D_v the diagonal matrix of v. Lemma: what is in v pairs with what is in X, at every row."""

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

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        vector, matrix = values
        for v, a in vector.components.items():
            for x, b in matrix.components.items():
                for c in self._pair(as_vector(v), x):
                    yield Contribution(c.direction, a + b + c.order, c.lemma)

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
        for u, a in left.components.items():
            for v, b in right.components.items():
                for c in _row_products(u, v, self.arguments[0].shape, premises):
                    yield Contribution(c.direction, a + b + c.order, c.lemma)

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
