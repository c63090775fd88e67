"""x / |x|^p, with |x| the Euclidean length of x: how optimisers put a rank-one gradient on a scale of their own."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import reduce
from operator import or_

from gamma_calc.calculus.dims import Shape, shape_text
from gamma_calc.calculus.lemmas import LENGTH
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ShapeError
from gamma_calc.exponents import NOTHING, Region, where
from gamma_calc.language.expression import Array, Expression
from gamma_calc.language.forms import DividesGradient


class Rescaled(DividesGradient):
    """A vector divided by a power of its length; zero stays zero. Lemma: |x| is the size of x times sqrt(N)."""

    precedence = 5

    def __init__(self, argument: Expression, power: Fraction) -> None:
        if len(argument.shape) != 1:
            raise ShapeError(f"the length of {argument} of shape {shape_text(argument.shape)}", hint="give a vector")
        self.arguments = (argument,)
        self.power = power
        self.shape: Shape = argument.shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        (x,) = values
        for direction, size in x.components.items():
            length = x.beside(size) + self.shape[0].exponent / 2
            yield Contribution(direction, size - length * self.power, LENGTH)

    def overcounted(self, values: tuple[Value, ...]) -> Region:
        (x,) = values
        those = (where(x.beside(size), "<", x.order) for size in x.components.values() if x.least is not None)
        return reduce(or_, those, NOTHING)

    def numeric(self, *arrays: Array) -> Array:
        (x,) = arrays
        square = (x * x).sum(-1)[..., None]
        return (x / square ** (self.power.numerator / (2 * self.power.denominator))).where(square > 0, x)

    def rebuild(self, *arguments: Expression) -> Expression:
        (argument,) = arguments
        return Rescaled(argument, self.power)

    def notation(self) -> str:
        (x,) = self.arguments
        return f"{x.inside(5)} / |{x}|^{self.power}"


def rescaled(x: Expression, power: Fraction | int = 1) -> Expression:
    """x over a power of its length; the unit vector along x with the power 1, x itself with the power 0."""
    return Rescaled(x, Fraction(power)) if power else x
