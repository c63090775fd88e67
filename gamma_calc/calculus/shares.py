"""The shares of the entries of a vector at which larger parts of it are zero, so that what is smaller is all there is.

An example: n^1 relu(u) + v is v at half of its entries, those at which u is negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import chain, combinations
from typing import Final

from gamma_calc.calculus.activation import activation, counted
from gamma_calc.calculus.direction import ONES, Activation, Direction, VectorDirection
from gamma_calc.calculus.entrywise_products import entrywise_product
from gamma_calc.calculus.function import Function, constant, reciprocal
from gamma_calc.calculus.mask_times import OFF_THERE
from gamma_calc.calculus.sign import Place, masks_in, zero_sets
from gamma_calc.calculus.value import Value
from gamma_calc.exponents import MINUS_INFINITY, Order, nowhere_above, order

Masks = Mapping[Direction, Mapping[Place, Activation]]


@dataclass(frozen=True)
class Share:
    """A share of the entries of a vector, told by a direction that lives on them, and what the vector is made of there.

    An example: of n^1 relu(u) + v, which is v at half of its entries, these are those at which step(u) is zero.
    """

    entries: VectorDirection
    site: str
    x: Value
    masks: Masks
    places: frozenset[Place] = frozenset()

    def of(self, part: Value) -> Value:
        """What a part of the vector is there."""
        return left_at(part, self.masks, self.places)

    def off(self, place: Place) -> VectorDirection:
        """What tells the entries at which functions at a place vanish; where they are only small, nearly all are."""
        f = next((those[place] for those in self.masks.values() if place in those), None)
        if f is None or not f.function.vanishes:
            return ONES
        known = Value(dict(f.parts) or {ONES: order(0)})  # of one that goes by its place no parts are known
        made = activation(OFF, f"{f.site}{OFF_THERE}", known)
        parts, times = made.parts if f.parts else f.parts, frozenset({place.time})
        return replace(made, parts=parts, steps_ago=f.steps_ago, times=times)


OFF: Final = Function(  # one where a relu is zero, zero where it is not
    "off",
    size=constant,
    mean=constant,
    kept=reciprocal,
    odd=constant,
    apply=lambda x: x <= 0,
    vanishes=True,
    positive=True,
    idempotent=True,
)


def shares(site: str, x: Value) -> Iterator[Share]:
    """All entries of a vector, and where its larger parts are zero, or negligible: what is smaller is all there is."""
    found = masks_in(x).items()
    masks = {d: {place: f for place, f in those.items() if not _is_own(place, site)} for d, those in found}
    whole = Share(ONES, site, x, masks)
    yield whole
    yield from _shares(whole)


def _shares(whole: Share) -> Iterator[Share]:
    """The shares of a share, where the functions at other places are zero too."""
    x, known = whole.x, frozenset(map(mask_at, whole.places))
    those = {d: whole.masks[d] for d in x.components}
    free = {d: {p: f for p, f in found.items() if mask_at(p) not in known} for d, found in those.items()}
    for places in sorted({*_single(x, free), *_hiding(x, free), *_jointly(x, free)}):
        entries = all_together((whole.off(place) for place in places), whole.entries)
        site = f"{whole.site} off {' '.join(chain(*places))}"
        here = Share(entries, site, left_at(x, whole.masks, places), whole.masks, whole.places.union(places))
        yield here
        yield from _shares(here)


def is_one_share(site: str, x: Value) -> bool:
    """Has a part that leads no mask of another place, so that nowhere something smaller is all there is?"""
    leads = (direction for direction, size in x.components.items() if nowhere_above(x.order, size))
    return x.is_zero or any(all(_is_own(place, site) for place in zero_sets(one)) for one in leads)


def size_on(function: Function, share: Share) -> Order:
    """That of a function on a share of the entries."""
    return function.size(function.bending(counted(function, share.x), share.x.power))


def _is_own(place: Place, site: str) -> bool:
    return mask_at(place).site in site


def mask_at(place: Place) -> Place:
    """The function that is zero at a place or nowhere else."""
    return place._replace(site=place.site.removesuffix(OFF_THERE))


def all_together(those: Iterable[VectorDirection], first: VectorDirection = ONES) -> VectorDirection:
    return reduce(lambda one, two: entrywise_product(one, two)[0], those, first)


def _single(x: Value, masks: Masks) -> Iterator[tuple[Place, ...]]:
    """The places at each of which a vector is smaller than elsewhere, somewhere at least."""
    places = ((place,) for place in frozenset().union(*masks.values()))
    return (one for one in places if not nowhere_above(x.order, left_at(x, masks, one).order))


def _hiding(x: Value, masks: Masks, places: tuple[Place, ...] = ()) -> Iterator[tuple[Place, ...]]:
    """Places at which all that leads is zero: where relu(u) - relu(v) is, both are."""
    left = left_at(x, masks, places)
    if not nowhere_above(x.order, left.order):
        yield places
        return
    leads = next((d for d, size in left.components.items() if nowhere_above(x.order, size)), None)
    for place in masks[leads] if leads is not None else ():
        if mask_at(place) not in map(mask_at, places):
            yield from _hiding(x, masks, tuple(sorted((*places, place))))


def _jointly(x: Value, masks: Masks) -> Iterator[tuple[Place, ...]]:
    """The places of several masks of one part that leads: their product is zero where any is, and where all are.

    What a function made on a share of its entries is told by that share.
    """
    leads = (d for d, size in x.components.items() if nowhere_above(x.order, size))
    for places in (tuple(sorted(place for place in masks[d] if mask_at(place) == place)) for d in leads):
        if len(places) > 1 and not nowhere_above(x.order, left_at(x, masks, places).order):
            yield from (some for count in range(2, len(places) + 1) for some in combinations(places, count))


def left_at(x: Value, masks: Masks, places: Iterable[Place]) -> Value:
    """What a vector is where the functions at these places vanish."""
    there = {d: size for d, size in x.components.items() if masks[d].keys().isdisjoint(places)}
    return Value(there, x.power, None if x.least is None else MINUS_INFINITY)
