"""Lengths of a matrix's rows, which normalising by rows needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gamma_calc.calculus.activation import activation
from gamma_calc.calculus.dims import Shape, shape_text
from gamma_calc.calculus.direction import (
    ONES,
    Direction,
    FixedAxis,
    MatrixDiagram,
    Outer,
    Residual,
    VectorDirection,
)
from gamma_calc.calculus.function import Function, nothing, same
from gamma_calc.calculus.lemmas import LENGTH
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.calculus.words import letters
from gamma_calc.errors import ShapeError
from gamma_calc.exponents import order
from gamma_calc.language.expression import Array, Expression, Part
from gamma_calc.operations.at_most import AtMost
from gamma_calc.operations.divide import divide
from gamma_calc.operations.rows import RowDot


def _absolute(x: Array) -> Array:
    return x.abs()


ABSOLUTE: Final = Function("abs", size=same, mean=same, kept=nothing, even=same, apply=_absolute, positive=True)


class RowLength(Expression):
    """|X_i| for every row i, a constant to the backward pass. Lemma: size times sqrt(N).

    Rows of a random matrix differ in length by a relative N^-1/2, as much as vectors share by chance: they count as
    equal. Row i of an update u w' is as long as |u_i| says, and short where u is small.
    """

    def __init__(self, argument: Expression) -> None:
        if len(argument.shape) != 2:
            raise ShapeError(f"the rows of {argument} of shape {shape_text(argument.shape)}", hint="give a matrix")
        self.arguments = (argument,)
        self.shape: Shape = argument.shape[:1]

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        for direction, size in values[0].components.items():
            yield Contribution(_lengths(direction), size + self.arguments[0].shape[1].exponent / 2, LENGTH)

    def power_of(self, values: tuple[Value, ...]) -> int:
        return values[0].power

    def entries_agree_of(self, arguments: tuple[bool, ...]) -> bool:
        """Not of finitely many columns, as there a row may be short."""
        return not self.arguments[0].shape[1].is_fixed

    @property
    def reads_components(self) -> bool:
        return True

    def numeric(self, *arrays: Array) -> Array:
        return (arrays[0] ** 2).sum(-1).sqrt()

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        return (None,)

    def rebuild(self, *arguments: Expression) -> Expression:
        return RowLength(*arguments)

    def change_parts(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        """|X + D| - |X| = (2 <X, D> + <D, D>) / (|X| + |X + D|): no difference of near numbers is left.

        It is no longer than D, the third side of a triangle.
        """
        (x,), (d,) = old, change
        if d is None:
            return ()
        new = RowLength(x + d)
        squares = 2 * RowDot(x, d) + RowDot(d, d)
        return (Part(frozenset({0}), LengthChange(divide(squares, RowLength(x) + new), RowLength(d), new)),)

    def notation(self) -> str:
        return f"|{self.arguments[0]}|"


class LengthChange(AtMost):
    """What a change adds to the lengths of rows, at most its own, and the lengths that it leads to."""

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        return super().orders(values[:2], premises)

    @property
    def leads_to(self) -> Expression:
        return self.arguments[2]

    def rebuild(self, *arguments: Expression) -> Expression:
        return LengthChange(*arguments)


def _lengths(direction: Direction) -> VectorDirection:
    """The direction of the lengths of a direction's rows."""
    of = direction.left if isinstance(direction, Outer) else _unequal(direction)
    if of == ONES or isinstance(of, FixedAxis):
        return ONES
    return activation(ABSOLUTE, f"rows of {of}", Value({of: order(0)}))


def _unequal(direction: Direction) -> VectorDirection:
    """What makes the rows of a matrix unequal: scales of its rows, or that it passed through finitely many entries."""
    is_narrow = any(matrix.inner.is_fixed for matrix in letters(direction))
    return Residual(f"rows of {direction}") if is_narrow or isinstance(direction, MatrixDiagram) else ONES


def row_length(matrix: Expression) -> RowLength:
    """The length of every row of a matrix, a constant to the backward pass. Raises ShapeError where it is no matrix.

    >>> from gamma_calc import Dim, frozen
    >>> n = Dim("n", 1)
    >>> row_length(frozen("W*", n, n))
    <|W*| : (n)>
    """
    return RowLength(matrix)
