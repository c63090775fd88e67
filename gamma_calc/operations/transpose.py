"""X.T: a matrix with its axes exchanged."""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.calculus.contraction import transposed
from gamma_calc.calculus.dims import Shape, shape_text
from gamma_calc.calculus.lemmas import PRODUCT
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ShapeError
from gamma_calc.language.expression import Array, Expression, infix
from gamma_calc.language.forms import Linear


@infix("T")
class Transpose(Linear):
    """The transpose. Lemma: the entries are the same, so every order is; each direction is transposed."""

    carries_directions = True
    precedence = 8

    def __init__(self, matrix: Expression) -> None:
        if len(matrix.shape) != 2:
            raise ShapeError(
                f"{matrix} of shape {shape_text(matrix.shape)} has no transpose", hint="only matrices have"
            )
        self.arguments = (matrix,)
        self.shape: Shape = matrix.shape[::-1]

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        for direction, order in values[0].components.items():
            yield Contribution(transposed(direction), order, PRODUCT)

    def numeric(self, *arrays: Array) -> Array:
        return arrays[0].swapaxes(-1, -2)

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        return (upstream.T,)

    def rebuild(self, *arguments: Expression) -> Expression:
        return Transpose(*arguments)

    def notation(self) -> str:
        return f"{self.arguments[0].inside(8)}'"
