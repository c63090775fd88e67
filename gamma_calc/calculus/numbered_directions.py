"""The directions of an entrywise product by number, and what a search needs to know of them, each found once.

A search comes to one pool of directions in many ways, and what functions are made of is long to compare.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from itertools import chain
from typing import Any, Final, NamedTuple, TypeVar

from gamma_calc.calculus.bends import concentration_of
from gamma_calc.calculus.direction import Activation, Entrywise, VectorDirection, factors
from gamma_calc.calculus.entrywise_products import (
    are_one,
    gain_of_both,
    lacks_third,
    order_of_moment,
    size_given,
    together,
)
from gamma_calc.calculus.ways import AT_ONCE, Way, Ways, Weights, products, times, without
from gamma_calc.exponents import Order

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
        return products(self.sizes, (self.dense,))


@dataclass(frozen=True, eq=False)
class NumberedDirections:
    """What is known of directions. ``pair`` tells how far two that are no functions agree, -oo for not at all."""

    pair: Agreement
    weights: Weights = field(default_factory=Weights)
    _numbers: dict[VectorDirection, int] = field(default_factory=dict)
    _directions: list[VectorDirection] = field(default_factory=list)
    _known: dict[Hashable, Any] = field(default_factory=dict)

    def pool(self, atoms: Collection[VectorDirection], functions: Collection[Activation]) -> Unpaired:
        """What must pair off, before any part is given."""
        self._meet(atoms, functions)
        given = frozenset((self.number(f), NOTHING_GIVEN) for f in functions)
        return Unpaired(frozenset(map(self.number, atoms)), given)

    def number(self, direction: VectorDirection) -> int:
        """That of a direction, the next one where it is new."""
        number = self._numbers.setdefault(direction, len(self._directions))
        if number == len(self._directions):
            self._directions.append(direction)
        return number

    def is_function(self, number: int) -> bool:
        return isinstance(self._directions[number], Activation)

    def activation(self, number: int) -> Activation:
        """The function of this number."""
        found = self._directions[number]
        assert isinstance(found, Activation)
        return found

    def once(self, question: Hashable, make: Callable[[], Made]) -> Made:
        """The answer to a question, made where it has not been asked before."""
        if question not in self._known:
            self._known[question] = make()
        found: Made = self._known[question]
        return found

    def useful(self, function: int) -> tuple[ArgumentPart, ...]:
        """The parts that an activation may give: none, if it then has no moment."""
        one = self.activation(function)
        vanishes = one.function.idempotent and all(moment.is_zero_quantity for moment in one.moments[1:])
        return () if vanishes else self.parts_of(function)

    def parts_of(self, function: int) -> tuple[ArgumentPart, ...]:
        return self.once(
            ("parts", function), lambda: tuple(self._part(*one) for one in _given(self.activation(function)))
        )

    def _part(self, part: VectorDirection, size: Order) -> ArgumentPart:
        functions = [f for f in factors(part) if isinstance(f, Activation)]
        most = min(len(functions), 1) + any(_has_a_cube(f, part) for f in functions)
        dense = reduce(times, (without(self.weights.whole(-concentration_of(f))) for f in functions), AT_ONCE)
        numbers = tuple(map(self.number, factors(part)))
        return ArgumentPart(self.number(part), self.weights.ways(size), dense, numbers, most)

    def agreement(self, one: int, two: int) -> Ways:
        """How far two factors agree; no way where they are independent."""
        directions = self._directions[one], self._directions[two]
        return self.once(("pair", one, two), lambda: self.weights.ways(self.pair(*directions)))

    def mentions(self, part: ArgumentPart, wanted: int) -> bool:
        """Does a part have a factor that pairs with what is wanted, at once or through an activation of its own?"""
        return self.once(("mentions", part.number, wanted), lambda: any(self._has(f, wanted) for f in part.factors))

    def _has(self, factor: int, wanted: int) -> bool:
        if self.is_function(factor):
            return any(self.mentions(inside, wanted) for inside in self.parts_of(factor))
        return factor == wanted or bool(self.agreement(factor, wanted))

    def is_in(self, function: int, part: ArgumentPart) -> bool:
        """Is a version of a function in a part of an argument, at any depth?"""
        return self.once(
            ("in", function, part.number),
            lambda: any(
                self.are_one(one, function) or any(self.is_in(function, deeper) for deeper in self.parts_of(one))
                for one in part.factors
                if self.is_function(one)
            ),
        )

    def moment(self, function: int, count: int) -> Ways:
        return self.once(
            ("moment", function, count), lambda: self.weights.ways(order_of_moment(self.activation(function), count))
        )

    def are_one(self, one: int, two: int) -> bool:
        return self.once(("are one", one, two), lambda: are_one(self.activation(one), self.activation(two)))

    def _together(self, one: int, two: int) -> int:
        return self.once(
            ("together", one, two), lambda: self.number(together(self.activation(one), self.activation(two)))
        )

    def _gain(self, one: int, two: int) -> Way:
        """What the product of two functions at one place gains where both are sparse."""
        return self.once(("gain", one, two), lambda: self._less(self.activation(one), self.activation(two)))

    def _less(self, one: Activation, two: Activation) -> Way:
        """A gain has no second way: what is as concentrated as both is one weight."""
        return without(self.weights.whole(-gain_of_both(one, two)))

    def _meet(self, atoms: Collection[VectorDirection], functions: Collection[Activation]) -> None:
        """All weights that the search may use, where they are open: of what stands alone in one, others are sums."""
        given = [(part, size) for f in functions for part, size in _given_at_last(f)]
        sizes = [size for _, size in given]
        if all(size.number is not None for size in sizes):
            return
        inside = {f for part, _ in given for f in factors(part) if not isinstance(f, Activation)}
        self.weights.meet((*sizes, *(self.pair(one, other) for one in {*atoms, *inside} for other in inside)))

    def gathered(self, atoms: frozenset[int], more: tuple[int, ...]) -> tuple[frozenset[int], list[int], Way]:
        """What ``gathered`` makes of directions, by number."""
        functions: list[int] = []
        gain = AT_ONCE
        for one in more:
            if not self.is_function(one):
                atoms ^= {one}
                continue
            twin = next((f for f in functions if self.are_one(f, one)), None)
            if twin is not None:
                functions.remove(twin)
                gain = times(gain, self._gain(twin, one))
            functions.append(one if twin is None else self._together(twin, one))
        return atoms, functions, gain

    def given_by(self, one: int, given: Mapping[int, Given]) -> Given:
        """The parts that the versions of an activation have given."""
        return NOTHING_GIVEN.union(*(parts for f, parts in given.items() if self.are_one(f, one)))


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


@lru_cache(maxsize=65536)
def _given_at_last(function: Activation) -> frozenset[tuple[VectorDirection, Order]]:
    """The same, and what the activations in them may give then."""
    own = frozenset(_given(function))
    inside = chain.from_iterable(factors(part) for part, _ in own)
    return own.union(*(_given_at_last(factor) for factor in inside if isinstance(factor, Activation)))
