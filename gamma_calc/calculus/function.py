"""A scalar function by what it does to orders: its size, and which moments it has with its argument.

Hypothesis: the entries of x are like independent draws of a symmetric variable of the size of x, sums of independent
parts. Then E[phi(x) u v ...] over k different parts u, v, ... of x is the k-th derivative of phi, averaged, times their
sizes (Stein's identity): ``mean`` for k = 0, ``kept`` for k = 1 (per size of x), ``even`` and ``odd`` for larger k.

An example: relu(x) = x/2 + |x|/2 has a mean and a slope of one half, and moments with two, four, ... parts; those with
three, five, ... vanish, since |x| is even and x has no third derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gamma_calc.exponents import MINUS_INFINITY, Order, maximum, minimum, nowhere_above, order


def constant(_: Order) -> Order:
    """Of a function that is of order one whatever the size of x."""
    return order(0)


def same(size: Order) -> Order:
    """Of a function that is as large as x."""
    return size


def reciprocal(size: Order) -> Order:
    """Of a function whose factor on x makes it of order one."""
    return -size


def nothing(_: Order) -> Order:
    """Of a function that has no such part."""
    return MINUS_INFINITY


@dataclass(frozen=True, slots=True)
class Function:
    """A scalar function; ``size`` and every moment are maps of the order of |x| (named ones, so that it pickles).

    ``kept`` is the factor on a part of x that stays along it. ``vanishes`` says that phi is zero on a fixed share of
    the entries; ``positive`` that it has no sign of its own; ``idempotent`` that powers of it have its moments;
    ``saturates`` that it bends where |x| is at most of order one alone.
    """

    name: str
    size: Callable[[Order], Order]
    mean: Callable[[Order], Order]
    kept: Callable[[Order], Order]
    apply: Callable[[Any], Any]
    even: Callable[[Order], Order] = nothing
    odd: Callable[[Order], Order] = nothing
    slope: Function | None = None
    at_zero: Order = MINUS_INFINITY  # the order of phi(0)
    vanishes: bool = False
    positive: bool = False
    idempotent: bool = False
    saturates: bool = False

    @property
    def is_bounded(self) -> bool:
        """Is it of order one at most, however large its argument is?"""
        return nowhere_above(self.size(order(1)), order(0))

    @property
    def starts_at_zero(self) -> bool:
        """Is it zero where its argument is, and small where that is?"""
        return self.slope is not None and self.at_zero.is_zero_quantity

    def bending(self, size: Order, power: int) -> Order:
        """The size of x that leaves phi as many entries to bend at as it has: fewer of a power of x are large."""
        return minimum(0, size) + maximum(0, size) / power if self.saturates and power > 1 else size

    def __str__(self) -> str:
        return self.name
