"""One rule for matrices and another for everything else, as trainers use Muon beside Adam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gamma_calc.calculus.value import Value
from gamma_calc.language.expression import Array, Expression
from gamma_calc.language.optimiser import Optimiser, require_optimiser


@dataclass(frozen=True, slots=True)
class ByShape(Optimiser):
    """``matrices`` for parameters of two axes and ``rest`` for the others; each parameter keeps its own rate."""

    matrices: Optimiser
    rest: Optimiser
    name = "by-shape"

    def for_parameter(self, parameter: Expression) -> Optimiser:
        return self.matrices if len(parameter.shape) == 2 else self.rest

    def orders(self, memory: Value, gradient: Value, site: str | None) -> tuple[Value, Value]:
        raise NotImplementedError("each parameter has a rule of its own: ask for_parameter")

    def numeric(self, memory: Any, gradient: Array, step: int, width: int) -> tuple[Any, Array]:
        raise NotImplementedError("each parameter has a rule of its own: ask for_parameter")

    def __str__(self) -> str:
        return f"{self.matrices} on matrices, {self.rest} on the rest"


def by_shape(matrices: Optimiser, rest: Optimiser) -> ByShape:
    """One rule on matrices and another on vectors and scalars.

    >>> from gamma_calc import adam, muon
    >>> print(by_shape(muon(), adam()))
    muon on matrices, adam (epsilon 0) on the rest
    """
    require_optimiser(matrices)
    require_optimiser(rest)
    return ByShape(matrices, rest)
