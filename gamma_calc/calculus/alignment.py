"""The loss-aligned size: how much of a quantity lies along the gradient of the loss."""

from __future__ import annotations

from gamma_calc.calculus.contractions import overlap_of
from gamma_calc.calculus.dims import Shape
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Value
from gamma_calc.exponents import MINUS_INFINITY, Order, largest, minimum


def aligned(value: Value, gradient: Value, shape: Shape, premises: Premises) -> Order:
    """The order of <x, G> / (N |G|), with N entries and root mean square |G|: a fully aligned Theta(1) x has order 0.

    -oo where either is identically zero. Where G may be less than it counts for, each part of it is divided by what is
    there at least beside it, and the answer is a bound, no larger than x.
    """
    if value.is_zero or gradient.is_zero:
        return MINUS_INFINITY
    if gradient.least is None:
        return overlap_of(value, gradient, shape, premises) - gradient.order
    parts = ((Value({d: size}, gradient.power), gradient.beside(size)) for d, size in gradient.components.items())
    most = largest(overlap_of(value, part, shape, premises) - length for part, length in parts)
    return minimum(most, value.order)
