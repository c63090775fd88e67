"""What travels together, as one direction: so that vectors have as many directions as the first step made.

After a block that is skipped, x + W x, both x and W x go on, and each further block doubles what there is; and each
step adds what its updates made of all that. But whatever holds W x holds x as well, at no smaller size. So x stands for
the sum, with a note of what comes with it: words that end in it, and what later steps added beside it.

A note is one for all steps and places, at the largest share that there was. What is read from it (``calculus/meeting``)
is never less than there is, and more where something comes in later, or is smaller, than where its share was largest.
Without notes what came along is not counted, and never more is read than there is. Where both readings agree, an order
is exact (docs/explanation).

An example: x + W x is x, with the note W x at 0. Then W' times it has a part along x, from the note.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Protocol

from gamma_calc.calculus.direction import (
    Direction,
    FreshImage,
    Outer,
    RandomMatrix,
    VectorDirection,
    as_vector,
    is_matrix,
)
from gamma_calc.calculus.premises import Comparison
from gamma_calc.calculus.read_notes import Images, ReadNotes, Shares
from gamma_calc.calculus.value import Value
from gamma_calc.exponents import MINUS_INFINITY, Order, maximum, order

Notes = Mapping[VectorDirection, Shares]


class KeptOrders(Protocol):
    """How orders are compared and kept where they are read."""

    @property
    def comparison(self) -> Comparison:
        """How orders are compared."""

    def nowhere_above(self, low: Order, high: Order) -> bool:
        """Is the first at most the second?"""

    def on_scope(self, order: Order) -> Order:
        """An order as it is kept."""


@dataclass(frozen=True)
class Streams:
    """By direction what comes with it, each with the most that it was relative to it; and all that the start made.

    Those that are not ``noted`` keep nothing of what came along, and ``coarse`` ones take all that did for as large as
    what it came with. What is read from the notes stays known.
    """

    noted: bool = True
    coarse: bool = False
    notes: Notes = field(default_factory=lambda: MappingProxyType({}))
    first: frozenset[VectorDirection] = frozenset()
    read: ReadNotes = field(default_factory=ReadNotes, compare=False, repr=False)
    _next: dict[Hashable, Streams] = field(init=False, default_factory=dict, compare=False, repr=False)

    def mapped(self, change: Callable[[Order], Order]) -> Streams:
        """The same with every share changed."""
        notes = {of: {one: change(share) for one, share in shares.items()} for of, shares in self.notes.items()}
        return replace(self, notes=MappingProxyType(notes), read=ReadNotes())

    @property
    def all_alike(self) -> Streams:
        """The same where all that comes with a direction may be as large: after a division by too large a size."""
        return self.mapped(lambda _: order(0))

    # -- what comes together -------------------------------------------------------------------------------------------

    def gathered(self, vector: Value, reading: KeptOrders, *, at_start: bool) -> tuple[Value, Streams]:
        """A vector in which each direction stands for what comes with it, and these with what that adds."""
        kept = {as_vector(d): size for d, size in vector.components.items()}
        left = set(kept)  # looked through at once
        found: dict[VectorDirection, dict[VectorDirection, Order]] = {}
        for direction, size in tuple(kept.items()):
            others = self._may_stand_for(direction, left, kept, later=not at_start)
            by = next((other for other in others if reading.nowhere_above(size, kept[other])), None)
            if by is not None:
                found.setdefault(by, {})[direction] = order(0) if self.coarse else reading.on_scope(size - kept[by])
                del kept[direction]
                left.remove(direction)
        here = replace(self, first=self.first | kept.keys()) if at_start else self
        together = vector if not found and vector.least is None else Value.merge(kept.items(), vector.power)
        return together, here.noting(found, reading) if self.noted else here

    def _may_stand_for(
        self, one: VectorDirection, left: set[VectorDirection], kept: Shares, *, later: bool
    ) -> Iterator[VectorDirection]:
        """What a word ends in; for what a later step made, also all that the first one did."""
        if len(left & _ends(one)) > 1:  # it is one of them itself
            yield from (tail for tail in tails(one) if tail in left)
        if later and one not in self.first and not left.isdisjoint(self.first):
            yield from (other for other in tuple(kept) if other in self.first)

    def noting(self, found: Notes, reading: KeptOrders) -> Streams:
        """With what is more than was noted anywhere."""
        more: dict[VectorDirection, Shares] = {}
        for of, shares in found.items():
            known = self.notes.get(of, {})
            pairs = ((one, known.get(one, MINUS_INFINITY), share) for one, share in shares.items())
            larger = {d: reading.on_scope(maximum(o, s)) for d, o, s in pairs if not reading.nowhere_above(s, o)}
            if larger:
                more[of] = larger
        return self._and(more) if more else self

    def _and(self, more: Notes) -> Streams:
        """With more notes. Whoever notes the same is given the same object, which knows what was read from it."""
        key = frozenset((of, frozenset(shares.items())) for of, shares in more.items())
        if key not in self._next:
            notes = {**self.notes, **{of: {**self.notes.get(of, {}), **shares} for of, shares in more.items()}}
            self._next[key] = replace(self, notes=MappingProxyType(notes), read=self.read.beside(more))
        return self._next[key]

    # -- what a direction stands for -----------------------------------------------------------------------------------

    def is_noted(self, direction: Direction) -> bool:
        """Does a direction stand for more than itself?"""
        return any(not self._noted_ones.isdisjoint(_ends(side)) for side in sides(direction))

    @cached_property
    def _noted_ones(self) -> frozenset[VectorDirection]:
        return frozenset(self.notes)

    def closure(self, one: VectorDirection) -> Shares:
        """A direction and all that comes with it, with what comes with that."""
        if one not in self.read.closures:
            found, waiting = {one: order(0)}, [one]
            while waiting:
                of = waiting.pop()
                for more, share in self.notes.get(of, {}).items():
                    best = maximum(found.get(more, MINUS_INFINITY), found[of] + share)
                    if best != found.get(more):
                        found[more] = best
                        waiting.append(more)
            self.read.keep_closure(one, found)
        return self.read.closures[one]

    def images(self, one: VectorDirection) -> Images:
        """The images among what a direction stands for, by their matrix."""
        if one not in self.read.images:
            found: dict[RandomMatrix, list[tuple[FreshImage, Order]]] = {}
            for part, share in self.closure(one).items():
                if isinstance(part, FreshImage):
                    found.setdefault(part.matrix, []).append((part, share))
            self.read.images[one] = found
        return self.read.images[one]


def sides(direction: Direction) -> tuple[VectorDirection, ...]:
    """The vectors that a direction is made of: itself, or both of an update."""
    if isinstance(direction, Outer):
        return direction.left, direction.right
    return () if is_matrix(direction) else (as_vector(direction),)


@lru_cache(maxsize=65536)
def _ends(direction: VectorDirection) -> frozenset[VectorDirection]:
    """A direction and its tails, to be looked for at once."""
    return frozenset((direction, *tails(direction)))


@lru_cache(maxsize=65536)
def tails(direction: VectorDirection) -> tuple[VectorDirection, ...]:
    """What the matrices of a word are applied to, from the last one on."""
    found = []
    while isinstance(direction, FreshImage):
        direction = direction.of
        found.append(direction)
    return tuple(found)
