"""relu(x) = max(x, 0) = x/2 + |x|/2: homogeneous of degree one, with a mean of the size of x."""

from __future__ import annotations

from typing import Final

from gamma_calc.language.expression import Array, Expression
from gamma_calc.operations.elementwise import Elementwise, Function, constant, reciprocal, same


def _step(x: Array) -> Array:
    return (x > 0).to(x.dtype)


def _entries(x: Array) -> Array:
    return x.clamp(min=0)


STEP: Final = Function(
    "step",
    kept=reciprocal,
    mean=constant,
    rest=constant,
    apply=_step,
)
RELU: Final = Function(
    "relu",
    kept=constant,
    mean=same,
    rest=same,
    apply=_entries,
    slope=STEP,
)


def relu(x: Expression) -> Expression:
    """max(x, 0), entry by entry: half of x is kept, the other half is |x|, whose mean does not vanish."""
    return Elementwise(RELU, x)
