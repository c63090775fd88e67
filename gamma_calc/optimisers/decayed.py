"""Decoupled weight decay, as in AdamW: a step also takes n^decay of the parameter, at the same learning rate.

Source: Loshchilov, Hutter, arXiv 1711.05101, algorithm 2: the decay is added to what the rule made of the gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from gamma_calc.calculus.dims import Power
from gamma_calc.exponents import Order, order
from gamma_calc.language.expression import Expression
from gamma_calc.language.optimiser import Optimiser, require_optimiser
from gamma_calc.optimisers.by_rule import ByRule


@dataclass(frozen=True, slots=True)
class Decayed(ByRule):
    """A rule with a decay of order n^decay. Lemma: the order of a sum; the parameter keeps its directions."""

    rule: Optimiser
    decay: Order
    name = "decayed"

    def for_parameter(self, parameter: Expression) -> Optimiser:
        return replace(self, rule=self.rule.for_parameter(parameter))

    def optimiser_input(
        self, parameter: Expression, gradient: Expression, tensors: Mapping[str, Expression]
    ) -> Expression:
        return self.rule.optimiser_input(parameter, gradient, tensors)

    def own_motion(self, parameter: Expression) -> Expression:
        return parameter * Power(self.decay)

    def __str__(self) -> str:
        return f"{self.rule} with decay n^({self.decay})"


def decayed(rule: Optimiser, decay: Order | Fraction | int | str) -> Decayed:
    """A rule with decoupled weight decay of order n^decay (an exponent): AdamW is ``decayed(adam(), 0)``.

    >>> from gamma_calc import adam
    >>> print(decayed(adam(), "-1/2"))
    adam (epsilon 0) with decay n^(-1/2)
    """
    require_optimiser(rule)
    return Decayed(rule, order(decay))
