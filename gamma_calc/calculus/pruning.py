"""Which components of a value matter: those that exceed what the others show along them by chance.

A vector of size n^c has a projection of order c + overlap on any direction it was not made from. A component that is
no larger than such a projection of another one can be left out: whatever it is contracted with, the other component
gives at least as much, and after a matrix the same holds for the images. Every rule of ``contraction.py`` respects
this, so leaving it out changes no order, and it is what keeps deep programs small.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache, lru_cache, partial
from itertools import chain
from types import MappingProxyType
from typing import Final

from gamma_calc.calculus.bends import most_shared
from gamma_calc.calculus.dims import Shape
from gamma_calc.calculus.direction import Direction, changing_orders
from gamma_calc.calculus.kinship import Component, Kindred
from gamma_calc.calculus.premises import EVERYWHERE, Comparison
from gamma_calc.calculus.showing import shows_in
from gamma_calc.calculus.sign import Places, zero_sets
from gamma_calc.calculus.value import Value
from gamma_calc.exponents import MINUS_INFINITY, Order, largest, level, look, maximum

NOWHERE: Final[Places] = frozenset()


def prune_dominated(value: Value, shape: Shape, orders: Comparison, *, zeros_show: bool = False) -> Value:
    """The value without the components that another one covers, as orders are compared where they are read.

    Where zeros show (an optimiser divides entry by entry), none is covered by what is zero at some of its entries.
    """
    if len(value.components) < 2:
        return value
    return _undominated(tuple(value.components.items()), value.power, shape, orders, zeros_show)


@lru_cache(maxsize=8192)
def _undominated(
    components: tuple[Component, ...], power: int, shape: Shape, orders: Comparison, zeros_show: bool
) -> Value:
    """The answer for components in this order: programs of one layer ask it of the same sums again and again."""
    kept = dict(components)
    zeros = {direction: zero_sets(direction) if zeros_show else NOWHERE for direction in kept}
    kindred = Kindred.among(sorted(components, key=_by_level, reverse=True), showing=True)
    by_chance = cache(partial(_by_chance, kindred, _chance(shape), orders))
    for direction, size in components:
        look()
        strangers = by_chance(size) if kindred.has_strangers(direction) else ()
        those = chain(strangers, kindred.near(direction))
        rest = ((d, o) for d, o in those if d is not direction and d in kept and zeros[d] <= zeros[direction])
        rivals = (one for one in rest if orders.may_be_below(size, one[1]))
        if any(_dominates(one, (direction, size), shape, power, orders) for one in rivals):
            del kept[direction]
    return Value(MappingProxyType(kept), power)


def _by_chance(kindred: Kindred, chance: Order, orders: Comparison, size: Order) -> list[Component]:
    """The components that may cover one of a size though they show no more of it than by chance, as those no kin do.

    It is asked by their sizes, of which a long value has few.
    """
    if not orders.may_be_below(size, kindred.largest, chance):
        return []
    sizes = kindred.by_size.items()
    return [one for other, those in sizes if orders.may_be_below(size, other, chance) for one in those]


def _chance(shape: Shape) -> Order:
    """What a direction shows at most of one that is no kin: they differ on an axis that is not fixed."""
    return largest(dim.independent_overlap for dim in shape if not dim.is_fixed)


def projection_order(value: Value, direction: Direction, shape: Shape, orders: Comparison = EVERYWHERE) -> Order:
    """The order of the value along a direction where orders are read, chance projections of others included."""
    best = value.components.get(direction, MINUS_INFINITY)
    for d, size in sorted(value.components.items(), key=_by_level, reverse=True):
        if orders.nowhere_above(size, best):  # none shows more than it is
            continue
        known = best.number is not None and size.number is not None
        best = maximum(best, size + shows_in(d, direction, shape, best - size if known else MINUS_INFINITY))
    return best


def _by_level(component: Component) -> Fraction:
    return level(component[1])


def _dominates(other: Component, one: Component, shape: Shape, power: int, orders: Comparison) -> bool:
    """Is one component nowhere above what another shows of it? Beside the small entries of a power more of it shows.

    So it does where a saturated function bends on the very entries that a component is on (``calculus/bends.py``).
    """
    (by, other_size), (direction, bare) = other, one
    size = bare + most_shared(direction, by)
    floor = MINUS_INFINITY
    if size.number is not None and other_size.number is not None:
        if other_size.number < size.number:
            return False  # none shows more than it is
        floor = (size - other_size) / power
    elif _is_refuted(other, (direction, size), shape, power, orders):
        return False
    shown = shows_in(by, direction, shape, floor) * power
    return orders.may_be_below(size, other_size, shown) and orders.nowhere_above(size, other_size + shown)


def _is_refuted(other: Component, one: Component, shape: Shape, power: int, orders: Comparison) -> bool:
    """Does one component show too little of another at a point? There sizes are numbers, and few steps are taken."""
    number = orders.hardest(one[1], other[1])
    if number is None:
        return False
    at_point = _reading_at(orders, number)
    by, direction = at_point(other[0]), at_point(one[0])
    if by == other[0] and direction == one[0]:
        return False  # what is shown is no function of exponents
    most, size = orders.read_at(other[1], number), orders.read_at(one[1], number) + most_shared(direction, by)
    if most.number is None or size.number is None:
        return False
    there = most + shows_in(by, direction, shape, (size - most) / power) * power
    return there.is_zero_quantity or (there.number is not None and there.number < size.number)


@lru_cache(maxsize=64)
def _reading_at(orders: Comparison, number: int) -> Callable[[Direction], Direction]:
    """Directions with the values of their orders at a point."""
    return cache(changing_orders(cache(partial(orders.read_at, number=number))))
