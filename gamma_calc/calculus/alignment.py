"""The loss-aligned size: how much of a quantity lies along the gradient of the loss."""

from __future__ import annotations

from gamma_calc.calculus.contractions import overlap_of
from gamma_calc.calculus.dims import Shape
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Value
from gamma_calc.exponents import MINUS_INFINITY, Order


def aligned(value: Value, gradient: Value, shape: Shape, premises: Premises) -> Order:
    """The order of <x, G> / (N |G|), with N entries and root mean square |G|: a fully aligned Theta(1) x has order 0.

    -oo where either is identically zero.
    """
    if value.is_zero or gradient.is_zero:
        return MINUS_INFINITY
    return overlap_of(value, gradient, shape, premises) - gradient.order
