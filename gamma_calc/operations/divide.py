"""x / y entry by entry or row by row, for positive y that agree to leading order, such as lengths of rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, reduce
from operator import or_
from typing import Final

from gamma_calc.calculus.bends import Names, zero_names
from gamma_calc.calculus.dims import Shape, shape_text
from gamma_calc.calculus.direction import (
    ONES,
    Activation,
    Direction,
    Outer,
    VectorDirection,
    as_vector,
    factors,
    is_matrix,
)
from gamma_calc.calculus.lemmas import QUOTIENT
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ProgramError, ShapeError
from gamma_calc.exponents import NOTHING, Order, Region, largest, maximum, where
from gamma_calc.language.expression import Array, Expression, Part, entries_agree, walk
from gamma_calc.operations.at_most import AtMost
from gamma_calc.operations.rows import row_dot

NONE: Final[Names] = frozenset()


class Divide(Expression):
    """x / y. Lemma: directions of x are kept, each divided by what y is at least where it is.

    Hypothesis: y are lengths of rows. What all rows have is there everywhere, and |u_i| of an update u w' where u is in
    the direction too: u_i / |u_i| has one size. Where y is larger than that on most rows, the quotient is a bound.
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
        for direction, size in x.components.items():
            length = self._beside(direction, y)
            if length.is_zero_quantity:
                raise ProgramError(
                    f"{self} divides by rows that may be short",
                    hint="add a matrix that is drawn, or take a smaller rate",
                )
            yield Contribution(direction, size - length, QUOTIENT)

    def overcounted(self, values: tuple[Value, ...]) -> Region:
        x, y = values
        return reduce(or_, (where(self._beside(d, y), "<", y.order) for d in x.components), NOTHING)

    def _beside(self, direction: Direction, lengths: Value) -> Order:
        return _length_beside(direction, lengths, trained=self._is_trained)

    @cached_property
    def _is_trained(self) -> bool:
        """Do steps move what it divides by?"""
        return any(node.owner is not None for node in walk([self.divisor]))

    @property
    def divisor(self) -> Expression:
        return self.arguments[1]

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
        new = y if dy is None else self._moved(y, dy)
        parts = []
        if dx is not None:
            parts.append(Part(frozenset({0}), Divide(dx, new)))
        if dy is not None:
            before = Divide(x, y)
            parts.append(Part(frozenset({1}), AtMost(-Divide(dy * before, new), before, Divide(x, new))))
        return tuple(parts)

    def _moved(self, lengths: Expression, added: Expression) -> Expression:
        """The lengths after a change, by their matrix: of a sum it is not known where they are small."""
        new = added.leads_to
        if new is None or any(node.adds_up and entries_agree(node) for node in walk([lengths])):
            raise ProgramError(f"{self} divides by a sum of lengths that move", hint="divide by lengths of one matrix")
        return new

    def notation(self) -> str:
        x, y = self.arguments
        return f"{x.inside(5)} / {y.inside(5)}"


def _length_beside(direction: Direction, lengths: Value, *, trained: bool) -> Order:
    """What lengths of rows count with, at most, beside a direction.

    Of what has outgrown the length that all rows have, the half, unless it is one update that was given: several steps
    may have added other multiples of one vector, and where these cancel a row is short.
    """
    left = direction.left if isinstance(direction, Outer) else direction
    here = frozenset() if is_matrix(left) else zero_names(as_vector(left))
    of_all = largest(size for of, size in lengths.components.items() if _is_there(as_vector(of), NONE))
    known = largest(size for of, size in lengths.components.items() if _is_there(as_vector(of), here))
    is_one = not trained and len(lengths.components) <= 2
    return known if is_one or of_all.is_zero_quantity else maximum(of_all, (of_all + known) / 2)


def _is_there(lengths: VectorDirection, here: Names) -> bool:
    """Are these lengths those of all rows, or of an update by a vector that is where ``here`` is not small?"""
    moved = (part for f in factors(lengths) if isinstance(f, Activation) for part, _ in f.parts if part != ONES)
    return all(zero_names(part) <= here for part in moved)


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
    if not entries_agree(y):
        raise ProgramError(f"{found} divides by entries that may be zero or near it", hint="divide by lengths of rows")
    return found
