"""Lengths of a matrix's rows, which normalising by rows needs."""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.calculus.dims import Shape, shape_text
from gamma_calc.calculus.direction import ONES
from gamma_calc.calculus.lemmas import LENGTH
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ShapeError
from gamma_calc.language.expression import Array, Expression, Part
from gamma_calc.operations.divide import divide
from gamma_calc.operations.rows import RowDot


class RowLength(Expression):
    """|X_i| for every row i, a constant to the backward pass. Lemma: size times sqrt(N), the same in every row.

    Rows of a random matrix differ in length by a relative N^-1/2, as much as vectors share by chance. Hypothesis: so
    does the whole, which holds where no update u w' with unequal |u_i| outgrows the random part.
    """

    def __init__(self, argument: Expression) -> None:
        if len(argument.shape) != 2:
            raise ShapeError(f"the rows of {argument} of shape {shape_text(argument.shape)}", hint="give a matrix")
        self.arguments = (argument,)
        self.shape: Shape = argument.shape[:1]

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        for size in values[0].components.values():
            yield Contribution(ONES, size + self.arguments[0].shape[1].exponent / 2, LENGTH)

    @property
    def entries_agree(self) -> bool:
        return True

    def numeric(self, *arrays: Array) -> Array:
        return (arrays[0] ** 2).sum(-1).sqrt()

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        return (None,)

    def rebuild(self, *arguments: Expression) -> Expression:
        return RowLength(*arguments)

    def change_parts(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        """|X + D| - |X| = (2 <X, D> + <D, D>) / (|X| + |X + D|): no difference of near numbers is left."""
        (x,), (d,) = old, change
        if d is None:
            return ()
        squares = 2 * RowDot(x, d) + RowDot(d, d)
        return (Part(frozenset({0}), divide(squares, RowLength(x) + RowLength(x + d))),)

    def notation(self) -> str:
        return f"|{self.arguments[0]}|"


def row_length(matrix: Expression) -> RowLength:
    """The length of every row of a matrix, a constant to the backward pass. Raises ShapeError where it is no matrix.

    >>> from gamma_calc import Dim, frozen
    >>> n = Dim("n", 1)
    >>> row_length(frozen("W*", n, n))
    <|W*| : (n)>
    """
    return RowLength(matrix)
