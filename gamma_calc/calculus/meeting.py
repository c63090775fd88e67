"""What meets of all that travels together (``calculus/streams.py``), where two tensors are contracted.

Only what the other side has a part in common with is looked up: images that a transpose brings back, and directions
that both sides stand for. The rest of what travels along is no larger than what it travels with, by chance or not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain, product

from gamma_calc.calculus.dims import Dim, Shape
from gamma_calc.calculus.direction import Direction, Outer, RandomMatrix, VectorDirection, as_vector
from gamma_calc.calculus.overlap import overlap
from gamma_calc.calculus.read_notes import Pair
from gamma_calc.calculus.streams import KeptOrders, Streams, sides
from gamma_calc.calculus.value import Value
from gamma_calc.exponents import MINUS_INFINITY, Order, largest, maximum, order

Link = tuple[Pair, Order]
Part = tuple[VectorDirection, Order]


class Notebook:
    """What travels together, as it is found while expressions are evaluated, and how orders are read there."""

    def __init__(self, streams: Streams, reading: KeptOrders) -> None:
        self.streams = streams
        self.reading = reading

    def gathered(self, vector: Value, *, at_start: bool) -> Value:
        """A vector in which each direction stands for what comes with it, which is noted."""
        found, self.streams = self.streams.gathered(vector, self.reading, at_start=at_start)
        return found

    def vector_met(self, vector: Value, others: Iterable[Direction]) -> Value:
        """A vector with all that it stands for and one of these meets: vectors, or matrices by their last axis."""
        if not self.streams.notes:
            return vector
        known = tuple(others)
        drawn = [d.T for d in known if isinstance(d, RandomMatrix)]
        rows = (d.right if isinstance(d, Outer) else as_vector(d) for d in known if not isinstance(d, RandomMatrix))
        found = chain(self._returning(vector, drawn), self._agreeing(vector, dict.fromkeys(rows)))
        return Value.merge(chain(vector.components.items(), found), vector.power)

    def tensor_met(self, tensor: Value, others: Iterable[Direction], shape: Shape) -> Value:
        """A tensor with all that it stands for and that has a part in common with one of these, of the same shape."""
        if not self.streams.notes:
            return tensor
        pairs = product(tensor.components.items(), others)
        found = ((other, size + self._agreement(d, other, shape)) for (d, size), other in pairs if d != other)
        return Value.merge(chain(tensor.components.items(), found), tensor.power)

    def _returning(self, vector: Value, matrices: Collection[RandomMatrix]) -> Iterator[Part]:
        """The images under these matrices that it stands for."""
        for d, size in vector.components.items():
            for matrix in matrices:
                images = self.streams.images(as_vector(d)).get(matrix, ())
                yield from ((part, size + share) for part, share in images)

    def _agreeing(self, vector: Value, others: Iterable[VectorDirection]) -> Iterator[Part]:
        """What it stands for of these; no share is above 0, so that it is not asked where that is known to be there."""
        for other in others:
            known = vector.components.get(other, MINUS_INFINITY)
            for d, size in vector.components.items():
                if d != other and self._is_noted(d, other) and not self.reading.nowhere_above(size, known):
                    yield other, size + common(self.streams, as_vector(d), other, self.reading)

    def _is_noted(self, *directions: Direction) -> bool:
        return any(map(self.streams.is_noted, directions))

    def _agreement(self, one: Direction, two: Direction, shape: Shape) -> Order:
        """What two directions of a tensor have in common by their notes; -oo where neither has one.

        Of a matrix as drawn and an update it is not looked up: no more than all.
        """
        if not self._is_noted(one, two):
            return MINUS_INFINITY
        if len(sides(one)) != len(sides(two)):
            return order(0)
        pairs = zip(sides(one), sides(two), shape, strict=True)
        return sum((self._in_common(*pair) for pair in pairs), start=order(0))

    def _in_common(self, one: VectorDirection, two: VectorDirection, dim: Dim) -> Order:
        """The overlap of two directions by their notes and by themselves."""
        return maximum(common(self.streams, one, two, self.reading), overlap(one, two, dim, self.reading.comparison))


def common(streams: Streams, one: VectorDirection, two: VectorDirection, reading: KeptOrders) -> Order:
    """The overlap of two directions by what both stand for; -oo where that is nothing.

    Images under one matrix have in common what they are images of, which may lead back to where it began. No share is
    above 0, so that to go round adds nothing.
    """
    if (one, two) not in streams.read.common:
        known, users = _reached(streams, (one, two))
        waiting = [pair for pair, share in known.items() if not share.is_zero_quantity]
        while waiting:
            by = waiting.pop()
            for pair, share in users.get(by, ()):
                found = known[by] + share
                if not reading.nowhere_above(found, known[pair]):
                    known[pair] = reading.on_scope(maximum(known[pair], found))
                    waiting.append(pair)
        streams.read.keep_common(known, {by: [pair for pair, _ in links] for by, links in users.items()})
    return streams.read.common[one, two]


def _reached(streams: Streams, first: Pair) -> tuple[dict[Pair, Order], dict[Pair, list[Link]]]:
    """What pairs have in common at once, for all that a pair leads to, and to each of them the pairs that do."""
    known: dict[Pair, Order] = {}
    users: dict[Pair, list[Link]] = {}
    waiting = [first]
    while waiting:
        pair = waiting.pop()
        if pair in known:
            continue
        if pair in streams.read.common:
            known[pair] = streams.read.common[pair]
            continue
        alike = _alike(streams, *pair)
        links = list(_links(streams, *pair)) if alike != 0 else []
        known[pair] = largest((alike, *(_by_chance(matrix) + share for matrix, _, share in links)))
        for _, by, share in links:
            users.setdefault(by, []).append((pair, share))
            waiting.append(by)
    return known, users


def _alike(streams: Streams, one: VectorDirection, two: VectorDirection) -> Order:
    """The most that is in what both stand for."""
    ours, theirs = streams.closure(one), streams.closure(two)
    return largest(share + theirs[part] for part, share in ours.items() if part in theirs)


def _by_chance(matrix: RandomMatrix) -> Order:
    """What images under a matrix have in common where its inner axis is the shorter one."""
    same = matrix.inner.exponent == matrix.outer.exponent
    return MINUS_INFINITY if same else matrix.inner.independent_overlap


def _links(streams: Streams, one: VectorDirection, two: VectorDirection) -> Iterator[tuple[RandomMatrix, Pair, Order]]:
    """The images under one matrix that two directions stand for, each by what it is an image of."""
    theirs = streams.images(two)
    for matrix, ours in streams.images(one).items():
        for (mine, share), (other, size) in product(ours, theirs.get(matrix, ())):
            if mine != other:
                yield matrix, (mine.of, other.of), share + size
