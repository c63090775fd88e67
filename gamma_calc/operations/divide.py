"""x / y entry by entry or row by row, for positive y that agree to leading order, such as lengths of rows."""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.calculus.dims import Shape, shape_text
from gamma_calc.calculus.direction import ONES
from gamma_calc.calculus.lemmas import QUOTIENT
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ProgramError, ShapeError
from gamma_calc.language.expression import Array, Expression, Part
from gamma_calc.operations.rows import row_dot


class Divide(Expression):
    """x / y. Lemma: directions of x are kept, divided by the size of y.

    Hypothesis: y are lengths of rows, whose entries differ by at most a relative N^-1/2, as much as vectors share by
    chance. What moves of y is another matter: see ``change_parts``.
    """

    precedence = 5

    def __init__(self, numerator: Expression, denominator: Expression) -> None:
        if not numerator.shape or numerator.shape[:1] != denominator.shape:
            raise ShapeError(
                f"{numerator} of shape {shape_text(numerator.shape)} over {denominator} of shape "
                f"{shape_text(denominator.shape)}",
                hint="give a vector, or a matrix, and a divisor for each of its rows",
            )
        self.arguments = (numerator, denominator)
        self.shape: Shape = numerator.shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        x, y = values
        if ONES not in y.components:
            raise ProgramError(f"{self} divides by entries that may be zero", hint="divide by lengths of rows")
        length = y.order
        for direction, size in x.components.items():
            yield Contribution(direction, size - length, QUOTIENT)

    @property
    def may_fall(self) -> bool:
        return True

    def numeric(self, *arrays: Array) -> Array:
        x, y = arrays
        return x / (y[..., None] if len(self.shape) == 2 else y)

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        _, y = self.arguments
        return Divide(upstream, y), -Divide(row_dot(upstream, self), y)

    def rebuild(self, *arguments: Expression) -> Expression:
        return Divide(*arguments)

    def change_parts(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        """dx / (y + dy), and -x dy / (y (y + dy)): no difference of near numbers is left."""
        (x, y), (dx, dy) = old, change
        new = y if dy is None else y + dy
        parts = []
        if dx is not None:
            parts.append(Part(frozenset({0}), Divide(dx, new)))
        if dy is not None:
            parts.append(Part(frozenset({1}), -Divide(dy * self.rebuild(x, y), new)))
        return tuple(parts)

    def notation(self) -> str:
        x, y = self.arguments
        return f"{x.inside(5)} / {y.inside(5)}"


def divide(x: Expression, y: Expression) -> Divide:
    """x / y, entry by entry, or row by row of a matrix.

    Raises ShapeError where axes differ, ProgramError where y is no length of rows: small entries of y make large ones.

    >>> from gamma_calc import Dim, data, frozen
    >>> from gamma_calc.operations.row_length import row_length
    >>> n = Dim("n", 1)
    >>> divide(data("Z", n), row_length(frozen("W*", n, n)))
    <Z / |W*| : (n)>
    """
    found = Divide(x, y)
    if not y.entries_agree:
        raise ProgramError(f"{found} divides by entries that may be zero or near it", hint="divide by lengths of rows")
    return found
