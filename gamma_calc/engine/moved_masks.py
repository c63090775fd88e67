"""What an optimiser remembers of where a mask was on, once steps have moved the mask.

Lemma: let the gradients of two steps have masks of x and of x + d, with d no larger than x. On a share |d| / |x| of the
entries one mask is on and the other off: as many as x is no larger than d at. There a rule that divides entry by entry
sees the gradient of the one step alone. So of each part of it an update has that share of what it would have of this
gradient by itself; and no more than is left of the part beside what has no such mask.
Where a saturated function bends is a mask as well. Its entries are others once its argument moves by more than order
one, and the same before. Masks of samples that are drawn anew have nothing in common.

An example: w step(x + y) of order n^(-1/4) in a first gradient and v step(x + 2 y) in a second, for Adam. Where
x + y > 0 > x + 2 y the sign is that of w, so the update is along w by n^0, and not by n^(-1/4).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, combinations
from typing import NamedTuple

from gamma_calc.calculus.bends import is_bend, smaller_by
from gamma_calc.calculus.dims import Shape
from gamma_calc.calculus.direction import NOW, Activation, Direction
from gamma_calc.calculus.entrywise_products import concentration
from gamma_calc.calculus.mask_times import turning
from gamma_calc.calculus.pruning import projection_order
from gamma_calc.calculus.sign import Place, ZeroSets, masks, signed, zero_sets, zero_sets_in
from gamma_calc.calculus.value import Value
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.exponents import MINUS_INFINITY, NOTHING, Order, Region, largest, maximum, minimum, order, where
from gamma_calc.language.change import change
from gamma_calc.language.expression import Expression, walk
from gamma_calc.language.program import Program


class SeenApart(NamedTuple):
    """What an update has of a direction where masks have moved, and where that may be less."""

    direction: Direction
    size: Order
    unsure: Region


class MovedShare(NamedTuple):
    """The share of its entries that a mask has moved from, or to, and whether it may be smaller."""

    size: Order
    is_sure: bool


def with_moving_masks(program: Program, gradient: Value, update: Value) -> Value:
    """What an update has of the parts of a gradient that have masks that steps move, by the names that they have there.

    A sign leaves nothing of a slope, which is a mask all the same.
    """
    shown = update.components
    parts = [(d, signed(d) if signed(d) in shown else d) for d in gradient.components]
    named = {d: shown[kept] for d, kept in parts if kept in shown and _moves_in(program, d)}
    others = {d: size for d, size in shown.items() if d not in named and _moves_in(program, d)}
    return Value({**named, **others}, update.power)


def has_moving_masks(program: Program, value: Value) -> bool:
    """Has a value a part with a mask that steps move?"""
    return any(_moves_in(program, direction) for direction in value.components)


def _moves_in(program: Program, direction: Direction) -> bool:
    return any(_moves(program, mask) for mask in masks(direction).values())


def _moves(program: Program, mask: Activation) -> bool:
    return mask.site in program.added or _is_drawn_anew(program, mask.site)


def _is_drawn_anew(program: Program, site: str) -> bool:
    return bool(program.fresh) and any(node.fresh for node in walk([program.functions[site]]))


@dataclass(frozen=True, eq=False)
class MovedMasks:
    """What drives an update, at a step, and the masks in it.

    ``driven`` is what the sign is taken of, and ``kept`` what the update keeps of it.
    """

    here: Evaluation
    shape: Shape
    driven: Value
    kept: Value
    _shares: dict[tuple[Place, bool], MovedShare | None] = field(default_factory=dict)

    @cached_property
    def _zeros(self) -> ZeroSets:
        return zero_sets_in(self.driven)

    def seen(self, alone: Value, *, revived: bool) -> Iterator[SeenApart]:
        """What an update has of parts beyond what it keeps; ``alone``: what it would have of each by its own gradient.

        ``revived``: on entries that a mask has come to, and not on such as it has left.
        """
        for direction, size in alone.components.items():
            kept = self._kept_of(signed(direction), size)
            if not self.here.state.nowhere_above(size, kept):
                yield from self._of(direction, size, kept, revived=revived)

    def _kept_of(self, direction: Direction, wanted: Order) -> Order:
        """What the update keeps along a direction, by itself or by what covers it, as far as it is wanted."""
        kept = self.kept.components.get(direction, MINUS_INFINITY)
        orders = self.here.state.comparison
        if orders.nowhere_above(wanted, kept):
            return kept
        return projection_order(self.kept, direction, self.shape, orders)

    def _of(self, direction: Direction, size: Order, kept: Order, *, revived: bool) -> Iterator[SeenApart]:
        known = {place: mask for place, mask in masks(direction).items() if place.time == NOW}
        for places in chain.from_iterable(combinations(known, count) for count in range(1, len(known) + 1)):
            shares = [share for place in places if (share := self._share(place, known[place], revived=revived))]
            if len(shares) < len(places):
                continue
            most = size + minimum(*(share.size for share in shares))
            beside = self._beside(direction, places)
            shown = most if beside is None else minimum(most, beside, -concentration(direction))
            is_sure = len(places) == 1 and shares[0].is_sure
            if not self.here.state.nowhere_above(shown, kept):
                there = signed(direction) if beside is None else direction
                yield SeenApart(there, shown, NOTHING if is_sure else where(kept, "<", shown))

    def _beside(self, direction: Direction, places: Iterable[Place]) -> Order | None:
        """What is left of a direction beside what has none of some masks, where there is such."""
        zeros = self._zeros.get(direction, zero_sets(direction))
        others = ((d, self._zeros[d], o) for d, o in self.driven.components.items() if d != direction)
        rest = [o - smaller_by(d, direction) for d, z, o in others if z <= zeros and z.isdisjoint(places)]
        if not rest:
            return None
        size = projection_order(self.driven, direction, self.shape, self.here.state.comparison)
        return (size - largest(rest)) / self.driven.power

    def _share(self, place: Place, mask: Activation, *, revived: bool) -> MovedShare | None:
        if (place, revived) not in self._shares:
            self._shares[place, revived] = self._moved(mask, revived=revived)
        return self._shares[place, revived]

    def _moved(self, mask: Activation, *, revived: bool) -> MovedShare | None:
        """The share of the entries that training has moved a mask from, or to; None for none."""
        program, site = self.here.program, mask.site
        if _is_drawn_anew(program, site):
            return MovedShare(order(0), is_sure=True)
        if site not in program.added:
            return None
        x, since = self.here.value(program.functions[site]), program.added[site]
        far, turned = self._movement(since, x, mask, revived=revived)
        moved = far if is_bend(mask) else maximum(far, turned)
        if moved.is_zero_quantity or (is_bend(mask) and self.here.state.nowhere_above(far, order(0))):
            return None
        last = change(program.functions[site])
        is_steady = last is not None and (far, turned) == self._movement(last, x, mask, revived=revived)
        is_sure = is_steady and self.here.overcounted(since).is_empty
        if is_bend(mask):
            return MovedShare(order(0), is_sure and far.number is not None)
        return MovedShare(minimum(0, (moved - x.order) / x.power), is_sure)

    def _movement(self, by: Expression, x: Value, mask: Activation, *, revived: bool) -> tuple[Order, Order]:
        """How far a change moves an argument where that is small; and by what may turn it, but moves nothing there."""
        added = self.here.value(by).components
        moving = {d: size for d, size in added.items() if not (revived and _is_on_mask(d, mask))}
        far = turning(mask, Value(moving))
        return far, largest(size for size in moving.values() if size.number is None or size.number == x.order.number)


def _is_on_mask(direction: Direction, mask: Activation) -> bool:
    """Is a direction zero where a mask is, of one step or another?"""
    return any(f.place == mask.place for f in masks(direction).values())
