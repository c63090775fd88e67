"""A derivation against measured exponents: what it says, whether as a bound, and which way it misses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from oracle.slopes import Key, Slope

TOLERANCE = 0.12  # exponents that programs of these kinds have lie 1/4 apart


def derived(derivation: Any, quantity: str, step: int, at: Mapping[str, str] | None = None) -> Fraction | None:
    """The derived exponent, None for the order of what is zero."""
    order = derivation.at_step(step)[quantity]
    if at:
        order = order.substitute({name: at[name] for name in order.variables})
    return None if order.is_zero_quantity else order.rational


def marked(derivation: Any, quantity: str, step: int) -> bool:
    """Whether the derivation says that the order of a quantity at a step is a bound only."""
    bounds = getattr(derivation, "bounds", None)
    if bounds is None:  # all that was announced before bounds were told apart
        return any(mark.step <= step for mark in (*derivation.feedback, *derivation.sign_cancellations))
    return any(b.quantity == quantity and b.step <= step for b in bounds)


@dataclass(frozen=True)
class Row:
    """One quantity at one step: what is derived and what is measured."""

    quantity: str
    step: int
    derived: Fraction | None
    slope: Slope
    marked: bool

    @property
    def verdict(self) -> str:
        """``below`` the truth, ``above`` it, ``bound`` (above and marked), ``right`` or ``undecided``."""
        if self.slope.zero or not self.slope.usable:
            return self._of_zero() if self.slope.zero else "undecided"
        if self.derived is None:
            return "below"
        value = float(self.derived)
        if value < self.slope.low - TOLERANCE:
            return "below"
        if value > self.slope.high + TOLERANCE:
            return "bound" if self.marked else "above"
        return "right" if self.slope.half_width < 0.25 else "undecided"

    @property
    def could_hide_a_quarter(self) -> bool:
        """Whether an order 1/4 lower than the derived one would not have been called below the truth."""
        return self.derived is not None and float(self.derived) - 0.25 >= self.slope.low - TOLERANCE

    def _of_zero(self) -> str:
        if self.derived is None:
            return "right"
        return "bound" if self.marked else "above"

    def __str__(self) -> str:
        order = "zero" if self.derived is None else self.derived
        bound = " (bound)" if self.marked else ""
        return f"{self.quantity} step {self.step}: derived {order}{bound}, measured {self.slope}: {self.verdict}"


def rows(derivation: Any, measured: Mapping[Key, Slope]) -> Iterator[Row]:
    """Every measured quantity at every step."""
    for (quantity, step), slope in measured.items():
        mark = marked(derivation, quantity, step)
        yield Row(quantity, step, derived(derivation, quantity, step), slope, mark)
