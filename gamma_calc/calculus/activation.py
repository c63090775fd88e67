"""The direction of phi(x): what it has of its argument, relative to its size, and the size that it counts with."""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.calculus.bends import concentration_of, shared_by
from gamma_calc.calculus.direction import (
    ONES,
    Activation,
    Direction,
    VectorDirection,
    as_vector,
    bends,
    by_place,
    factors,
    within,
)
from gamma_calc.calculus.entrywise_products import concentration
from gamma_calc.calculus.function import Function
from gamma_calc.calculus.overlap import moment
from gamma_calc.calculus.value import Value
from gamma_calc.exponents import Order, at_most, largest, maximum, minimum


def activation(function: Function, site: str, x: Value, whole: Order | None = None) -> Activation:
    """The direction of phi(x), which knows what x is made of; ``whole`` is its size, where an average has another."""
    size = counted(function, x)
    bending = function.bending(size, x.power)
    whole = function.size(bending) if whole is None else whole
    kept = function.kept(bending) + size if x.power == 1 else minimum(function.kept(bending) + size, whole)
    sizes = function.mean(bending), kept, function.even(bending), function.odd(bending)
    mean, slope, even, odd = (moment - whole for moment in sizes)
    return Activation(function, site, (mean, slope, even, odd), frozenset(parts_of(function, site, x, size)))


def parts_of(function: Function, site: str, x: Value, size: Order) -> Iterator[tuple[VectorDirection, Order]]:
    """What x is made of, each relative to its size, and its mean. Where a power is small, what is smaller shows.

    What is on the entries at which the function bends alone is met by a slope of order one, not by that on average.
    """
    relative = x.times(-size)
    if size != x.order:  # some are larger than what it counts with
        relative = relative.mapped(lambda share: minimum(0, share))
    if function.saturates and not function.positive:
        relative = Value({d: _where_it_bends(x, d, share, size) for d, share in relative.components.items()}, x.power)
    found = [(within(as_vector(d), frozenset((site,))), share / x.power) for d, share in relative.components.items()]
    mean = largest(size + moment(factors(part)) for part, size in found)
    yield from (pair for pair in found if pair[0] != ONES)
    if not mean.is_zero_quantity:
        yield ONES, mean


def _where_it_bends(x: Value, direction: Direction, share: Order, size: Order) -> Order:
    """The share of a part of x, or how much of it a saturated function shows where the part is: no more than all."""
    argument = {by_place(as_vector(d)): o for d, o in x.components.items() if not bends(as_vector(d))}
    for f in bends(as_vector(direction)) if argument else ():
        raised = share + minimum(shared_by(f, argument), maximum(0, size))
        share = maximum(share, minimum(raised, -concentration_of(f)))
    return share


def counted(function: Function, x: Value) -> Order:
    """The order of x that a function counts with: where it bends less the larger x is, no more than there is at least.

    Below order one it bends everywhere. An example: x may be n^(1/2), or the n^1 that it counts for; then at most
    n^(-1/4) of tanh'(x) is left, and not n^(-1/2).
    """
    if not function.saturates:
        return x.order
    known = largest(shown_at_most(direction, size) for direction, size in x.components.items())
    return known if x.least is None else at_most(known, maximum(0, x.least))


def shown_at_most(direction: Direction, size: Order) -> Order:
    """How large a part is for a function of order one: of what is on few entries alone, no more than their share.

    Those that a step has moved so, by more than order one, land where the function bends again as often as not far from
    it: of entries at a distance of order log n some land near 0, so that no fewer bend than before, but for a factor of
    log n.
    """
    few = concentration(direction)
    return size if few == 0 else at_most(size, -few)
