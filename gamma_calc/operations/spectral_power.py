"""G (G'G)^-e: a matrix whose singular values have become their power 1 - 2e, as Muon and Shampoo make it of a gradient.

At e = 1/2 all of them are one. For a product of random matrices nearly all singular values that are not zero are of one
order: as many as its narrowest axis has entries, k, with k of their squares making up the sum of squares of the
entries. So the matrix is divided by the power 2e of size (rows columns / k)^(1/2). The hypothesis is that of the
central limit: where two axes are as narrow as each other some singular values are small, and their share goes to zero
with them. A sum of several directions divides each singular value by its own, and is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import reduce
from typing import Final

from gamma_calc.calculus.diagrams import has_diagram
from gamma_calc.calculus.dims import Shape, shape_text
from gamma_calc.calculus.direction import Direction, Outer
from gamma_calc.calculus.lemmas import SPECTRUM
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.calculus.words import letters
from gamma_calc.errors import ProgramError, ShapeError
from gamma_calc.exponents import Order, minimum, order
from gamma_calc.language.expression import Array, Expression
from gamma_calc.language.forms import GradientOnly

NOTHING_LEFT: Final = Fraction(1, 10**9)  # singular values below this share of the largest are rounding: they stay zero


class SpectralPower(GradientOnly):
    """A matrix over the power 2e of its singular values; zero stays zero."""

    precedence = 5

    def __init__(self, argument: Expression, power: Fraction) -> None:
        if len(argument.shape) != 2:
            raise ShapeError(
                f"singular values of {argument} of shape {shape_text(argument.shape)}", hint="give a matrix"
            )
        self.arguments = (argument,)
        self.power = power
        self.shape: Shape = argument.shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        (matrix,) = values
        if len(matrix.components) > 1 or any(map(has_diagram, matrix.components)):
            raise ProgramError(
                f"the singular values of {self.arguments[0]}, more than one product, are not known",
                hint="use one sample, or another optimiser with a batch",
            )
        for direction, size in matrix.components.items():
            yield Contribution(direction, size - 2 * self.power * self._singular_value(direction, size), SPECTRUM)

    def _singular_value(self, direction: Direction, size: Order) -> Order:
        rows, columns = (dim.exponent for dim in self.shape)
        return size + (rows + columns - self._rank(direction)) / 2

    def _rank(self, direction: Direction) -> Order:
        """The exponent of the number of singular values: of the narrowest axis."""
        if isinstance(direction, Outer):
            return order(0)
        axes = (*self.shape, *(matrix.inner for matrix in letters(direction)))
        return reduce(minimum, (dim.exponent for dim in axes))

    def numeric(self, *arrays: Array) -> Array:
        (x,) = arrays
        u, s, v = x.svd()
        kept = s > s[..., :1] * (NOTHING_LEFT.numerator / NOTHING_LEFT.denominator)
        exponent = 1 - 2 * self.power.numerator / self.power.denominator
        powers = (s.where(kept, s.new_ones(())) ** exponent).where(kept, s.new_zeros(()))
        return (u * powers[..., None, :]) @ v.swapaxes(-1, -2)

    def rebuild(self, *arguments: Expression) -> Expression:
        (argument,) = arguments
        return SpectralPower(argument, self.power)

    def notation(self) -> str:
        (x,) = self.arguments
        return f"{x.inside(5)} ({x.inside(5)}' {x.inside(5)})^-{self.power}"


def spectral_power(matrix: Expression, power: Fraction) -> Expression:
    """G (G'G)^-power; G itself with the power 0. Raises ShapeError for what is no matrix."""
    return SpectralPower(matrix, power) if power else matrix
