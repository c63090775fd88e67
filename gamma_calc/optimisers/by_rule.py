"""Optimisers that prepare what another rule makes the update of."""

from __future__ import annotations

from typing import Any

from gamma_calc.calculus.value import Value
from gamma_calc.language.expression import Array
from gamma_calc.language.optimiser import Optimiser


class ByRule(Optimiser):
    """The update is what ``rule`` makes of what it is given, in both readings."""

    __slots__ = ()
    rule: Optimiser

    @property
    def divides_entries(self) -> bool:
        return self.rule.divides_entries

    @property
    def takes_signs(self) -> bool:
        return self.rule.takes_signs

    @property
    def of_one_size(self) -> bool:
        return self.rule.of_one_size

    def signed(self, memory: Value, gradient: Value) -> Value:
        return self.rule.signed(memory, gradient)

    def orders(self, memory: Value, gradient: Value, site: str | None) -> tuple[Value, Value]:
        return self.rule.orders(memory, gradient, site)

    def numeric(self, memory: Any, gradient: Array, step: int, width: int) -> tuple[Any, Array]:
        return self.rule.numeric(memory, gradient, step, width)
