"""Adam: the ratio of a running mean of gradients to the root of a running mean of their squares."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from gamma_calc.calculus.sign import normalised
from gamma_calc.calculus.value import ZERO, Value
from gamma_calc.exponents import MINUS_INFINITY, Order, order
from gamma_calc.language.expression import Array
from gamma_calc.language.optimiser import Optimiser


@dataclass(frozen=True, slots=True)
class Adam(Optimiser):
    """Adam with decay rates that do not depend on n, and an epsilon of order n^epsilon (-oo: epsilon = 0).

    Lemma: after a fixed number of steps both running means hold every past gradient with a weight of order 0, so the
    update is the normalised sum of the gradients so far, divided by epsilon where that is larger.
    """

    epsilon: Order = MINUS_INFINITY
    beta1: Fraction = Fraction(9, 10)
    beta2: Fraction = Fraction(999, 1000)
    name = "adam"
    statement = "a mean of gradients over the root of one of their squares; epsilon 0; also adamw"

    def orders(self, memory: Value, gradient: Value, site: str | None) -> tuple[Value, Value]:
        mean = memory.plus(gradient)
        if mean.is_zero:
            return ZERO, ZERO
        return mean, Value.collect(normalised(mean, site, self.epsilon))

    def means(self, memory: Any, gradient: Array, step: int) -> tuple[Any, Array, Array]:
        """The new memory, the running mean and the root of the running mean square, free of their start at zero.

        What is remembered is updated in place.
        """
        b1, b2 = (b.numerator / b.denominator for b in (self.beta1, self.beta2))
        mean, square = memory or (gradient.new_zeros(gradient.shape), gradient.new_zeros(gradient.shape))
        mean.lerp_(gradient, 1 - b1)
        square.mul_(b2).addcmul_(gradient, gradient, value=1 - b2)
        return (mean, square), mean / (1 - b1**step), (square / (1 - b2**step)).sqrt_()

    def numeric(self, memory: Any, gradient: Array, step: int, width: int) -> tuple[Any, Array]:
        """0/0 counts as 0 where epsilon is 0."""
        memory, mean, root = self.means(memory, gradient, step)
        if self.epsilon.is_zero_quantity:
            return memory, mean.div_(root).masked_fill_(root == 0, 0)
        return memory, mean.div_(root.add_(self.at(width)))

    def at(self, width: int) -> float:
        """Epsilon as a number."""
        if self.epsilon.is_zero_quantity:
            return 0
        power = self.epsilon.rational
        epsilon: float = width ** (power.numerator / power.denominator)
        return epsilon

    def __str__(self) -> str:
        return f"adam (epsilon {'0' if self.epsilon.is_zero_quantity else f'n^({self.epsilon})'})"


def adam(epsilon: Order | Fraction | int | str = MINUS_INFINITY) -> Adam:
    """Adam with an epsilon of order n^epsilon; without one, epsilon = 0 and 0/0 counts as 0.

    >>> print(adam("-1"))
    adam (epsilon n^(-1))
    """
    return Adam(order(epsilon))
