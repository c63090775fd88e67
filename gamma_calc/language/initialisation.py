"""How a tensor starts: as zero, with independent entries of a given order, or as given data."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from gamma_calc.exponents import MINUS_INFINITY, Order, order
from gamma_calc.language.expression import Expression, require_expression
from gamma_calc.language.with_exponents import WithExponents


@dataclass(frozen=True, slots=True)
class Init(WithExponents):
    """The start of a tensor: independent zero-mean entries of order n^entry, or zero where entry is -oo.

    With an ``expression`` the start is its value instead, and the entry is not used.
    """

    entry: Order
    expression: Expression | None = None

    @property
    def is_zero(self) -> bool:
        return self.expression is None and self.entry.is_zero_quantity

    def __str__(self) -> str:
        if self.expression is not None:
            return f"given as {self.expression}"
        return "zero" if self.is_zero else f"iid entries n^({self.entry})"


@dataclass(frozen=True, slots=True)
class Construction(WithExponents):
    """How the factors A and B of a program are made where they are no independent draws: a name of the catalogue.

    A run may make them so, or draw factors of the same orders. ``multiplier`` is the exponent of s; some divide by it.
    """

    name: str
    multiplier: Order


zero = Init(MINUS_INFINITY)


def iid(entry: Order | Fraction | int | str) -> Init:
    """Independent zero-mean entries of order n^entry (an exponent): variance 1/n is entry -1/2.

    >>> print(iid("-1/2"))
    iid entries n^(-1/2)
    """
    return Init(order(entry))


def given(expression: Expression) -> Init:
    """A start computed from data: eigenvectors of the inputs, a first gradient, a part of the frozen weight.

    The expression may use data and frozen tensors; what they share with the rest of the program stays shared.

    >>> from gamma_calc import Dim, data
    >>> print(given(data("v", Dim("n", 1))))
    given as v
    """
    require_expression(expression)
    return Init(MINUS_INFINITY, expression)
