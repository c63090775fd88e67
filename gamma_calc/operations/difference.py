"""phi(x + dx) - phi(x) entry by entry: dx by the slope between the two, and what shows at the edges of masks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Final, NamedTuple

from gamma_calc.calculus.activation import activation, counted, parts_of, shown_at_most
from gamma_calc.calculus.dims import Shape
from gamma_calc.calculus.direction import UNIT, Activation, Direction, VectorDirection, as_vector
from gamma_calc.calculus.entrywise_products import concentration, entrywise_product
from gamma_calc.calculus.function import Function, constant, nothing
from gamma_calc.calculus.lemmas import FUNCTION_KEPT, FUNCTION_VALUE
from gamma_calc.calculus.marks import bends_less, bent_apart, blurred, on_few, slopes_of_bends, unsure
from gamma_calc.calculus.mask_times import OFF_THERE
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.shares import (
    OFF,
    Share,
    all_together,
    is_one_share,
    mask_at,
    shares,
    size_on,
)
from gamma_calc.calculus.sign import zero_sets
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.exponents import (
    EVERYTHING,
    MINUS_INFINITY,
    Order,
    Region,
    at_most,
    largest,
    maximum,
    minimum,
    nowhere_above,
    order,
)
from gamma_calc.language.expression import Array, Expression
from gamma_calc.language.forms import ChangeOnly
from gamma_calc.language.signature import signature


class Difference(ChangeOnly):
    """phi(x + dx) - phi(x). Lemma: it is dx times a slope between the two, entry by entry.

    The slope is an activation at the place of x, forward as in the gradient: where a step has moved x on the entries at
    which phi still bends, those entries answer. No change is larger than the larger of the values it lies between.
    Where dx is larger than x was, the two values are of different vectors, and what either shows the change shows.
    """

    def __init__(self, function: Function, old: Expression, change: Expression, *moved: Expression) -> None:
        """``moved``: what masks in the argument were of, each followed by what is added to that."""
        self.function = function
        self.arguments = (old, change, *moved)
        self.shape: Shape = old.shape
        self.site: str = signature(old)

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        old, change = values[:2]
        if change.is_zero:
            return
        between, moved = old.plus(change), self._moved_masks(values)
        for share in shares(self.site, between):
            if not share.x.is_zero:
                yield from self._moved_there(share, old, change, premises)
            yield from self._left_or_come_to(share, old, moved, premises)

    def _moved_there(self, share: Share, old: Value, change: Value, premises: Premises) -> Iterator[Contribution]:
        """The change on a share of the entries, from what moves the argument there."""
        before, moved = share.of(old), share.of(change)
        slope, farther = self.function.slope, _farther(before, moved)
        if slope is not None:
            yield from _along_slopes(share, moved, self.function, slope)
        if self.shape and (slope is None or not premises.orders.nowhere_above(farther, order(0))):
            shown = order(0) if slope is None else _to_second_order(farther)
            yield from (c._replace(order=c.order + shown) for c in _of_both_ends(share, before, self.function))

    def _left_or_come_to(
        self, share: Share, old: Value, moved: Mapping[str, Moved], premises: Premises
    ) -> Iterator[Contribution]:
        """The change at entries where a mask was on before or is now, and not both: what the function was, and is."""
        places = share.places or frozenset(chain.from_iterable(map(zero_sets, share.x.components)))
        for mask in sorted({at.site for at in map(mask_at, places) if at.site in moved}):
            rest = all_together(share.off(other) for other in share.places if mask_at(other).site != mask)
            for end in (share.of(old), share.x):
                here = replace(share, entries=rest, x=end)
                yield from _at_edges(here, mask, moved[mask], self.function, premises)

    def _moved_masks(self, values: tuple[Value, ...]) -> Mapping[str, Moved]:
        """What masks in the argument were of, and what is added to that, by their places.

        It makes a difference where the function saturates: elsewhere its slopes tell all of the change.
        """
        old, change, *inside = values
        if not self.shape or nowhere_above(old.plus(change).order, order(0)):
            return {}
        pairs = zip(self.arguments[2::2], inside[::2], inside[1::2], strict=True)
        return {signature(x): Moved(before, added) for x, before, added in pairs if not added.is_zero}

    def overcounted(self, values: tuple[Value, ...]) -> Region:
        old, change = values[:2]
        if self.function.slope is None:
            return EVERYTHING
        x = old.plus(change)
        few = on_few(self.function.slope, self.shape, x)
        return few | blurred(self.function, x) | unsure(x) | bent_apart(self.function, self.site, x)

    def falls_as_fast(self, values: tuple[Value, ...]) -> bool:
        """While it is along slopes alone: the change is no larger than what it changes, which bends everywhere."""
        old, change = values[:2]
        bends = not self.function.saturates or nowhere_above(old.order, order(0))
        along_slopes = self.function.slope is not None and nowhere_above(change.order, old.order)
        return along_slopes and bends and old.power == 1 and is_one_share(self.site, old.plus(change))

    @property
    def least_counts_above(self) -> Order | None:
        return order(0) if bends_less(self.function) else None

    def argument(self, values: tuple[Value, ...]) -> Value | None:
        old, change = values[:2]
        return old.plus(change) if self.shape else None

    def slopes(self, values: tuple[Value, ...]) -> tuple[Direction, ...]:
        old, change = values[:2]
        return slopes_of_bends(self.function, self.site, old.plus(change))

    def numeric(self, *arrays: Array) -> Array:
        old, change = arrays[:2]
        return self.function.apply(old + change) - self.function.apply(old)

    def rebuild(self, *arguments: Expression) -> Expression:
        return Difference(self.function, *arguments)

    def notation(self) -> str:
        return f"change of {self.function.name} from {self.arguments[0]}"


def moved_masks(change: Expression) -> Iterator[Expression]:
    """What the masks were of that a change of a vector is a change of, entry by entry, each followed by its change."""
    waiting, known = [change], {id(change)}
    while waiting:
        node = waiting.pop()
        if isinstance(node, Difference) and node.function.vanishes:
            yield from node.arguments[:2]
        if any(len(argument.shape) > 1 for argument in node.arguments):
            continue
        for argument in node.arguments:
            if argument.shape == change.shape and id(argument) not in known:
                known.add(id(argument))
                waiting.append(argument)


class Moved(NamedTuple):
    """What a mask was of, and what is added to it."""

    before: Value
    added: Value

    @property
    def now(self) -> Value:
        return self.before.plus(self.added)

    @property
    def share(self) -> Order:
        """The share of its entries that the mask leaves, or comes to."""
        return minimum(0, self.added.order - self.now.order)

    @property
    def farther(self) -> Order:
        return _farther(self.before, self.added)


EDGE: Final = Function(  # one where a mask is on before a step or after it, and not both
    "edge", size=constant, mean=constant, kept=nothing, even=constant, apply=lambda x: x == 0, positive=True
)


def _at_edges(share: Share, mask: str, moved: Moved, function: Function, premises: Premises) -> Iterator[Contribution]:
    """What a function is on a share of the entries, at those that a mask has moved from or to.

    A mask of x changes by dx times what is one where x is small. Where dx is larger than x, it is what it is, or was.
    """
    if share.x.is_zero:
        return
    made = activation(function, share.site, share.x)
    there, size = entrywise_product(share.entries, made)
    size += size_on(function, share)
    is_turned = not premises.orders.nowhere_above(moved.farther, order(0))
    for edge, part in chain(_edges(mask, moved), _masks_of_both(mask, moved) if is_turned else ()):
        direction, gain = entrywise_product(there, edge)
        yield Contribution(direction, size + part + gain, FUNCTION_VALUE)


def _edges(mask: str, moved: Moved) -> Iterator[tuple[VectorDirection, Order]]:
    """The change of a mask along each part of what is added to its argument."""
    half, none, x = moved.share / 2, MINUS_INFINITY, moved.now
    edge = Activation(EDGE, f"{mask} edge", (half, none, half, none), frozenset(parts_of(EDGE, mask, x, x.order)))
    for direction, size in moved.added.components.items():
        made, gain = entrywise_product(as_vector(direction), edge)
        yield made, half + size - moved.added.order + gain


def _masks_of_both(mask: str, moved: Moved) -> Iterator[tuple[VectorDirection, Order]]:
    """The mask before a step, and after it."""
    for x in (moved.before, moved.now):
        if not x.is_zero:
            yield activation(OFF, f"{mask}{OFF_THERE}", x), _to_second_order(moved.farther)


def _along_slopes(share: Share, change: Value, function: Function, slope: Function) -> Iterator[Contribution]:
    """Each part of a change by the slope on its way."""
    most = function.size(share.x.order)
    for direction, size in change.components.items():
        bending = slope.bending(counted(slope, share.x), share.x.power)
        factor = _averaged(slope, bending, _moved(change, direction))
        bend = activation(slope, share.site, share.x, factor)
        made, gain = (UNIT, order(0)) if direction == UNIT else entrywise_product(as_vector(direction), bend)
        there, more = entrywise_product(made, share.entries)
        bound = shown_at_most(direction, most) if function.is_bounded else most
        yield Contribution(there, at_most(size + factor + gain + more, bound), FUNCTION_KEPT)


def _of_both_ends(share: Share, before: Value, function: Function) -> Iterator[Contribution]:
    """What a function was and what it is. What it keeps of a part as it kept it before is no change."""
    ends = [replace(share, x=x) for x in (before, share.x) if not x.is_zero]
    changes = function.slope is None or len({function.kept(end.x.order) for end in ends}) > 1
    for end in ends:
        made = activation(function, end.site, end.x)
        mean, kept, even, odd = made.moments
        made = replace(made, moments=(mean, kept if changes else MINUS_INFINITY, even, odd))
        direction, gain = entrywise_product(share.entries, made)
        yield Contribution(direction, size_on(function, end) + gain, FUNCTION_VALUE)


def _farther(before: Value, change: Value) -> Order:
    """How much larger a change is than what it is a change of, where it is not on few entries alone."""
    moved = _spread(change)
    return MINUS_INFINITY if before.is_zero or moved.is_zero_quantity else moved - before.order


def _to_second_order(farther: Order) -> Order:
    """What both ends of a change count with: wholly where it is larger than what it changes, and else by its square."""
    return at_most(2 * farther, order(0))


def _moved(change: Value, direction: Direction) -> Order:
    """How far a change moves the entries at which a direction of it is: by what it is there, and by what is everywhere.

    An example: a step of size n^w on a share n^-s of the entries moves those by n^(w + s/2).
    """
    return maximum(change.components[direction] + concentration(direction), _spread(change))


def _spread(change: Value) -> Order:
    """What moves all entries."""
    return largest(size for direction, size in change.components.items() if concentration(direction) == 0)


def _averaged(slope: Function, size: Order, change: Order) -> Order:
    """The size of a slope averaged over a change: a large change passes the few entries at which phi bends.

    Of a slope that is sparse, a change of n^w makes n^w times as many entries answer, each by n^-w: the mean stays.
    """
    whole = slope.size(size)
    return maximum(slope.mean(size), whole - maximum(0, change) / 2) if slope.positive else whole
