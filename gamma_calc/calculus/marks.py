"""Where a function of entries counts for more than it may be, so that its order is an upper bound."""

from __future__ import annotations

from gamma_calc.calculus.activation import activation
from gamma_calc.calculus.bends import has_bend, may_bend_apart
from gamma_calc.calculus.cancelling import shows_itself
from gamma_calc.calculus.dims import Shape
from gamma_calc.calculus.direction import UNIT, Activation, Direction, as_vector, factors
from gamma_calc.calculus.function import Function
from gamma_calc.calculus.value import Value
from gamma_calc.exponents import EVERYTHING, NOTHING, Region, largest, maximum, order, where


def on_few(slope: Function | None, shape: Shape, x: Value) -> Region:
    """Where a slope is large on so few entries that of finitely many none may be among them: nothing is left of it."""
    if slope is None or not (slope.saturates and slope.positive):
        return NOTHING
    longest = largest((order(0), *(dim.exponent for dim in shape)))
    return where(order(0), "<", x.order) & where(longest, "<=", order(0))


def blurred(function: Function, x: Value) -> Region:
    """Where a power of an entry is small, how small decides what it bends, and what else shows there.

    And where a function saturates, it is a sign of a mask and of what this is a mask of, which can cancel.
    """
    if x.power == 1 and shows_itself(x.components):
        return where(order(0), "<", x.order) if function.saturates else NOTHING if function.slope else EVERYTHING
    if x.power == 1:
        return NOTHING
    return EVERYTHING if len(x.components) > 1 else where(order(0), "<", x.order) if function.saturates else NOTHING


def unsure(x: Value) -> Region:
    """Where a function that saturates bends on fewer entries than it counts for, if x is no smaller than that."""
    return NOTHING if x.least is None else where(maximum(0, x.least), "<", x.order)


def bent_apart(function: Function, site: str, x: Value) -> Region:
    """Where what other slopes made counts as on the entries at which the function bends, and may not be on these."""
    return EVERYTHING if may_bend_apart(slopes_of_bends(function, site, x), x.components) else NOTHING


def slopes_of_bends(function: Function, site: str, x: Value) -> tuple[Direction, ...]:
    """The slope of a function that has parts on few entries alone in its argument."""
    slope = function if function.positive else function.slope
    if slope is None or not slope.saturates or not any(map(has_bend, x.components)):
        return ()
    return (activation(slope, site, x),)


def bends_less(function: Function) -> bool:
    """Has a function, or its slope, fewer entries to bend at the larger its argument is?"""
    return function.saturates or (function.slope is not None and function.slope.saturates)


def has_one_sign(direction: Direction) -> bool:
    """Is a direction made of means and of functions that are nowhere negative?"""
    return direction != UNIT and all(
        isinstance(f, Activation) and _is_one_sided(f) for f in factors(as_vector(direction))
    )


def _is_one_sided(f: Activation) -> bool:
    """Is a function nowhere negative, or of what has one sign?"""
    of_one_sign = bool(f.parts) and all(has_one_sign(part) for part, _ in f.parts)
    return f.function.positive or (f.function.starts_at_zero and of_one_sign)
