"""What an optimiser is: from a gradient to the entries of an update, in both readings."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from gamma_calc.calculus.value import Value
from gamma_calc.exponents.orders.order import Exponent, Order

if TYPE_CHECKING:
    from gamma_calc.language.expression import Expression

Array = Any


class Optimiser(ABC):
    """A rule for the size of an update before the learning rate multiplies it.

    ``orders`` takes what the optimiser remembers of a parameter (None before the first step) and the gradient, and
    returns the new memory and the update. ``numeric`` does the same on arrays.
    """

    name: ClassVar[str]

    @property
    def exponents(self) -> tuple[Order, ...]:
        """The exponents the rule itself depends on, such as that of an epsilon."""
        return ()

    def substituted(self, values: Mapping[str, Exponent]) -> Optimiser:
        """The rule with its exponents given values."""
        return self

    def optimiser_input(self, parameter: str, gradient: Expression, tensors: Mapping[str, Expression]) -> Expression:
        """What the rule is given for a parameter's gradient: itself, or a program that may use the tensors by name.

        Raises ProgramError for a gradient that the rule does not know.
        """
        return gradient

    @abstractmethod
    def orders(self, memory: Value, gradient: Value, site: str | None) -> tuple[Value, Value]:
        """The new memory and the update, as components."""

    @abstractmethod
    def numeric(self, memory: Any, gradient: Array, step: int, width: int) -> tuple[Any, Array]:
        """The new memory (None before the first step) and the update, as arrays. ``step`` counts from 1."""

    def __str__(self) -> str:
        return self.name
