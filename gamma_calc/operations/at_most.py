"""A change that is known to be no larger than others, such as the values it lies between."""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.calculus.dims import Shape
from gamma_calc.calculus.lemmas import BETWEEN
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.exponents import at_most, largest, nowhere_above
from gamma_calc.language.expression import Array, Expression
from gamma_calc.language.forms import ChangeOnly


class AtMost(ChangeOnly):
    """x, known to be no larger than the largest of some bounds. Lemma: so is each of its parts."""

    def __init__(self, x: Expression, *bounds: Expression) -> None:
        self.arguments = (x, *bounds)
        self.shape: Shape = x.shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        x, *bounds = values
        most = largest(bound.order for bound in bounds)
        for direction, size in x.components.items():
            yield Contribution(direction, at_most(size, most), BETWEEN)

    def falls_as_fast(self, values: tuple[Value, ...]) -> bool:
        """While the bounds are none: what is above one may fall a long way and be as large as before."""
        x, *bounds = values
        return nowhere_above(x.order, largest(bound.order for bound in bounds))

    @property
    def computed(self) -> Expression:
        """The bounds need not be computed for it."""
        return self.arguments[0]

    def numeric(self, *arrays: Array) -> Array:
        return arrays[0]

    def rebuild(self, *arguments: Expression) -> Expression:
        return AtMost(*arguments)

    def notation(self) -> str:
        return self.arguments[0].notation()
