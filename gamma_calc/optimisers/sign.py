"""Sign descent: every entry of the update is +1, -1, or 0 where the gradient is exactly zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gamma_calc.calculus.sign import normalised
from gamma_calc.calculus.value import ZERO, Value
from gamma_calc.language.expression import Array
from gamma_calc.language.optimiser import Optimiser


@dataclass(frozen=True, slots=True)
class Sign(Optimiser):
    """SignSGD, which is Adam without memory.

    Lemma: processed gradients have order 0 and keep the gradient's directions; LoRA+ (arXiv 2402.12354), appendix A.5.
    """

    name = "sign"
    statement = "the sign of the gradient: Adam without memory"
    takes_signs = True

    def orders(self, memory: Value, gradient: Value, site: str | None) -> tuple[Value, Value]:
        return ZERO, Value.collect(normalised(gradient, site)) if not gradient.is_zero else ZERO

    def numeric(self, memory: Any, gradient: Array, step: int, width: int) -> tuple[Any, Array]:
        return None, gradient.sign()


def sign() -> Sign:
    """Sign descent, which is Adam without memory.

    >>> print(sign())
    sign
    """
    return Sign()
