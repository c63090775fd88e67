"""sign(x): what is left of a vector when its entries keep their signs alone."""

from __future__ import annotations

from typing import Final

from gamma_calc.exponents.orders.order import order
from gamma_calc.language.expression import Expression
from gamma_calc.operations.elementwise import Elementwise, Function, nothing

SIGN: Final = Function(
    "sign",
    kept=lambda size: -size,
    mean=nothing,  # an odd function of a symmetric variable
    rest=lambda _: order(0),
    apply=lambda x: x.sign(),
)


def sign(x: Expression) -> Expression:
    """The sign of every entry: each component of x divided by the size of x, and a rest that is along none of them."""
    return Elementwise(SIGN, x)
