"""The largest way to pair directions off, by looking at every way up to one of order 0, with the orders themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from gamma_calc.calculus.direction import Activation, Entrywise, VectorDirection, factors
from gamma_calc.calculus.entrywise_products import gathered, is_version, lacks_third, order_of_moment, size_given
from gamma_calc.calculus.overlap import pair
from gamma_calc.exponents import MINUS_INFINITY, Order, maximum, order

Parts = frozenset[tuple[VectorDirection, int]]  # each with how many times it was given before
NO_PARTS: Final[Parts] = frozenset()
Given = tuple[Activation, VectorDirection, Order]  # an activation, a part of its argument and its size


def largest(those: Collection[VectorDirection], budget: int) -> Order:
    """The largest way, with at most so many parts of arguments."""
    atoms, functions, gain = gathered(those)
    pool = Pool(frozenset(atoms), frozenset((f, NO_PARTS) for f in functions))
    return gain + moment(pool, min(2 * len(those), budget))


@dataclass(frozen=True, slots=True)
class Pool:
    """Directions of an entrywise product that must pair off, and activations with the parts each has given so far.

    A part is given once: its square has a mean, which is counted where it is given two times less. But where there is
    a function in it the square is along the function's argument: relu(relu(x) u) is along x by relu(x)^2 u^2.
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
        lacking = [function for function, size in sizes.items() if size.is_zero_quantity]
        if not lacking:
            yield sum(sizes.values(), start=order(0))
        for function, part, share in self._wanted(lacking) if budget else ():
            if lacking or sizes[function] != 0:
                yield self._with(function, part, share, budget)

    def _wanted(self, lacking: Collection[Activation]) -> Iterator[Given]:
        """The parts that may be given next: of one activation without a moment, or such as change it, if there is one.

        It must give another part, or meet itself, in any way to pair; and which is given first makes no difference.
        """
        first = min(lacking, key=lambda function: len(function.parts), default=None)
        for function, part, share in self._parts():
            if first is None or function == first or _is_inside(first, part):
                yield function, part, share

    def _parts(self) -> Iterator[Given]:
        """What the activations can still give."""
        for function, given in self.functions:
            if function.function.idempotent and all(moment.is_zero_quantity for moment in function.moments[1:]):
                continue  # of no use, as it then has no moment
            parts = ((part, size_given(function, part, size)) for part, size in function.parts)
            yield from ((function, part, size) for part, size in parts if (part, _most(part)) not in given)

    def _with(self, function: Activation, part: VectorDirection, size: Order, budget: int) -> Order:
        """The moment when an activation has given one more part of its argument."""
        given = dict(self.functions)
        given[function] |= {(part, sum(known == part for known, _ in given[function]))}
        atoms, functions, gain = gathered((*self.atoms, *given, *factors(part)))
        inside = Pool(frozenset(atoms), frozenset((f, _given_by(f, given)) for f in functions))
        return gain + size + moment(inside, budget - 1)


def _is_inside(one: Activation, part: VectorDirection) -> bool:
    """Is a version of a function in a part of an argument, at any depth?"""
    inside = (f for f in factors(part) if isinstance(f, Activation))
    return any(is_version(f, one) or any(_is_inside(one, deeper) for deeper, _ in f.parts) for f in inside)


def _given_by(one: Activation, given: Mapping[Activation, Parts]) -> Parts:
    """The parts that the versions of an activation have given."""
    return NO_PARTS.union(*(parts for f, parts in given.items() if is_version(f, one)))


def _most(part: VectorDirection) -> int:
    """How often a part may have been given when it is given last: its square and its cube have moments of their own.

    The square of a function has those that the function lacks, and so has the cube where the function is nearly linear.
    """
    inside = [f for f in factors(part) if isinstance(f, Activation)]
    return min(len(inside), 1) + any(_has_a_cube(f, part) for f in inside)


def _has_a_cube(one: Activation, part: VectorDirection) -> bool:
    cubed = isinstance(part, Entrywise) or one.moments[0].is_zero_quantity
    return cubed and not one.function.idempotent and lacks_third(one)


_Options = tuple[VectorDirection, list[tuple[VectorDirection, Order]], list[Given]]


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
