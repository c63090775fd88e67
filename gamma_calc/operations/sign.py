"""sign(x): what is left of a vector when its entries keep their signs alone."""

from __future__ import annotations

from typing import Final

from gamma_calc.calculus.function import Function, constant, nothing, reciprocal
from gamma_calc.language.expression import Array, Expression
from gamma_calc.operations.elementwise import Elementwise


def _entries(x: Array) -> Array:
    return x.sign()


SIGN: Final = Function(
    "sign",
    size=constant,
    mean=nothing,  # an odd function of a symmetric variable
    kept=reciprocal,
    odd=constant,
    apply=_entries,
)


def sign(x: Expression) -> Expression:
    """The sign of every entry: each component of x divided by the size of x, and a rest that is along none of them."""
    return Elementwise(SIGN, x)
