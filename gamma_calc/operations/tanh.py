"""tanh(x): linear while x is small, a sign where it is large."""

from __future__ import annotations

from typing import Final

from gamma_calc.calculus.function import Function, nothing
from gamma_calc.exponents import Order, maximum, minimum, order
from gamma_calc.language.expression import Array, Expression
from gamma_calc.operations.batch_function import of_entries


def _saturation(size: Order) -> Order:
    """The share of entries of x at which tanh still bends, once x is large."""
    return -maximum(0, size)


def _bounded(size: Order) -> Order:
    return minimum(0, size)


def _cubic(size: Order) -> Order:
    return 3 * minimum(0, size)


def _slope_size(size: Order) -> Order:
    return _saturation(size) / 2


def _slope_square(size: Order) -> Order:
    return 2 * minimum(0, size) + _saturation(size)


def _entries(x: Array) -> Array:
    return x.tanh()


def _slope(x: Array) -> Array:
    return 1 - x.tanh() ** 2


SECH2: Final = Function(
    "tanh'",
    size=_slope_size,
    mean=_saturation,
    kept=nothing,  # an even function keeps no part of its argument
    even=_slope_square,
    apply=_slope,
    at_zero=order(0),
    positive=True,
    idempotent=True,
    saturates=True,
)
TANH: Final = Function(
    "tanh",
    size=_bounded,
    mean=nothing,  # an odd function of a symmetric variable
    kept=_saturation,
    odd=_cubic,
    apply=_entries,
    slope=SECH2,
    saturates=True,
)


def tanh(x: Expression) -> Expression:
    """tanh, entry by entry: x itself up to a cubic rest while |x| is small, its sign where it is large."""
    return of_entries(TANH, x)
