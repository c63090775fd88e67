"""Adam: the ratio of a running mean of gradients to the root of a running mean of their squares."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from gamma_calc.calculus.normalise import normalised
from gamma_calc.calculus.value import ZERO, Value
from gamma_calc.optimisers.base import Array, Optimiser
from gamma_calc.orders.order import MINUS_INFINITY, Order, maximum, order


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

    def orders(self, memory: Value, gradient: Value, site: str) -> tuple[Value, Value]:
        mean = memory.plus(gradient)
        if mean.is_zero:
            return ZERO, ZERO
        return mean, Value.collect(normalised(mean, maximum(mean.order, self.epsilon), site))

    def numeric(self, memory: Any, gradient: Array, step: int) -> tuple[Any, Array]:
        mean, square = memory if memory is not None else (gradient * 0, gradient * 0)
        b1, b2 = float(self.beta1), float(self.beta2)
        mean, square = b1 * mean + (1 - b1) * gradient, b2 * square + (1 - b2) * gradient**2
        scale = (square / (1 - b2**step)) ** 0.5
        return (mean, square), (mean / (1 - b1**step)) / scale.where(scale > 0, 1.0)

    def __str__(self) -> str:
        return f"adam (epsilon {'0' if self.epsilon.is_zero_quantity else f'n^({self.epsilon})'})"


def adam(epsilon: Order | Fraction | int | str = MINUS_INFINITY) -> Adam:
    """Adam with an epsilon of order n^epsilon; without one, epsilon = 0 and 0/0 counts as 0."""
    return Adam(order(epsilon))
