"""relu(x) = max(x, 0) = x/2 + |x|/2: homogeneous of degree one, with a mean of the size of x."""

from __future__ import annotations

from typing import Final

from gamma_calc.calculus.function import Function, constant, reciprocal, same
from gamma_calc.language.expression import Array, Expression
from gamma_calc.operations.batch_function import of_entries


def _step(x: Array) -> Array:
    return (x > 0).to(x.dtype)


def _entries(x: Array) -> Array:
    return x.clamp(min=0)


STEP: Final = Function(
    "step",
    size=constant,
    mean=constant,
    kept=reciprocal,
    odd=constant,  # a step is one half and a sign
    apply=_step,
    vanishes=True,
    positive=True,
    idempotent=True,
)
RELU: Final = Function(
    "relu",
    size=same,
    mean=same,
    kept=constant,
    even=same,
    apply=_entries,
    slope=STEP,
    vanishes=True,
    positive=True,
)


def relu(x: Expression) -> Expression:
    """max(x, 0), entry by entry: half of x is kept, the other half is |x|, whose mean does not vanish."""
    return of_entries(RELU, x)
