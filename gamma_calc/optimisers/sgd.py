"""Stochastic gradient descent: the update is the gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gamma_calc.calculus.value import ZERO, Value
from gamma_calc.language.expression import Array
from gamma_calc.language.optimiser import Optimiser


@dataclass(frozen=True, slots=True)
class SGD(Optimiser):
    """Plain gradient descent. Lemma: the update has the order of the gradient."""

    name = "sgd"
    statement = "the gradient itself"

    @property
    def divides_entries(self) -> bool:
        return False

    def orders(self, memory: Value, gradient: Value, site: str | None) -> tuple[Value, Value]:
        return ZERO, gradient

    def numeric(self, memory: Any, gradient: Array, step: int, width: int) -> tuple[Any, Array]:
        return None, gradient


def sgd() -> SGD:
    """Plain gradient descent.

    >>> print(sgd())
    sgd
    """
    return SGD()
