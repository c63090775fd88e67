"""relu(x) = max(x, 0) = x/2 + |x|/2: homogeneous of degree one, with a mean of the size of x."""

from __future__ import annotations

from typing import Final

from gamma_calc.exponents.orders.order import order
from gamma_calc.language.expression import Expression
from gamma_calc.operations.elementwise import Elementwise, Function

STEP: Final = Function(
    "step",
    kept=lambda size: -size,
    mean=lambda _: order(0),
    rest=lambda _: order(0),
    apply=lambda x: (x > 0).to(x.dtype),
)
RELU: Final = Function(
    "relu",
    kept=lambda _: order(0),
    mean=lambda size: size,
    rest=lambda size: size,
    apply=lambda x: x.clamp(min=0),
    slope=STEP,
)


def relu(x: Expression) -> Expression:
    """max(x, 0), entry by entry: half of x is kept, the other half is |x|, whose mean does not vanish."""
    return Elementwise(RELU, x)
