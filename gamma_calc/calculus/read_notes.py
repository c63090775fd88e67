"""What was read from notes of what travels together, kept as far as further notes do not change it.

Most notes of a step are of few directions, and what two others have in common stays what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from itertools import chain
from typing import TypeVar

from gamma_calc.calculus.direction import FreshImage, RandomMatrix, VectorDirection
from gamma_calc.exponents import Order

Shares = Mapping[VectorDirection, Order]
Images = Mapping[RandomMatrix, list[tuple[FreshImage, Order]]]
Pair = tuple[VectorDirection, VectorDirection]
K = TypeVar("K")
V = TypeVar("V")


class ReadNotes:
    """By direction all that it stands for, and the images in that; and what pairs of directions have in common.

    Who rests on whom is known to all that go back to the same: too much of it reads something anew and is no fault.
    """

    def __init__(self) -> None:
        self.closures: dict[VectorDirection, Shares] = {}
        self.images: dict[VectorDirection, Images] = {}
        self.common: dict[Pair, Order] = {}
        self._holders: dict[VectorDirection, set[VectorDirection]] = {}  # what a direction comes with
        self._pairs: dict[VectorDirection, set[Pair]] = {}  # what is known of a direction beside others
        self._users: dict[Pair, set[Pair]] = {}  # what has something in common by what a pair has

    def keep_closure(self, one: VectorDirection, shares: Shares) -> None:
        """Keep what a direction stands for."""
        self.closures[one] = shares
        for part in shares:
            self._holders.setdefault(part, set()).add(one)

    def keep_common(self, common: Mapping[Pair, Order], users: Mapping[Pair, Iterable[Pair]]) -> None:
        """Keep what pairs have in common, and which of them have it by which others."""
        for pair in (pair for pair in common if pair not in self.common):
            for side in pair:
                self._pairs.setdefault(side, set()).add(pair)
        self.common.update(common)
        for pair, those in users.items():
            self._users.setdefault(pair, set()).update(those)

    def beside(self, noted: Iterable[VectorDirection]) -> ReadNotes:
        """What stays as it is once more comes with these directions."""
        kept = copy(self)
        changed = set().union(*(self._holders.get(one, ()) for one in noted))
        gone = self._using(chain.from_iterable(self._pairs.get(one, ()) for one in changed))
        kept.closures, kept.images, kept.common = (
            _without(self.closures, changed),
            _without(self.images, changed),
            _without(self.common, gone),
        )
        return kept

    def _using(self, pairs: Iterable[Pair]) -> set[Pair]:
        """These pairs, and all that have something in common by them."""
        found = set(pairs)
        waiting = list(found)
        while waiting:
            more = self._users.get(waiting.pop(), set()) - found
            found |= more
            waiting += more
        return found


def _without(known: Mapping[K, V], keys: Iterable[K]) -> dict[K, V]:
    left = dict(known)
    for key in keys:
        left.pop(key, None)
    return left
