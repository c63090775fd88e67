"""sign(x): what is left of a vector when its entries keep their signs alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gamma_calc.calculus.dims import Shape
from gamma_calc.calculus.function import Function, constant, nothing, reciprocal
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.sign import normalised
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.language.expression import Array, Expression
from gamma_calc.language.forms import GradientOnly
from gamma_calc.operations.elementwise import Elementwise


def _entries(x: Array) -> Array:
    return x.sign()


SIGN: Final = Function(
    "sign",
    size=constant,
    mean=nothing,  # an odd function of a symmetric variable
    kept=reciprocal,
    odd=constant,
    apply=_entries,
)


class SignOfMatrix(GradientOnly):
    """The sign of every entry of a matrix. Lemma: each component keeps its direction, divided by the largest."""

    def __init__(self, argument: Expression) -> None:
        self.arguments = (argument,)
        self.shape: Shape = argument.shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        return normalised(values[0], None)

    def numeric(self, *arrays: Array) -> Array:
        return _entries(arrays[0])

    def rebuild(self, *arguments: Expression) -> Expression:
        return SignOfMatrix(*arguments)

    def notation(self) -> str:
        return f"sign({self.arguments[0]})"


def sign_of_matrix(x: Expression) -> Expression:
    """The sign of every entry of a gradient that is summed over a batch."""
    return SignOfMatrix(x)


def sign(x: Expression) -> Expression:
    """The sign of every entry: each component of x divided by the size of x, and a rest that is along none of them."""
    return Elementwise(SIGN, x)
