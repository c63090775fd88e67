"""c n^e X: a known multiplier, such as s = alpha/r, a sign or a constant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final

from gamma_calc.calculus.dims import Power, Shape
from gamma_calc.calculus.lemmas import PRODUCT
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ProgramError
from gamma_calc.exponents import Order, order
from gamma_calc.language.expression import Array, Expression, Part, Rewrite
from gamma_calc.language.forms import Linear

ONE_TIMES: Final = Fraction(1)
N_TO_THE_ZERO: Final = Power(order(0))


class Scale(Linear):
    """The multiple ``coefficient * n^exponent`` of X. Lemma: orders add; a constant has order 0.

    On arrays it takes the multiplier as a number, which it tells for each width.
    """

    carries_directions = True
    precedence = 5

    def __init__(
        self, argument: Expression, *, coefficient: Fraction = ONE_TIMES, power: Power = N_TO_THE_ZERO
    ) -> None:
        if not coefficient:
            raise ProgramError(f"0 * {argument} is identically zero", hint="leave the term out")
        self.arguments = (argument,)
        self.coefficient, self.power = coefficient, power
        self.shape: Shape = argument.shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        for direction, size in values[0].components.items():
            yield Contribution(direction, size + self.power.exponent, PRODUCT)

    def is_positive_of(self, arguments: tuple[bool, ...]) -> bool:
        return self.coefficient > 0 and all(arguments)

    @property
    def leads_to(self) -> Expression | None:
        new = self.arguments[0].leads_to
        return None if new is None else self.rebuild(new)

    def entries_agree_of(self, arguments: tuple[bool, ...]) -> bool:
        return all(arguments)

    def numeric(self, *arrays: Array) -> Array:
        x, multiplier = arrays
        return x * multiplier

    def constants(self, power: Callable[[Order], float]) -> tuple[float, ...]:
        return (self.coefficient.numerator / self.coefficient.denominator * power(self.power.exponent),)

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        return (self.rebuild(upstream),)

    @property
    def exponents(self) -> tuple[Order, ...]:
        return (self.power.exponent,)

    def substituted(self, rewrite: Rewrite) -> Expression:
        power = Power(rewrite.order(self.power.exponent))
        return Scale(rewrite.node(self.arguments[0]), coefficient=self.coefficient, power=power)

    @property
    def outer_products(self) -> tuple[tuple[Expression, Expression], ...]:
        return tuple((self.rebuild(u), w) for u, w in self.arguments[0].outer_products)

    def split(self, parts_of: Callable[[Expression], tuple[Part, ...]]) -> tuple[Part, ...]:
        """Known multipliers are looked through."""
        multipliers, inside = [self], self.arguments[0]
        while isinstance(inside, Scale):
            multipliers.append(inside)
            inside = inside.arguments[0]
        parts = inside.split(parts_of)
        for multiplier in reversed(multipliers):
            parts = tuple(Part(p.moved, multiplier.rebuild(p.expression)) for p in parts)
        return parts

    def rebuild(self, *arguments: Expression) -> Expression:
        return Scale(*arguments, coefficient=self.coefficient, power=self.power)

    def notation(self) -> str:
        factors = [] if self.power.exponent == 0 else [str(self.power)]
        if abs(self.coefficient) != 1:
            factors.insert(0, str(abs(self.coefficient)))
        sign = "-" if self.coefficient < 0 else ""
        return sign + " ".join([*factors, self.arguments[0].inside(4)])
