"""The loss-aligned size: how much of a quantity lies along the gradient of the loss."""

from __future__ import annotations

from gamma_calc.calculus.direction import Direction, Letter, Outer, overlap
from gamma_calc.calculus.value import Value
from gamma_calc.language.dims import Shape
from gamma_calc.orders.order import MINUS_INFINITY, Order, largest, order


def aligned(value: Value, gradient: Value, shape: Shape) -> Order:
    """The order of <x, G> / (N |G|), with N entries and root mean square |G|: a fully aligned Theta(1) x has order 0.

    -oo where either is identically zero.
    """
    if value.is_zero or gradient.is_zero:
        return MINUS_INFINITY
    inner = largest(
        a + b + _overlap(u, v, shape)
        for u, a in value.components.items()
        for v, b in gradient.components.items()
    )
    return inner - gradient.order


def _overlap(u: Direction, v: Direction, shape: Shape) -> Order:
    if u == v:
        return order(0)
    if isinstance(u, Outer) and isinstance(v, Outer):
        return overlap(u.left, v.left, shape[0]) + overlap(u.right, v.right, shape[1])
    if isinstance(u, Outer | Letter) or isinstance(v, Outer | Letter) or len(shape) != 1:
        return sum((dim.exponent / -2 for dim in shape), start=order(0))
    return overlap(u, v, shape[0])  # type: ignore[arg-type]
