"""The search for the largest way to pair the factors of an entrywise product off.

What it finds are ways (``calculus/ways.py``), of which orders are made last. Directions go by number in it
(``calculus/numbered_directions.py``), and where it need not go on is told by bounds (``calculus/pairing_bounds.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from heapq import heappop, heappush
from typing import NamedTuple

from gamma_calc.calculus.numbered_directions import ArgumentPart, Functions, NumberedDirections, Unpaired
from gamma_calc.calculus.pairing_bounds import PairingBounds
from gamma_calc.calculus.ways import AT_ONCE, NO_WAY, Ways, products
from gamma_calc.exponents import MINUS_INFINITY, Order, look


class Branch(NamedTuple):
    """A step of the search: its weights, and what is to be paired off after it."""

    weights: Ways
    rest: Unpaired


class _Turn(NamedTuple):
    """When a pool is paired off: the least first."""

    is_part: bool
    atoms: int
    number: int
    pool: Unpaired


_Options = tuple[int, list[tuple[int, Ways]], list[tuple[int, ArgumentPart]]]


@dataclass(frozen=True, eq=False)
class PairingSearch:
    """The search in one product.

    ``falling``: no part of an argument gives more than 0, the squares of what is sparse in it counted, and so neither
    does whatever is left to be paired off. Then what is nowhere above ``chance`` may be left out.
    """

    known: NumberedDirections
    falling: bool
    chance: Order = MINUS_INFINITY

    def largest(self, pool: Unpaired, budget: int) -> Order:
        """The order of the largest way to pair everything off: with no part given, with one at most, and so on.

        Of parts there are far more than of pairs. So all is paired off that can be before one more part is given.
        Where nothing gains, the search ends with a way that is nowhere below what an atom leaves at most.
        """
        found, seen = NO_WAY, dict[Unpaired, Ways]()
        reached: dict[Unpaired, Ways] = {pool: (AT_ONCE,)}
        bounds = [self.bounds.of_atom(pool, atom) for atom in pool.atoms] if self.falling else []
        for left in reversed(range(budget + 1)):
            if not reached or any(not self._worthwhile(most, (*self.floor, *found)) for most in bounds):
                break
            found, passed = self._paired(reached, found, seen)
            reached = self._after_giving(passed, found) if left and not self._is_full(found) else {}
        return self.known.weights.order(found)

    def _is_full(self, found: Ways) -> bool:
        """Is a way found that is nowhere below 0?"""
        return any(self.known.weights.is_covered(AT_ONCE, way) for way in found)

    def unsettled(self, pool: Unpaired, ways: Ways, known: Ways) -> Ways:
        """Those of the ways to a pool that may come to more than what is known."""
        most = self.known.once((pool, "most"), lambda: self.bounds.of_all(pool))
        above = (way for way in ways if self._worthwhile(products((way,), most), known))
        return tuple(way for way in above if not self.known.weights.is_settled(way, known))

    @property
    def bounds(self) -> PairingBounds:
        return PairingBounds(self.known)

    @cached_property
    def floor(self) -> Ways:
        return self.known.weights.ways(self.chance)

    def _paired(
        self, reached: dict[Unpaired, Ways], found: Ways, seen: dict[Unpaired, Ways]
    ) -> tuple[Ways, dict[Unpaired, Ways]]:
        """The ways that are found when no more parts are given, and the pools that they pass.

        Where a pool was seen with fewer parts given, only ways that are not below those count.
        """
        passed, turns = dict[Unpaired, Ways](), list[_Turn]()
        self._wait(turns, reached, reached)
        while turns and not self._is_full(found):
            look()
            pool = heappop(turns).pool
            ways = self._worthwhile(reached.pop(pool, NO_WAY), (*seen.get(pool, NO_WAY), *self._known_by(found)))
            if not ways:
                continue
            seen[pool] = self.known.weights.joined(seen.get(pool, NO_WAY), ways)
            passed[pool] = self.known.weights.joined(passed.get(pool, NO_WAY), ways)
            found = self.known.weights.joined(found, products(ways, self._done(pool)))
            branches = list(self._pairings(pool))
            self._lead_to(reached, ways, branches)
            self._wait(turns, reached, (branch.rest for branch in branches))
        return found, passed

    def _wait(self, turns: list[_Turn], reached: Mapping[Unpaired, Ways], pools: Iterable[Unpaired]) -> None:
        """Give pools their turns. One may have several: its ways go by the first.

        Where nothing gains, a way of order 0 ends the search: while there may be one, the pool with the fewest atoms is
        nearest to it. Else the one with the most goes first, as a pairing leaves fewer: then none is come to again.
        """
        for pool in pools:
            is_whole, left = self.falling and AT_ONCE in reached[pool], len(pool.atoms)
            heappush(turns, _Turn(not is_whole, left if is_whole else -left, len(turns), pool))

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
            reached[rest] = self.known.weights.joined(reached.get(rest, NO_WAY), products(ways, weights))

    def _known_by(self, found: Ways) -> Ways:
        """What no way is worth taking that is nowhere above it."""
        return (*self.floor, *found) if self.falling else NO_WAY

    def _worthwhile(self, ways: Ways, known: Ways) -> Ways:
        return tuple(way for way in ways if not any(self.known.weights.is_covered(way, other) for other in known))

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
        return self.known.once(
            (pool, "fewest"), lambda: min((self._options(pool, a) for a in pool.atoms), key=_ways_of)
        )

    def _options(self, pool: Unpaired, wanted: int) -> _Options:
        """What an atom can pair with, and the parts of activations that can."""
        partners = [(other, self.known.agreement(wanted, other)) for other in pool.atoms if other != wanted]
        givers = [(f, part) for f, part in self._parts(pool.functions) if self.known.mentions(part, wanted)]
        return wanted, [(other, shared) for other, shared in partners if shared], givers

    def _done(self, pool: Unpaired) -> Ways:
        """With no atom left: the moments that the activations have."""
        sizes = [] if pool.atoms else [self.known.moment(function, len(given)) for function, given in pool.functions]
        if pool.atoms or not all(sizes):
            return NO_WAY
        return reduce(products, sizes, (AT_ONCE,))

    def _further(self, pool: Unpaired) -> Iterator[Branch]:
        """With no atom left: one more part, of any activation whose moment may still change.

        Of one without a moment, or such as change it, if there is one: it must give another part, or meet itself, in
        any way to pair; and which is given first makes no difference.
        """
        sizes = {function: self.known.moment(function, len(given)) for function, given in pool.functions}
        lacking = [function for function, size in sizes.items() if not size]
        first = min(lacking, key=lambda function: len(self.known.parts_of(function)), default=None)
        for function, part in self._parts(pool.functions):
            wanted = (
                sizes[function] != (AT_ONCE,) if first is None else function == first or self.known.is_in(first, part)
            )
            if wanted:
                yield self._with(pool, function, part)

    def _parts(self, functions: Functions) -> Iterator[tuple[int, ArgumentPart]]:
        """What the activations can still give."""
        for function, given in functions:
            yield from (
                (function, part) for part in self.known.useful(function) if (part.number, part.most) not in given
            )

    def _with(self, pool: Unpaired, function: int, part: ArgumentPart) -> Branch:
        """An activation gives one more part of its argument."""
        given = dict(pool.functions)
        given[function] |= {(part.number, sum(number == part.number for number, _ in given[function]))}
        atoms, functions, gain = self.known.gathered(pool.atoms, (*given, *part.factors))
        inside = Unpaired(atoms, frozenset((f, self.known.given_by(f, given)) for f in functions))
        return Branch(products(part.sizes, (gain,)), inside)


def _ways_of(options: _Options) -> int:
    _, partners, givers = options
    return len(partners) + len(givers)
