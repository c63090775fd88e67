"""The largest way to pair directions off, by looking at every way up to one of order 0, with the orders themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from gamma_calc.calculus.direction import Activation, Entrywise, VectorDirection, factors, has_function
from gamma_calc.calculus.entrywise_products import gathered, is_version, order_of_moment
from gamma_calc.calculus.overlap import pair
from gamma_calc.exponents import MINUS_INFINITY, Order, maximum, order

Parts = frozenset[tuple[VectorDirection, int]]  # each with how many times it was given before
NO_PARTS: Final[Parts] = frozenset()


def largest(those: Collection[VectorDirection], budget: int) -> Order:
    """The largest way, with at most so many parts of arguments."""
    atoms, functions, gain = gathered(those)
    pool = Pool(frozenset(atoms), frozenset((f, NO_PARTS) for f in functions))
    return gain + moment(pool, min(len(atoms) + 2 * len(functions), budget))


@dataclass(frozen=True, slots=True)
class Pool:
    """Directions of an entrywise product that must pair off, and activations with the parts each has given so far.

    A part is given once: its square has a mean, which is counted where it is given two times less. But of a product
    with a function in it the square is along the function's argument: relu(relu(x) u) is along x by relu(x)^2 u^2.
    """

    atoms: frozenset[VectorDirection]
    functions: frozenset[tuple[Activation, Parts]]

    def ways(self, budget: int) -> Iterator[Order]:
        """The ways to pair everything off; no way is larger than 0. The atom with the fewest ways goes first."""
        if not self.atoms:
            yield from self._closed(budget)
            return
        options = [self._options(atom) for atom in self.atoms]
        wanted, partners, givers = min(options, key=lambda option: len(option[1]) + len(option[2]))
        for other, shared in partners:
            yield shared + moment(Pool(self.atoms - {wanted, other}, self.functions), budget)
        for function, part, size in givers if budget else ():
            yield self._with(function, part, size, budget)

    def _options(self, wanted: VectorDirection) -> _Options:
        """What an atom can pair with, and the parts of activations that can."""
        pairs = [(other, pair(wanted, other)) for other in self.atoms if other != wanted]
        partners = [(other, shared) for other, shared in pairs if not shared.is_zero_quantity]
        givers = [(f, part, size) for f, part, size in self._parts() if _mentions(part, wanted)]
        return wanted, partners, givers

    def _closed(self, budget: int) -> Iterator[Order]:
        """With no atom left: the moments that the activations have; where one has none, one more part of any."""
        sizes = {function: order_of_moment(function, len(given)) for function, given in self.functions}
        vanishes = any(size.is_zero_quantity for size in sizes.values())
        if not vanishes:
            yield sum(sizes.values(), start=order(0))
        for function, part, share in self._parts() if budget else ():
            if vanishes or sizes[function] != 0:
                yield self._with(function, part, share, budget)

    def _parts(self) -> Iterator[tuple[Activation, VectorDirection, Order]]:
        """What the activations can still give."""
        for function, given in self.functions:
            yield from ((function, part, size) for part, size in function.parts if (part, _most(part)) not in given)

    def _with(self, function: Activation, part: VectorDirection, size: Order, budget: int) -> Order:
        """The moment when an activation has given one more part of its argument."""
        given = dict(self.functions)
        given[function] |= {(part, int((part, 0) in given[function]))}
        atoms, functions, gain = gathered((*self.atoms, *given, *factors(part)))
        inside = Pool(frozenset(atoms), frozenset((f, _given_by(f, given)) for f in functions))
        return gain + size + moment(inside, budget - 1)


def _given_by(one: Activation, given: Mapping[Activation, Parts]) -> Parts:
    """The parts that the versions of an activation have given."""
    return NO_PARTS.union(*(parts for f, parts in given.items() if is_version(f, one)))


def _most(part: VectorDirection) -> int:
    """How often a part may have been given when it is given last."""
    return int(isinstance(part, Entrywise) and has_function(part))


_Options = tuple[VectorDirection, list[tuple[VectorDirection, Order]], list[tuple[Activation, VectorDirection, Order]]]


@lru_cache(maxsize=65536)
def moment(pool: Pool, budget: int) -> Order:
    """The largest way to pair everything off."""
    best = MINUS_INFINITY
    for size in pool.ways(budget):
        best = maximum(best, size)
        if best == 0:
            break
    return best


def _mentions(part: VectorDirection, wanted: VectorDirection) -> bool:
    """Does a part have a factor that pairs with what is wanted, at once or through an activation of its own?"""
    for factor in factors(part):
        if isinstance(factor, Activation):
            if any(_mentions(inside, wanted) for inside, _ in factor.parts):
                return True
        elif not pair(factor, wanted).is_zero_quantity:
            return True
    return False
