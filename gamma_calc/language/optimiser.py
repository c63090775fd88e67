"""What an optimiser is: from a gradient to the entries of an update, in both readings.

A step of the parameter W is ``W - rate * (update + own motion)``. The update is made of the gradient alone, by
``orders`` and ``numeric``; the own motion, such as weight decay, is a program in W. For sign descent the update of the
gradient ``n^-1 u h'`` is ``u h'``, of order 0, and there is no own motion.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from gamma_calc.calculus.value import Value
from gamma_calc.errors import require
from gamma_calc.language.expression import Array, Expression
from gamma_calc.language.with_exponents import WithExponents


class Optimiser(WithExponents, ABC):
    """A rule for the size of an update before the learning rate multiplies it.

    ``orders`` takes what the optimiser remembers of a parameter (None before the first step) and the gradient, and
    returns the new memory and the update. ``numeric`` does the same on arrays. What else the engine needs to know of a
    rule are the facts below, each with the answer of a plain rule as its default. Steps of a rule that ``takes_signs``
    can cancel exactly on some entries (``engine/sign_ties.py``), those ``of_one_size`` as a whole
    (``engine/sign_reversals.py``).
    """

    name: ClassVar[str]
    statement: ClassVar[str] = ""  # what an update is, in a few words
    reads_components: ClassVar[bool] = False  # not sizes and overlaps alone, so that none may be left out
    reads_spectra: ClassVar[bool] = False  # of the gradient of a batch, where what is small everywhere counts in full
    of_matrices: ClassVar[bool] = False  # knows the gradient of a matrix alone, and of nothing else

    @property
    def divides_entries(self) -> bool:
        """Is each entry of an update scaled by itself, so that a smaller part decides where the larger is zero?"""
        return True

    @property
    def takes_signs(self) -> bool:
        """Is every entry of an update 1, -1 or 0?"""
        return False

    @property
    def of_one_size(self) -> bool:
        """Is an update the same whatever positive number multiplies the gradient, so that one of -1 takes it back?"""
        return self.takes_signs

    def for_parameter(self, parameter: Expression) -> Optimiser:
        """The rule for one parameter: this one, unless it differs by parameter (see ``optimisers/by_shape.py``)."""
        return self

    def optimiser_input(
        self, parameter: Expression, gradient: Expression, tensors: Mapping[str, Expression]
    ) -> Expression:
        """What the rule is given for a parameter's gradient: itself, or a program that may use the tensors by name.

        Raises ProgramError for a gradient that the rule does not know.
        """
        return gradient

    def own_motion(self, parameter: Expression) -> Expression | None:
        """What a step takes from the parameter besides the update, as a program in it; None for nothing."""
        return None

    def signed(self, memory: Value, gradient: Value) -> Value:
        """The value of which a rule that ``takes_signs`` makes its update, entry by entry."""
        return gradient

    @abstractmethod
    def orders(self, memory: Value, gradient: Value, site: str | None) -> tuple[Value, Value]:
        """The new memory and the update, as components."""

    @abstractmethod
    def numeric(self, memory: Any, gradient: Array, step: int, width: int) -> tuple[Any, Array]:
        """The new memory (None before the first step) and the update, as arrays. ``step`` counts from 1."""

    def __str__(self) -> str:
        return self.name


def require_optimiser(value: object) -> None:
    """Raises ProgramError for what is no optimiser."""
    require(value, Optimiser, "optimiser", "give one such as adam()")
