"""Lion: the sign of a mean of the gradient and a running mean of earlier ones."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from gamma_calc.calculus.sign import normalised
from gamma_calc.calculus.value import ZERO, Value
from gamma_calc.language.expression import Array
from gamma_calc.language.optimiser import Optimiser


@dataclass(frozen=True, slots=True)
class Lion(Optimiser):
    """Source: Chen et al., arXiv 2302.06675, algorithm 2, with decay rates that do not depend on n.

    Lemma: as for sign descent, of the sum of the gradients so far.
    """

    beta1: Fraction = Fraction(9, 10)
    beta2: Fraction = Fraction(99, 100)
    name = "lion"
    statement = "the sign of a mean of the gradient and a running mean of earlier ones"
    takes_signs = True

    def signed(self, memory: Value, gradient: Value) -> Value:
        return memory.plus(gradient)

    def orders(self, memory: Value, gradient: Value, site: str | None) -> tuple[Value, Value]:
        mean = self.signed(memory, gradient)
        return mean, ZERO if mean.is_zero else Value.collect(normalised(mean, site))

    def numeric(self, memory: Any, gradient: Array, step: int, width: int) -> tuple[Any, Array]:
        b1, b2 = (b.numerator / b.denominator for b in (self.beta1, self.beta2))
        mean = gradient.new_zeros(gradient.shape) if memory is None else memory
        return mean.lerp(gradient, 1 - b2), mean.lerp(gradient, 1 - b1).sign()


def lion() -> Lion:
    """Lion with its published decay rates, without weight decay; ``decayed(lion(), 0)`` adds it.

    >>> print(lion())
    lion
    """
    return Lion()
