"""phi(x) entry by entry, for a function given as data (``calculus/function.py``), one per file.

The value is one direction, an activation that remembers what x is made of; its mean, its slope and its further moments
come out where it is contracted with something (``calculus/overlap.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import chain, combinations
from typing import Final, NamedTuple

from gamma_calc.calculus.bends import concentration_of, has_bend, may_bend_apart, shared_by
from gamma_calc.calculus.cancelling import shows_itself
from gamma_calc.calculus.dims import Shape, shape_text
from gamma_calc.calculus.direction import (
    ONES,
    UNIT,
    Activation,
    Direction,
    VectorDirection,
    as_vector,
    bends,
    by_place,
    factors,
    within,
)
from gamma_calc.calculus.entrywise_products import concentration, entrywise_product
from gamma_calc.calculus.function import Function, constant, nothing, reciprocal
from gamma_calc.calculus.lemmas import FUNCTION_KEPT, FUNCTION_MEAN, FUNCTION_VALUE
from gamma_calc.calculus.overlap import moment
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.sign import zero_sets
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ProgramError, ShapeError
from gamma_calc.exponents import (
    EVERYTHING,
    MINUS_INFINITY,
    NOTHING,
    Order,
    Region,
    largest,
    maximum,
    minimum,
    nowhere_above,
    order,
    where,
)
from gamma_calc.language.expression import Array, Expression, Part, is_positive, require_expression
from gamma_calc.language.forms import ChangeOnly
from gamma_calc.language.signature import signature

Place = tuple[str, str]  # of a function that vanishes, with when its argument was made
Zeros = Mapping[Direction, frozenset[Place]]


class Elementwise(Expression):
    """phi(x). Lemma: Stein's identity for what is kept, the law of large numbers for the mean."""

    acts_on_entries = True

    def __init__(self, function: Function, argument: Expression) -> None:
        require_expression(argument)
        if len(argument.shape) == 2:
            raise ShapeError(
                f"{function.name} of {argument} with shape {shape_text(argument.shape)}", hint="apply it to a vector"
            )
        self.function = function
        self.arguments = (argument,)
        self.shape: Shape = argument.shape
        self.site: str = signature(argument)
        self.saturates = function.saturates

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        (x,) = values
        for share in (everywhere(self.site, x), *shares(self.site, x)):
            yield self._of(share)

    @property
    def may_fall(self) -> bool:
        """A slope does, where the function saturates."""
        return self.function.saturates and self.function.positive

    @property
    def may_vanish(self) -> bool:
        """A mask does: of many entries it leaves some, and they are known by its place."""
        return self.function.vanishes and all(dim.exponent == 0 for dim in self.shape)

    def _of(self, share: Share) -> Contribution:
        if share.x.is_zero:
            return Contribution(share.entries if self.shape else UNIT, self.function.at_zero, FUNCTION_MEAN)
        made = activation(self.function, share.site, share.x) if self.shape else UNIT
        direction, gain = entrywise_product(share.entries, made)
        return Contribution(direction, _size(self.function, share) + gain, FUNCTION_VALUE)

    def overcounted(self, values: tuple[Value, ...]) -> Region:
        """Of a part that has one sign, which may be negative, a relu may be nothing. Of nothing it is nothing."""
        (x,) = values
        one_sign = self.function.vanishes and not x.is_zero and all(map(_has_one_sign, x.components))
        if one_sign and not is_positive(self.arguments[0]):
            return EVERYTHING
        slope = self.function if self.function.positive else None
        few = _on_few(slope, self.shape, x)
        return few | _blurred(self.function, x) | _unsure(x) | _bent_apart(self.function, self.site, x)

    @property
    def least_counts_above(self) -> Order | None:
        return order(0) if _falls(self.function) else None

    def argument(self, values: tuple[Value, ...]) -> Value | None:
        return values[0] if self.shape else None

    def slopes(self, values: tuple[Value, ...]) -> tuple[Direction, ...]:
        return _slopes(self.function, self.site, values[0])

    def saturated(self, values: tuple[Value, ...]) -> Region:
        both = self.function.saturates and not self.function.positive
        return where(order(0), "<", values[0].order) if both else NOTHING

    def power_of(self, values: tuple[Value, ...]) -> int:
        return values[0].power if self.function.starts_at_zero else 1

    def is_positive_of(self, arguments: tuple[bool, ...]) -> bool:
        return self.function.positive

    def numeric(self, *arrays: Array) -> Array:
        return self.function.apply(arrays[0])

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        if self.function.slope is None:
            raise ProgramError(f"{self} has no derivative", hint="train through a function that has one")
        return (upstream * Elementwise(self.function.slope, self.arguments[0]),)

    @property
    def assumption(self) -> str:
        return "the entries of what an entrywise function is applied to are like draws of a symmetric variable"

    def rebuild(self, *arguments: Expression) -> Expression:
        return Elementwise(self.function, *arguments)

    def change_parts(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        if change[0] is None:
            return ()
        moved = moved_masks(change[0]) if _falls(self.function) else ()
        return (Part(frozenset({0}), Difference(self.function, old[0], change[0], *moved)),)

    def notation(self) -> str:
        return f"{self.function.name}({self.arguments[0]})"


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
        for share in (everywhere(self.site, between), *shares(self.site, between)):
            if not share.x.is_zero:
                yield from self._moved_there(share, old, change, premises)
            yield from self._left_or_come_to(share, old, between, moved, premises)

    def _moved_there(self, share: Share, old: Value, change: Value, premises: Premises) -> Iterator[Contribution]:
        """The change on a share of the entries, from what moves the argument there."""
        before, moved = _there(old, share), _there(change, share)
        slope, farther = self.function.slope, _farther(before, moved)
        if slope is not None:
            yield from _along_slopes(share, moved, self.function, slope)
        if self.shape and (slope is None or not premises.orders.nowhere_above(farther, order(0))):
            shown = order(0) if slope is None else _to_second_order(farther)
            yield from (c._replace(order=c.order + shown) for c in _of_both_ends(share, before, self.function))

    def _left_or_come_to(
        self, share: Share, old: Value, between: Value, moved: Mapping[str, Moved], premises: Premises
    ) -> Iterator[Contribution]:
        """The change at entries where a mask was on before or is now, and not both: what the function was, and is."""
        places = share.places or frozenset(chain.from_iterable(map(zero_sets, share.x.components)))
        for mask in sorted({site for site, _ in map(_mask, places) if site in moved}):
            rest = _product(_entries(between, other) for other in share.places if _mask(other)[0] != mask)
            for end in (_there(old, share), share.x):
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
        few = _on_few(self.function.slope, self.shape, x)
        return few | _blurred(self.function, x) | _unsure(x) | _bent_apart(self.function, self.site, x)

    @property
    def least_counts_above(self) -> Order | None:
        return order(0) if _falls(self.function) else None

    def argument(self, values: tuple[Value, ...]) -> Value | None:
        old, change = values[:2]
        return old.plus(change) if self.shape else None

    def slopes(self, values: tuple[Value, ...]) -> tuple[Direction, ...]:
        old, change = values[:2]
        return _slopes(self.function, self.site, old.plus(change))

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
    size += _size(function, share)
    is_turned = not premises.orders.nowhere_above(moved.farther, order(0))
    for edge, part in chain(_edges(mask, moved), _masks_of_both(mask, moved) if is_turned else ()):
        direction, gain = entrywise_product(there, edge)
        yield Contribution(direction, size + part + gain, FUNCTION_VALUE)


def _edges(mask: str, moved: Moved) -> Iterator[tuple[VectorDirection, Order]]:
    """The change of a mask along each part of what is added to its argument."""
    half, none, x = moved.share / 2, MINUS_INFINITY, moved.now
    edge = Activation(EDGE, f"{mask} edge", (half, none, half, none), frozenset(_parts(EDGE, mask, x, x.order)))
    for direction, size in moved.added.components.items():
        made, gain = entrywise_product(as_vector(direction), edge)
        yield made, half + size - moved.added.order + gain


def _masks_of_both(mask: str, moved: Moved) -> Iterator[tuple[VectorDirection, Order]]:
    """The mask before a step, and after it."""
    for x in (moved.before, moved.now):
        if not x.is_zero:
            yield activation(OFF, f"{mask} off", x), _to_second_order(moved.farther)


def _there(x: Value, share: Share) -> Value:
    """What a vector is on a share of its entries."""
    return _left(x, {d: zero_sets(d) for d in x.components}, share.places)


def _along_slopes(share: Share, change: Value, function: Function, slope: Function) -> Iterator[Contribution]:
    """Each part of a change by the slope on its way."""
    most = function.size(share.x.order)
    for direction, size in change.components.items():
        bending = slope.bending(_counted(slope, share.x), share.x.power)
        factor = _averaged(slope, bending, _moved(change, direction))
        bend = activation(slope, share.site, share.x, factor)
        made, gain = (UNIT, order(0)) if direction == UNIT else entrywise_product(as_vector(direction), bend)
        there, more = entrywise_product(made, share.entries)
        bound = _shown_at_most(direction, most) if function.is_bounded else most
        yield Contribution(there, at_most(size + factor + gain + more, bound), FUNCTION_KEPT)


def _farther(before: Value, change: Value) -> Order:
    """How much larger a change is than what it is a change of, where it is not on few entries alone."""
    moved = _spread(change)
    return MINUS_INFINITY if before.is_zero or moved.is_zero_quantity else moved - before.order


def _to_second_order(farther: Order) -> Order:
    """What both ends of a change count with: wholly where it is larger than what it changes, and else by its square."""
    return at_most(2 * farther, order(0))


def _of_both_ends(share: Share, before: Value, function: Function) -> Iterator[Contribution]:
    """What a function was and what it is. What it keeps of a part as it kept it before is no change."""
    ends = [replace(share, x=x) for x in (before, share.x) if not x.is_zero]
    changes = function.slope is None or len({function.kept(end.x.order) for end in ends}) > 1
    for end in ends:
        made = activation(function, end.site, end.x)
        mean, kept, even, odd = made.moments
        made = replace(made, moments=(mean, kept if changes else MINUS_INFINITY, even, odd))
        direction, gain = entrywise_product(share.entries, made)
        yield Contribution(direction, _size(function, end) + gain, FUNCTION_VALUE)


def _size(function: Function, share: Share) -> Order:
    """That of a function on a share of the entries."""
    return function.size(function.bending(_counted(function, share.x), share.x.power))


def _blurred(function: Function, x: Value) -> Region:
    """Where a power of an entry is small, how small decides what it bends, and what else shows there.

    And where a function saturates, it is a sign of a mask and of what this is a mask of, which can cancel.
    """
    if x.power == 1 and shows_itself(x.components):
        return where(order(0), "<", x.order) if function.saturates else NOTHING if function.slope else EVERYTHING
    if x.power == 1:
        return NOTHING
    return EVERYTHING if len(x.components) > 1 else where(order(0), "<", x.order) if function.saturates else NOTHING


def _bent_apart(function: Function, site: str, x: Value) -> Region:
    """Where what other slopes made counts as on the entries at which the function bends, and may not be on these."""
    return EVERYTHING if may_bend_apart(_slopes(function, site, x), x.components) else NOTHING


def _slopes(function: Function, site: str, x: Value) -> tuple[Direction, ...]:
    """The slope of a function that has parts on few entries alone in its argument."""
    slope = function if function.positive else function.slope
    if slope is None or not slope.saturates or not any(map(has_bend, x.components)):
        return ()
    return (activation(slope, site, x),)


def _on_few(slope: Function | None, shape: Shape, x: Value) -> Region:
    """Where a slope is large on so few entries that of finitely many none may be among them: nothing is left of it."""
    if slope is None or not (slope.saturates and slope.positive):
        return NOTHING
    longest = largest((order(0), *(dim.exponent for dim in shape)))
    return where(order(0), "<", x.order) & where(longest, "<=", order(0))


def _falls(function: Function) -> bool:
    """Has a function, or its slope, fewer entries to bend at the larger its argument is?"""
    return function.saturates or (function.slope is not None and function.slope.saturates)


def _counted(function: Function, x: Value) -> Order:
    """The order of x that a function counts with: where it bends less the larger x is, no more than there is at least.

    Below order one it bends everywhere. An example: x may be n^(1/2), or the n^1 that it counts for; then at most
    n^(-1/4) of tanh'(x) is left, and not n^(-1/2).
    """
    if not function.saturates:
        return x.order
    known = largest(_shown_at_most(direction, size) for direction, size in x.components.items())
    return known if x.least is None else at_most(known, maximum(0, x.least))


def _shown_at_most(direction: Direction, size: Order) -> Order:
    """How large a part is for a function of order one: of what is on few entries alone, no more than their share.

    Those that a step has moved so, by more than order one, land where the function bends again as often as not far from
    it: of entries at a distance of order log n some land near 0, so that no fewer bend than before, but for a factor of
    log n.
    """
    few = concentration(direction)
    return size if few == 0 else at_most(size, -few)


def _unsure(x: Value) -> Region:
    """Where a function that saturates bends on fewer entries than it counts for, if x is no smaller than that."""
    return NOTHING if x.least is None else where(maximum(0, x.least), "<", x.order)


def _has_one_sign(direction: Direction) -> bool:
    """Is a direction made of means and of functions that are nowhere negative?"""
    return direction != UNIT and all(isinstance(f, Activation) and _is_one_sided(f) for f in _factors(direction))


def _is_one_sided(f: Activation) -> bool:
    """Is a function nowhere negative, or of what has one sign?"""
    of_one_sign = bool(f.parts) and all(_has_one_sign(part) for part, _ in f.parts)
    return f.function.positive or (f.function.starts_at_zero and of_one_sign)


def _factors(direction: Direction) -> frozenset[VectorDirection]:
    return factors(as_vector(direction))


@dataclass(frozen=True)
class Share:
    """A share of the entries of a vector, told by a direction that lives on them, and what the vector is made of there.

    An example: of n^1 relu(u) + v, which is v at half of its entries, these are those at which step(u) is zero.
    """

    entries: VectorDirection
    site: str
    x: Value
    places: frozenset[Place] = frozenset()


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


def everywhere(site: str, x: Value) -> Share:
    """All entries of a vector."""
    return Share(ONES, site, x)


def shares(site: str, x: Value) -> Iterator[Share]:
    """Where larger parts of a vector are zero, or negligible, so that what is smaller is all there is."""
    zeros = {d: frozenset(place for place in zero_sets(d) if not _is_own(place, site)) for d in x.components}
    yield from _shares(everywhere(site, x), zeros)


def _shares(whole: Share, zeros: Zeros) -> Iterator[Share]:
    """The shares of a share, where the functions at other places are zero too."""
    x, known = whole.x, frozenset(map(_mask, whole.places))
    free = {d: frozenset(place for place in zeros[d] if _mask(place) not in known) for d in x.components}
    for places in sorted({*_single(x, free), *_hiding(x, free), *_jointly(x, free)}):
        entries = _product((_entries(x, place) for place in places), whole.entries)
        site = f"{whole.site} off {' '.join(chain(*places))}"
        here = Share(entries, site, _left(x, zeros, places), whole.places.union(places))
        yield here
        yield from _shares(here, zeros)


def _is_own(place: Place, site: str) -> bool:
    return _mask(place)[0] in site


def _mask(place: Place) -> Place:
    """The function that is zero at a place or nowhere else."""
    site, version = place
    return site.removesuffix(" off"), version


def _product(those: Iterable[VectorDirection], first: VectorDirection = ONES) -> VectorDirection:
    return reduce(lambda one, two: entrywise_product(one, two)[0], those, first)


def _single(x: Value, zeros: Zeros) -> Iterator[tuple[Place, ...]]:
    """The places at each of which a vector is smaller than elsewhere, somewhere at least."""
    places = ((place,) for place in frozenset().union(*zeros.values()))
    return (one for one in places if not nowhere_above(x.order, _left(x, zeros, one).order))


def _hiding(x: Value, zeros: Zeros, places: tuple[Place, ...] = ()) -> Iterator[tuple[Place, ...]]:
    """Places at which all that leads is zero: where relu(u) - relu(v) is, both are."""
    left = _left(x, zeros, places)
    if not nowhere_above(x.order, left.order):
        yield places
        return
    leads = next((d for d, size in left.components.items() if nowhere_above(x.order, size)), None)
    for place in zeros[leads] if leads is not None else ():
        if _mask(place) not in map(_mask, places):
            yield from _hiding(x, zeros, tuple(sorted((*places, place))))


def _jointly(x: Value, zeros: Zeros) -> Iterator[tuple[Place, ...]]:
    """The places of several masks of one part that leads: their product is zero where any is, and where all are.

    What a function made on a share of its entries is told by that share.
    """
    leads = (d for d, size in x.components.items() if nowhere_above(x.order, size))
    for places in (tuple(sorted(place for place in zeros[d] if _mask(place) == place)) for d in leads):
        if len(places) > 1 and not nowhere_above(x.order, _left(x, zeros, places).order):
            yield from (some for count in range(2, len(places) + 1) for some in combinations(places, count))


def _left(x: Value, zeros: Zeros, places: Iterable[Place]) -> Value:
    """What a vector is where the functions at these places vanish."""
    there = {d: size for d, size in x.components.items() if zeros[d].isdisjoint(places)}
    return Value(there, x.power, None if x.least is None else MINUS_INFINITY)


def _entries(x: Value, place: tuple[str, str]) -> VectorDirection:
    """What tells the entries at which the functions at a place vanish; where they are only small, nearly all are."""
    for f in chain.from_iterable(map(_factors, x.components)):
        if isinstance(f, Activation) and zero_sets(f) == {place} and f.function.vanishes:
            known = Value(dict(f.parts) or {ONES: order(0)})  # of one that goes by its place no parts are known
            made = activation(OFF, f"{f.site} off", known)
            return replace(made, parts=made.parts if f.parts else f.parts, from_earlier_step=f.from_earlier_step)
    return ONES


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


def activation(function: Function, site: str, x: Value, whole: Order | None = None) -> Activation:
    """The direction of phi(x), which knows what x is made of; ``whole`` is its size, where an average has another."""
    size = _counted(function, x)
    bending = function.bending(size, x.power)
    whole = function.size(bending) if whole is None else whole
    kept = function.kept(bending) + size if x.power == 1 else minimum(function.kept(bending) + size, whole)
    sizes = function.mean(bending), kept, function.even(bending), function.odd(bending)
    mean, slope, even, odd = (moment - whole for moment in sizes)
    return Activation(function, site, (mean, slope, even, odd), frozenset(_parts(function, site, x, size)))


def _parts(function: Function, site: str, x: Value, size: Order) -> Iterator[tuple[VectorDirection, Order]]:
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


def at_most(value: Order, bound: Order) -> Order:
    """The smaller of the two, spelled as it came where the bound is never below it."""
    return value if nowhere_above(value, bound) else minimum(value, bound)
