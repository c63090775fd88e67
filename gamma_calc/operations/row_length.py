"""Lengths of a matrix's rows, and inner products of the rows of two matrices: what normalising by rows needs."""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.calculus.assumptions import SumRule
from gamma_calc.calculus.contraction import act
from gamma_calc.calculus.dims import Shape, shape_text
from gamma_calc.calculus.direction import ONES, Direction, Outer, Residual, as_vector
from gamma_calc.calculus.lemmas import CENTRAL_LIMIT, LENGTH
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ProgramError, ShapeError
from gamma_calc.language.expression import Array, Expression, Part
from gamma_calc.language.forms import Bilinear
from gamma_calc.operations.divide import divide
from gamma_calc.operations.hadamard import entrywise


class RowDot(Bilinear):
    """<X_i, Y_i> for every row i. It stands in changes of row lengths alone, and no loss is trained through it."""

    def __init__(self, left: Expression, right: Expression) -> None:
        self.arguments = (left, right)
        self.shape: Shape = left.shape[:1]

    def orders(self, values: tuple[Value, ...], rule: SumRule) -> Iterator[Contribution]:
        left, right = values
        yield from _dots(left, right, self.arguments[0].shape, str(self), rule)

    def numeric(self, *arrays: Array) -> Array:
        x, y = arrays
        return (x * y).sum(-1)

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        raise ProgramError(f"{self} has no derivative", hint="train through a matrix product instead")

    def rebuild(self, *arguments: Expression) -> Expression:
        return RowDot(*arguments)

    def notation(self) -> str:
        left, right = self.arguments
        return f"rows({left}, {right})"


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

    def orders(self, values: tuple[Value, ...], rule: SumRule) -> Iterator[Contribution]:
        for size in values[0].components.values():
            yield Contribution(ONES, size + self.arguments[0].shape[1].exponent / 2, LENGTH)

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


def _dots(x: Value, y: Value, shape: Shape, site: str, rule: SumRule) -> Iterator[Contribution]:
    for u, a in x.components.items():
        for v, b in y.components.items():
            for c in _pair(u, v, shape, site, rule):
                yield Contribution(c.direction, a + b + c.order, c.lemma)


def _pair(u: Direction, v: Direction, shape: Shape, site: str, rule: SumRule) -> Iterator[Contribution]:
    """The inner products of the rows of two directions; those of u w' with the rows of X are u * (X w)."""
    rows, columns = shape
    if isinstance(u, Outer):
        u, v = v, u
    if isinstance(v, Outer):
        for c in act(u, v.right, columns, rule):
            made = entrywise(v.left, as_vector(c.direction), rows)
            yield Contribution(made.direction, c.order, c.lemma)
    elif u == v:
        yield Contribution(ONES, columns.exponent, LENGTH)
    else:
        yield Contribution(Residual(site), columns.exponent / 2, CENTRAL_LIMIT)
