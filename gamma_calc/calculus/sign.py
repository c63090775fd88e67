"""Entrywise normalisation: sign(x), and what sign-like optimisers make of a gradient.

sign of a sum of components keeps each, divided by the largest, and adds a remainder of size 1 that is along none of
them. For a matrix the remainder can be in the rows, in the columns, or in both: sign(u w^T) = sign(u) sign(w)^T.

Wherever a remainder comes, the components that made it come too, at its order and with at least its coherence, so it
decides no order, unless one of them is annihilated by construction. Only then is it kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from gamma_calc.calculus.bends import has_bend, smaller_by
from gamma_calc.calculus.direction import (
    EARLIER,
    Activation,
    Direction,
    Entrywise,
    FreshImage,
    GivenVector,
    Noise,
    Outer,
    Residual,
    VectorDirection,
    as_vector,
    by_place,
    factors,
    is_matrix,
    product_of,
)
from gamma_calc.calculus.entrywise_products import concentration
from gamma_calc.calculus.lemmas import SIGN_FRESH, SIGN_KEPT
from gamma_calc.calculus.parity import is_even
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.exponents import MINUS_INFINITY, Order, largest, level, maximum, minimum


class Place(NamedTuple):
    """Where a function is of entries: at a site, in a version that is told from others there, at a time."""

    site: str
    version: str
    time: str


Places = frozenset[Place]
ZeroSets = Mapping[Direction, Places]

SIGNED: Final = (GivenVector, FreshImage, Residual, Activation, Entrywise, Noise)  # what has entries of either sign


def normalised(value: Value, site: str | None, floor: Order = MINUS_INFINITY) -> Iterator[Contribution]:
    """The components of x over their own size, entry by entry, with the remainder that the entrywise division makes.

    ``floor`` is the least that anything is divided by, such as an epsilon. ``site`` names the remainder; without one it
    is left out. Where a component is zero, the larger of the others divide: each component is divided by the largest of
    those that are nowhere zero where it is not. Of a power more entries are small, and at those what is smaller shows.
    What is positive everywhere decides, where not all have it, how much of the sum a part is; so does the slope of a
    saturated function beside what has none, and most where that is small on the same entries. What may count for too
    much divides by what is there at least.
    """
    zeros = zero_sets_in(value)
    within = {places: _largest_within(value, zeros, places) for places in set(zeros.values())}
    common = frozenset.intersection(*map(_positive, value.components)) if value.components else frozenset()
    for direction, order in value.components.items():
        dense = _largest_where_it_bends(value, zeros, direction) if has_bend(direction) else MINUS_INFINITY
        if not dense.is_zero_quantity:
            there = (order - maximum(_divisor(value, order, dense), floor)) / value.power
            yield Contribution(direction, minimum(there, -concentration(direction)), SIGN_KEPT)
            continue
        inside = within[zeros[direction]]
        shown = (order - maximum(_divisor(value, order, inside), floor)) / value.power
        yield Contribution(signed(direction), shown, SIGN_KEPT)
        if not _positive(direction) <= common:
            yield Contribution(direction, shown - concentration(direction), SIGN_KEPT)
    for direction, order in _remainders(value, site) if site else ():
        yield Contribution(direction, order - maximum(value.order, floor), SIGN_FRESH)


def _largest_within(value: Value, zeros: ZeroSets, places: Places) -> Order:
    """The largest component that is zero at no other places than these."""
    return largest(size for direction, size in value.components.items() if zeros[direction] <= places)


def _largest_where_it_bends(value: Value, zeros: ZeroSets, bent: Direction) -> Order:
    """The largest component that is zero nowhere, by what it has where the slopes in a direction bend."""
    return largest(size - smaller_by(other, bent) for other, size in value.components.items() if not zeros[other])


def _divisor(value: Value, size: Order, most: Order) -> Order:
    """What divides a component of this size: the most, or what is there at least where that may be less."""
    return most if value.least is None else minimum(most, maximum(size, value.least))


@lru_cache(maxsize=65536)
def zero_sets(direction: Direction) -> Places:
    """The places whose functions are zero, or negligible, on a share of the entries, and so is the direction there."""
    return frozenset(masks(direction))


@lru_cache(maxsize=65536)
def masks(direction: Direction) -> Mapping[Place, Activation]:
    """These functions, by their places."""
    if isinstance(direction, Outer):
        sides = (("rows", direction.left), ("columns", direction.right))
        return {p._replace(site=f"{side} {p.site}"): f for side, one in sides for p, f in masks(one).items()}
    if is_matrix(direction):
        return {}
    activations = (f for f in factors(as_vector(direction)) if isinstance(f, Activation) and f.is_sparse)
    return {Place(f.site, _version(f), time): f for f in activations for time in f.times}


def masks_in(value: Value) -> Mapping[Direction, Mapping[Place, Activation]]:
    """The masks of each part of a value, those of earlier steps told apart by how large the part is.

    What two steps added has the masks of each. Parts of one size hide nothing of each other.
    """
    found = {direction: masks(direction) for direction in value.components}
    if not any(place.time == EARLIER for those in found.values() for place in those):
        return found
    sizes = dict.fromkeys(sorted(value.components.values(), key=level, reverse=True))
    ranks = {size: str(rank) for rank, size in enumerate(sizes)}
    return {d: {_ranked(p, ranks[value.components[d]]): f for p, f in those.items()} for d, those in found.items()}


def zero_sets_in(value: Value) -> ZeroSets:
    """The places of the masks of each part of a value."""
    return {direction: frozenset(those) for direction, those in masks_in(value).items()}


def _ranked(place: Place, rank: str) -> Place:
    return place._replace(time=f"{EARLIER} {rank}") if place.time == EARLIER else place


def _version(f: Activation) -> str:
    """What tells a function from others at its place: whether it is of an earlier sample, and what leads its argument.

    Where something new has come to lead it, relu(x + y) is zero at other entries than relu(x) was. All versions that
    count as one are zero together.
    """
    leading = [] if f.merged else sorted(str(by_place(part)) for part in f.leading)
    return " ".join(["past"] * f.steps_ago + leading)


@lru_cache(maxsize=65536)
def _positive(direction: Direction) -> frozenset[tuple[str, Activation]]:
    """The factors that are positive everywhere and not even, each with the side that it is of.

    An even one is along nothing that single vectors are along, and sums of these are what it is of.
    """
    if isinstance(direction, Outer):
        sides = (("rows", direction.left), ("columns", direction.right))
        return frozenset((side, f) for side, one in sides for _, f in _positive(one))
    those = frozenset() if is_matrix(direction) else factors(as_vector(direction))
    return frozenset(("", f) for f in those if isinstance(f, Activation) and f.is_positive and not is_even(f))


def signed(direction: Direction) -> Direction:
    """The direction of its sign: a factor that is positive everywhere leaves no trace."""
    if isinstance(direction, Outer):
        return Outer(_signed(direction.left), _signed(direction.right))
    return direction if is_matrix(direction) else _signed(as_vector(direction))


def _signed(direction: VectorDirection) -> VectorDirection:
    those = factors(direction)
    kept = frozenset(f for f in those if not (isinstance(f, Activation) and f.is_positive))
    return direction if kept == those else product_of(kept)


def _remainders(value: Value, site: str) -> Iterator[tuple[Outer | Residual, Order]]:
    """Of a vector or a gradient. A scalar has none, and the sign of a random matrix is a random matrix again."""
    outers = [(d, o) for d, o in value.components.items() if isinstance(d, Outer)]
    if not outers:
        if any(isinstance(d, SIGNED) for d in value.components):
            yield Residual(site), value.order
        return
    rows, columns = Residual(f"{site} rows"), Residual(f"{site} columns")
    yield Outer(rows, columns), value.order
    for right, order in _strongest((d.right, o) for d, o in outers):
        yield Outer(rows, right), order
    for left, order in _strongest((d.left, o) for d, o in outers):
        yield Outer(left, columns), order


def _strongest(parts: Iterator[tuple[VectorDirection, Order]]) -> list[tuple[VectorDirection, Order]]:
    by_direction: dict[VectorDirection, list[Order]] = {}
    for direction, order in parts:
        by_direction.setdefault(direction, []).append(order)
    return [(direction, largest(orders)) for direction, orders in by_direction.items()]
