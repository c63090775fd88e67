"""Where saturated functions bend: on few entries, which two have in common where their arguments vanish there.

tanh(n^a u) bends where u is at most n^-a, on a share n^-a of the entries, and there its slope is of order one. So what
is on those very entries, as the slope is of any function of an argument that u leads, is met with a slope of order one,
and not with n^-a, the mean over all entries. Parts in which the arguments differ by n^c, c > 0, move the entries apart:
on a share n^-c of what they would have in common they still agree.

An example: tanh'(n^a u) tanh'(n^a u + v) is of order one on a share n^-a of the entries, and not on n^-2a.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain, product

from gamma_calc.calculus.direction import (
    ONES,
    Activation,
    Direction,
    FixedAxis,
    FreshImage,
    Outer,
    VectorDirection,
    as_vector,
    by_place,
    factors,
    is_matrix,
    origin,
    vanish_with,
)
from gamma_calc.exponents import Order, Region, largest, maximum, minimum, nowhere_above, order, where

Names = frozenset[Hashable]
Parts = Mapping[VectorDirection, Order]  # of an argument, by their size


@lru_cache(maxsize=65536)
def concentration_of(one: Activation) -> Order:
    """How much larger its square is than an activation's size says: its few entries are large where it is sparse."""
    mean, kept, *_ = one.moments
    share = maximum(mean, kept)
    return order(0) if share.is_zero_quantity else -share


def is_bend(one: Activation) -> bool:
    """Is it the slope of a saturated function, so that it is small nearly everywhere?"""
    return one.function.saturates and one.is_sparse


@lru_cache(maxsize=65536)
def bend_together(one: Activation, two: Activation) -> bool:
    """Do two slopes bend at entries that they have in common by more than chance?"""
    is_past = one.site == two.site and one.steps_ago != two.steps_ago  # of two samples
    if is_past or not (is_bend(one) and is_bend(two)):
        return False
    both = minimum(_size(one), _size(two))
    return vanish_alike(one.leading, two.leading) and not nowhere_above(both, entries_apart(one, two))


def bend_as_one(ours: Iterable[Direction], theirs: Iterable[Direction]) -> Iterator[tuple[Activation, Activation]]:
    """Each slope in the one and in the other that count as one where they meet."""
    both = ([f for d in side for f in _bends_of_sides(d)] for side in (ours, theirs))
    return ((f, g) for f, g in product(*both) if bend_together(f, g))


def may_bend_apart(ours: Iterable[Direction], theirs: Iterable[Direction]) -> bool:
    """Do slopes at two places in these count as one that may bend at other entries than each other?

    Arguments that are sums of the same may be multiples of each other, or not: u + v is small where u + 2 v is not. So
    are images of any two vectors of a fixed axis, as these have one name.
    """
    return any(f.site != g.site and not _is_multiple(f, g) for f, g in bend_as_one(ours, theirs))


def bend_apart_since(one: Activation, two: Activation, moved: Parts) -> Region:
    """Where two slopes at one place count as one, and what has moved their argument may have moved the entries.

    What is known by its order alone may have been there before, and have moved all the same: u + v is u + 2 v then.
    """
    vanishing = _common([*one.leading, *two.leading])
    most = minimum(_size(one), _size(two))
    far = largest(size for d, size in moved.items() if not has_bend(d) and vanishing.isdisjoint(zero_names(d)))
    return where(entries_apart(one, two), "<", minimum(most, far))


def _is_multiple(one: Activation, two: Activation) -> bool:
    """Does one factor lead both arguments, by itself?"""
    names = _common([*one.leading, *two.leading])
    return any(not (isinstance(name, FreshImage) and isinstance(name.origin, FixedAxis)) for name in names)


@lru_cache(maxsize=65536)
def entries_apart(one: Activation, two: Activation) -> Order:
    """By how much fewer entries two slopes bend at together than each: all that they have in common, at most."""
    return minimum(difference(_argument(one), _argument(two)), _size(one), _size(two))


def difference(one: Parts, two: Parts) -> Order:
    """The size by which two arguments differ where what leads both vanishes; 0 where that is less than order one.

    What is itself on few entries alone moves no others, nor does what vanishes there too.
    """
    leading = _leading(one) | _leading(two)
    common = _common(leading)
    apart = ((d, size) for x, other in ((one, two), (two, one)) for d, size in x.items() if d not in other)
    moving = (size for d, size in apart if d not in leading and not has_bend(d) and common.isdisjoint(zero_names(d)))
    return largest((order(0), *moving))


def shared_by(bend: Activation, argument: Parts) -> Order:
    """What a slope and a function of this argument have in common by more than chance, where both bend; 0 for nothing.

    It is how much larger the function's own slope is there than on average.
    """
    whole = largest(argument.values())
    if nowhere_above(whole, order(0)) or not vanish_alike(list(_leading(argument)), bend.leading):
        return order(0)
    return maximum(0, minimum(whole, _size(bend)) - difference(argument, _argument(bend)))


def most_shared(one: Direction, beside: Direction) -> Order:
    """By how much more a function may show of a direction than its size says, beside what has no such slope.

    What is an image may come back through its matrix.
    """
    shown = _bends_within(one)
    if not shown:
        return order(0)
    sites = {f.site for f in _bends_within(beside)}
    return largest((order(0), *(_size(f) for f in shown if f.site not in sites)))


def has_bend(direction: Direction) -> bool:
    """Is a direction on the entries alone at which some function bends?"""
    return any(True for _ in _bends_in(direction))


@lru_cache(maxsize=65536)
def smaller_by(one: Direction, where: Direction) -> Order:
    """By how much a direction is smaller where the slopes in another one bend."""
    side = one.left if isinstance(one, Outer) else one
    if is_matrix(side):
        return order(0)
    alike = (f for f in _bends_in(where) if vanish_alike([as_vector(side)], f.leading))
    return largest((order(0), *map(_size, alike)))


@lru_cache(maxsize=65536)
def _bends_within(direction: Direction) -> tuple[Activation, ...]:
    """The slopes in a direction, or in what it is an image of."""
    side = direction.left if isinstance(direction, Outer) else direction
    return () if is_matrix(side) else tuple(_bends_in(origin(as_vector(side))))


def _bends_of_sides(direction: Direction) -> Iterator[Activation]:
    """The slopes in a vector, or in both of an update."""
    sides = (direction.left, direction.right) if isinstance(direction, Outer) else (direction,)
    return chain.from_iterable(map(_bends_in, sides))


def _bends_in(direction: Direction) -> Iterator[Activation]:
    if isinstance(direction, Outer):
        yield from _bends_in(direction.left)
    elif not is_matrix(direction):
        yield from (f for f in factors(as_vector(direction)) if isinstance(f, Activation) and is_bend(f))


def vanish_alike(one: Iterable[VectorDirection], two: Iterable[VectorDirection]) -> bool:
    """Are two arguments small at the same entries: by one factor of all that leads them, or as sums of the same?"""
    ours, theirs = [zero_names(part) for part in one], [zero_names(part) for part in two]
    if not ours or not theirs:
        return False
    return bool(frozenset.intersection(*ours, *theirs)) or set(ours) == set(theirs)


def vanishes_with(part: VectorDirection, one: Activation) -> bool:
    """Is a part zero where all that leads the argument of a function is, by one factor of it?"""
    return not _common(one.leading).isdisjoint(zero_names(part))


def _common(those: Collection[VectorDirection]) -> Names:
    """What all of these are zero with."""
    return frozenset.intersection(*map(zero_names, those)) if those else frozenset()


def zero_names(part: VectorDirection) -> Names:
    """What a part is zero with, functions by their place."""
    return frozenset(f.place if isinstance(f, Activation) else by_place(f) for f in vanish_with(part))


def _size(bend: Activation) -> Order:
    """The size of what a slope is of: it bends on a share as small."""
    return 2 * concentration_of(bend)


@lru_cache(maxsize=65536)
def _argument(bend: Activation) -> Parts:
    return {by_place(part): size + _size(bend) for part, size in bend.parts}


def _leading(argument: Parts) -> frozenset[VectorDirection]:
    whole = largest(argument.values())
    return frozenset(part for part, size in argument.items() if size == whole and part != ONES)
