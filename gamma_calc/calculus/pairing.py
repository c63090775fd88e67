"""The search for the largest way to pair the factors of an entrywise product off.

Directions go by number here, each looked up once: the search comes to one pool of directions in many ways, and what
functions are made of is long to compare. What it finds are ways (``calculus/ways.py``), of which orders are made last.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, reduce
from itertools import chain
from typing import Any, Final, NamedTuple, TypeVar

from gamma_calc.calculus.direction import Activation, Entrywise, VectorDirection, factors
from gamma_calc.calculus.entrywise_products import (
    concentration_of,
    is_version,
    lacks_third,
    order_of_moment,
    size_given,
    together,
)
from gamma_calc.calculus.ways import AT_ONCE, NO_WAY, Way, Ways, Weights, times, without
from gamma_calc.exponents import MINUS_INFINITY, Order, largest, look, minimum

Given = frozenset[tuple[int, int]]  # parts by number, each with how many times it was given before
Functions = frozenset[tuple[int, Given]]  # activations by number, with the parts each has given so far
NOTHING_GIVEN: Final[Given] = frozenset()
Agreement = Callable[[VectorDirection, VectorDirection], Order]
Made = TypeVar("Made")


class Unpaired(NamedTuple):
    """Directions of an entrywise product that must pair off, and activations with what they have given."""

    atoms: frozenset[int]
    functions: Functions


class ArgumentPart(NamedTuple):
    """A part of an activation's argument; ``most``: how often it may have been given when it is given last.

    A part is given once: its square has a mean, which is counted where it is given two times less. But where there is
    a function in it the square is along the function's argument: relu(relu(x) u) is along x by relu(x)^2 u^2. The
    square of a function has moments that the function lacks, and so has the cube where the function is nearly linear.
    """

    number: int
    sizes: Ways
    dense: Way  # what the squares of functions in it may add
    factors: tuple[int, ...]
    most: int

    @property
    def leaves(self) -> Ways:
        """Its sizes with what the squares may add."""
        return _products(self.sizes, (self.dense,))


class Branch(NamedTuple):
    """A step of the search: its weights, and what is to be paired off after it."""

    weights: Ways
    rest: Unpaired


_Options = tuple[int, list[tuple[int, Ways]], list[tuple[int, ArgumentPart]]]


@dataclass(frozen=True, eq=False)
class PairingSearch:
    """The search in one product. ``pair`` tells how far two factors that are no functions agree, -oo for not at all.

    ``falling``: no part of an argument gives more than 0, the squares of what is sparse in it counted, and so neither
    does whatever is left to be paired off. Then what is nowhere above ``chance`` may be left out.
    """

    pair: Agreement
    falling: bool
    chance: Order = MINUS_INFINITY
    weights: Weights = field(default_factory=Weights)
    _numbers: dict[VectorDirection, int] = field(default_factory=dict)
    _directions: list[VectorDirection] = field(default_factory=list)
    _known: dict[Hashable, Any] = field(default_factory=dict)

    def pool(self, atoms: Collection[VectorDirection], functions: Collection[Activation]) -> Unpaired:
        """What must pair off, before any part is given."""
        self._meet(atoms, functions)
        given = frozenset((self._number(f), NOTHING_GIVEN) for f in functions)
        return Unpaired(frozenset(map(self._number, atoms)), given)

    def largest(self, pool: Unpaired, budget: int) -> Order:
        """The order of the largest way to pair everything off: with no part given, with one at most, and so on.

        Of parts there are far more than of pairs. So all is paired off that can be before one more part is given.

        Where nothing gains, the search ends with a way that is nowhere below what an atom leaves at most.
        """
        found, seen = NO_WAY, dict[Unpaired, Ways]()
        reached: dict[Unpaired, Ways] = {pool: (AT_ONCE,)}
        bounds = [self._bound(pool, atom) for atom in pool.atoms] if self.falling else []
        for left in reversed(range(budget + 1)):
            if not reached or any(not self._worthwhile(most, (*self.floor, *found)) for most in bounds):
                break
            found, passed = self._paired(reached, found, seen)
            reached = self._after_giving(passed, found) if left and not self._is_full(found) else {}
        return self.weights.order(found)

    def _is_full(self, found: Ways) -> bool:
        """Is a way found that is nowhere below 0?"""
        return any(self.weights.is_covered(AT_ONCE, way) for way in found)

    def unsettled(self, pool: Unpaired, ways: Ways, known: Ways) -> Ways:
        """Those of the ways to a pool that may come to more than what is known."""
        most = self._once((pool, "most"), lambda: self._most(pool))
        return tuple(way for way in ways if self._worthwhile(_products((way,), most), known))

    def _most(self, pool: Unpaired) -> Ways:
        """No pairing is larger: each atom takes its part of what serves it, and each activation has some moment.

        The square of a function has a mean that the function may lack, but where they are one.
        """
        each = (self._share(pool, atom) for atom in pool.atoms)
        functions = (self._activation(f) for f, _ in pool.functions)
        moments = (self.weights.ways(largest(f.moments)) for f in functions if f.function.idempotent)
        return reduce(_products, chain(each, moments), (AT_ONCE,))

    def _share(self, pool: Unpaired, atom: int) -> Ways:
        """The most that an atom's own pairing leaves: two share a pair, and all vectors of a part its size."""
        pairs = (_share_of(self._pair(atom, other), 2) for other in pool.atoms if other != atom)
        return self.weights.joined(NO_WAY, chain(*pairs, *(self._share_given(f, atom) for f, _ in pool.functions)))

    def _share_given(self, function: int, atom: int) -> Ways:
        return self._once(("share", function, atom), lambda: self.weights.joined(NO_WAY, self._shares(function, atom)))

    def _shares(self, function: int, atom: int) -> Iterator[Way]:
        """By each part that an activation may give, and by those that the activations in them may give then."""
        for part in self._parts_of(function):
            inside = [f for f in part.factors if isinstance(self._directions[f], Activation)]
            vectors = [f for f in part.factors if f not in inside]
            for f in inside:
                yield from self._share_given(f, atom)
            for f in vectors:
                yield from _products(_share_of(part.leaves, len(vectors)), self._pair(atom, f))

    def _agreed(self, one: int, two: int) -> Order:
        return self._once(("agreed", one, two), lambda: self.pair(self._directions[one], self._directions[two]))

    def _meet(self, atoms: Collection[VectorDirection], functions: Collection[Activation]) -> None:
        """All weights that the search may use, where they are open: of what stands alone in one, others are sums."""
        given = [(part, size) for f in functions for part, size in _given_at_last(f)]
        sizes = [size for _, size in given]
        if all(size.number is not None for size in sizes):
            return
        inside = {f for part, _ in given for f in factors(part) if not isinstance(f, Activation)}
        self.weights.meet((*sizes, *(self.pair(one, other) for one in {*atoms, *inside} for other in inside)))

    def _bound(self, pool: Unpaired, atom: int) -> Ways:
        """What pairing off an atom leaves at most: with another one, or with something in a part that is given.

        Whatever else is paired, and in whichever order, no weight is above 0, and a part counts by its size.
        """
        partners = (self._pair(atom, other) for other in pool.atoms if other != atom)
        inside = (self._answer(function, atom) for function, _ in pool.functions)
        return self.weights.joined(NO_WAY, chain.from_iterable((*partners, *inside)))

    def _answer(self, function: int, wanted: int) -> Ways:
        """The largest sizes at which a part of an activation's argument has something that pairs with an atom."""
        return self._once(
            ("answer", function, wanted), lambda: self.weights.joined(NO_WAY, self._answers(function, wanted))
        )

    def _answers(self, function: int, wanted: int) -> Iterator[Way]:
        for part in self._parts_of(function):
            for factor in part.factors:
                inside = isinstance(self._directions[factor], Activation)
                found = self._answer(factor, wanted) if inside else self._pair(wanted, factor)
                yield from _products(part.leaves, found)

    @cached_property
    def floor(self) -> Ways:
        return self.weights.ways(self.chance)

    def _paired(
        self, reached: dict[Unpaired, Ways], found: Ways, seen: dict[Unpaired, Ways]
    ) -> tuple[Ways, dict[Unpaired, Ways]]:
        """The ways that are found when no more parts are given, and the pools that they pass.

        Where a pool was seen with fewer parts given, only ways that are not below those count.
        """
        passed = dict[Unpaired, Ways]()
        while reached and not self._is_full(found):
            look()
            pool = self._first(reached)
            ways = self._worthwhile(reached.pop(pool), (*seen.get(pool, NO_WAY), *self._known_by(found)))
            if not ways:
                continue
            seen[pool] = self.weights.joined(seen.get(pool, NO_WAY), ways)
            passed[pool] = self.weights.joined(passed.get(pool, NO_WAY), ways)
            found = self.weights.joined(found, _products(ways, self._done(pool)))
            self._lead_to(reached, ways, self._pairings(pool))
        return found, passed

    def _first(self, reached: Mapping[Unpaired, Ways]) -> Unpaired:
        """The pool that is paired off next.

        Where nothing gains, a way of order 0 ends the search: while there may be one, the pool with the fewest atoms is
        nearest to it. Else the one with the most goes first, as a pairing leaves fewer: then none is come to again.
        """
        whole = [pool for pool, ways in reached.items() if AT_ONCE in ways] if self.falling else []
        return min(whole, key=_left) if whole else max(reached, key=_left)

    def _after_giving(self, passed: dict[Unpaired, Ways], found: Ways) -> dict[Unpaired, Ways]:
        """Where one more part leads to. What needs none is found before: what may not come above it goes no further."""
        known = self._known_by(found)
        ways = {pool: self._worthwhile(those, known) for pool, those in passed.items()}
        if self.falling:
            ways = {pool: self.unsettled(pool, those, known) for pool, those in ways.items()}
        further = dict[Unpaired, Ways]()
        for pool in filter(ways.get, ways):
            self._lead_to(further, ways[pool], self._givings(pool))
        return further

    def _lead_to(self, reached: dict[Unpaired, Ways], ways: Ways, branches: Iterable[Branch]) -> None:
        """Note where branches lead to."""
        for weights, rest in branches:
            reached[rest] = self.weights.joined(reached.get(rest, NO_WAY), _products(ways, weights))

    def _known_by(self, found: Ways) -> Ways:
        """What no way is worth taking that is nowhere above it."""
        return (*self.floor, *found) if self.falling else NO_WAY

    def _worthwhile(self, ways: Ways, known: Ways) -> Ways:
        return tuple(way for way in ways if not any(self.weights.is_covered(way, other) for other in known))

    def _pairings(self, pool: Unpaired) -> Iterator[Branch]:
        """What one atom can pair with."""
        if pool.atoms:
            wanted, partners, _ = self._fewest(pool)
            for other, shared in partners:
                yield Branch(shared, Unpaired(pool.atoms - {wanted, other}, pool.functions))

    def _givings(self, pool: Unpaired) -> Iterator[Branch]:
        """The parts that may be given next: those that the same atom can pair with, or any where none is left."""
        if not pool.atoms:
            return self._further(pool)
        _, _, givers = self._fewest(pool)
        return (self._with(pool, function, part) for function, part in givers)

    def _fewest(self, pool: Unpaired) -> _Options:
        """What can be done with the atom that has the fewest ways."""
        return self._once((pool, "fewest"), lambda: min((self._options(pool, a) for a in pool.atoms), key=_ways_of))

    def _options(self, pool: Unpaired, wanted: int) -> _Options:
        """What an atom can pair with, and the parts of activations that can."""
        partners = [(other, self._pair(wanted, other)) for other in pool.atoms if other != wanted]
        givers = [(f, part) for f, part in self._parts(pool.functions) if self._mentions(part, wanted)]
        return wanted, [(other, shared) for other, shared in partners if shared], givers

    def _done(self, pool: Unpaired) -> Ways:
        """With no atom left: the moments that the activations have."""
        sizes = [] if pool.atoms else [self._moment(function, len(given)) for function, given in pool.functions]
        if pool.atoms or not all(sizes):
            return NO_WAY
        return reduce(_products, sizes, (AT_ONCE,))

    def _further(self, pool: Unpaired) -> Iterator[Branch]:
        """With no atom left: one more part, of any activation whose moment may still change.

        Of one without a moment, or such as change it, if there is one: it must give another part, or meet itself, in
        any way to pair; and which is given first makes no difference.
        """
        sizes = {function: self._moment(function, len(given)) for function, given in pool.functions}
        lacking = [function for function, size in sizes.items() if not size]
        first = min(lacking, key=lambda function: len(self._parts_of(function)), default=None)
        for function, part in self._parts(pool.functions):
            wanted = sizes[function] != (AT_ONCE,) if first is None else function == first or self._is_in(first, part)
            if wanted:
                yield self._with(pool, function, part)

    def _parts(self, functions: Functions) -> Iterator[tuple[int, ArgumentPart]]:
        """What the activations can still give."""
        for function, given in functions:
            yield from ((function, part) for part in self._useful(function) if (part.number, part.most) not in given)

    def _with(self, pool: Unpaired, function: int, part: ArgumentPart) -> Branch:
        """An activation gives one more part of its argument."""
        given = dict(pool.functions)
        given[function] |= {(part.number, sum(number == part.number for number, _ in given[function]))}
        atoms, functions, gain = self._gathered(pool.atoms, (*given, *part.factors))
        inside = Unpaired(atoms, frozenset((f, self._given_by(f, given)) for f in functions))
        return Branch(_products(part.sizes, (gain,)), inside)

    def _gathered(self, atoms: frozenset[int], more: tuple[int, ...]) -> tuple[frozenset[int], list[int], Way]:
        """What ``gathered`` makes of directions, by number."""
        functions: list[int] = []
        gain = AT_ONCE
        for one in more:
            if not isinstance(self._directions[one], Activation):
                atoms ^= {one}
                continue
            twin = next((f for f in functions if self._is_version(f, one)), None)
            if twin is not None:
                functions.remove(twin)
                gain = times(gain, self._gain(twin, one))
            functions.append(one if twin is None else self._together(twin, one))
        return atoms, functions, gain

    def _given_by(self, one: int, given: Mapping[int, Given]) -> Given:
        """The parts that the versions of an activation have given."""
        return NOTHING_GIVEN.union(*(parts for f, parts in given.items() if self._is_version(f, one)))

    # -- what is known of directions by number --------------------------------------------------------------------

    def _number(self, direction: VectorDirection) -> int:
        number = self._numbers.setdefault(direction, len(self._directions))
        if number == len(self._directions):
            self._directions.append(direction)
        return number

    def _activation(self, number: int) -> Activation:
        found = self._directions[number]
        assert isinstance(found, Activation)
        return found

    def _once(self, question: Hashable, make: Callable[[], Made]) -> Made:
        if question not in self._known:
            self._known[question] = make()
        found: Made = self._known[question]
        return found

    def _useful(self, function: int) -> tuple[ArgumentPart, ...]:
        """None, if the activation then has no moment."""
        one = self._activation(function)
        vanishes = one.function.idempotent and all(moment.is_zero_quantity for moment in one.moments[1:])
        return () if vanishes else self._parts_of(function)

    def _parts_of(self, function: int) -> tuple[ArgumentPart, ...]:
        return self._once(
            ("parts", function), lambda: tuple(self._part(*one) for one in _given(self._activation(function)))
        )

    def _part(self, part: VectorDirection, size: Order) -> ArgumentPart:
        functions = [f for f in factors(part) if isinstance(f, Activation)]
        most = min(len(functions), 1) + any(_has_a_cube(f, part) for f in functions)
        dense = reduce(times, (without(self.weights.whole(-concentration_of(f))) for f in functions), AT_ONCE)
        numbers = tuple(map(self._number, factors(part)))
        return ArgumentPart(self._number(part), self.weights.ways(size), dense, numbers, most)

    def _pair(self, one: int, two: int) -> Ways:
        """How far two factors agree; no way where they are independent."""
        return self._once(("pair", one, two), lambda: self.weights.ways(self._agreed(one, two)))

    def _mentions(self, part: ArgumentPart, wanted: int) -> bool:
        """Does a part have a factor that pairs with what is wanted, at once or through an activation of its own?"""
        return self._once(("mentions", part.number, wanted), lambda: any(self._has(f, wanted) for f in part.factors))

    def _has(self, factor: int, wanted: int) -> bool:
        if isinstance(self._directions[factor], Activation):
            return any(self._mentions(inside, wanted) for inside in self._parts_of(factor))
        return factor == wanted or bool(self._pair(factor, wanted))

    def _is_in(self, function: int, part: ArgumentPart) -> bool:
        """Is a version of a function in a part of an argument, at any depth?"""
        return self._once(
            ("in", function, part.number),
            lambda: any(
                self._is_version(one, function) or any(self._is_in(function, deeper) for deeper in self._parts_of(one))
                for one in part.factors
                if isinstance(self._directions[one], Activation)
            ),
        )

    def _moment(self, function: int, count: int) -> Ways:
        return self._once(
            ("moment", function, count), lambda: self.weights.ways(order_of_moment(self._activation(function), count))
        )

    def _is_version(self, one: int, two: int) -> bool:
        return self._once(("version", one, two), lambda: is_version(self._activation(one), self._activation(two)))

    def _together(self, one: int, two: int) -> int:
        return self._once(
            ("together", one, two), lambda: self._number(together(self._activation(one), self._activation(two)))
        )

    def _gain(self, one: int, two: int) -> Way:
        """What the product of two functions at one place gains where both are sparse."""
        return self._once(("gain", one, two), lambda: self._less(self._activation(one), self._activation(two)))

    def _less(self, one: Activation, two: Activation) -> Way:
        """A gain has no second way: what is as concentrated as both is one weight."""
        return without(self.weights.whole(-minimum(concentration_of(one), concentration_of(two))))


def _left(pool: Unpaired) -> int:
    return len(pool.atoms)


def _ways_of(options: _Options) -> int:
    _, partners, givers = options
    return len(partners) + len(givers)


def _products(ways: Ways, more: Ways) -> Ways:
    return tuple(times(one, other) for one in ways for other in more)


def _share_of(ways: Ways, number: int) -> Ways:
    """What one of so many has of a weight that they share."""
    return tuple((way[0] / number, tuple((weight, count / number) for weight, count in way[1])) for way in ways)


def _has_a_cube(one: Activation, part: VectorDirection) -> bool:
    """Has the cube of a function in a part a moment of its own: of one with a slope larger than its third moment?

    A function that only tells where it is something is its own square, and its cube no more than it.
    """
    cubed = isinstance(part, Entrywise) or one.moments[0].is_zero_quantity
    return cubed and not one.function.idempotent and lacks_third(one)


@lru_cache(maxsize=65536)
def _given(function: Activation) -> tuple[tuple[VectorDirection, Order], ...]:
    """The parts that an activation may give."""
    return tuple((part, size_given(function, part, size)) for part, size in function.parts)


def _given_at_last(function: Activation) -> Iterator[tuple[VectorDirection, Order]]:
    """The same, and what the activations in them may give then."""
    for part, size in _given(function):
        yield part, size
        for factor in factors(part):
            if isinstance(factor, Activation):
                yield from _given_at_last(factor)
