"""Contractions of values: every component with its kin, and with all others at once by chance.

The largest of the others decides what a component is along by chance, so that a sum of many terms costs as many steps
as it has terms, and not a step a pair.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, product
from typing import NamedTuple

from gamma_calc.calculus.contraction import act, inner, multiply
from gamma_calc.calculus.diagrams import has_diagram
from gamma_calc.calculus.dims import Dim, Shape
from gamma_calc.calculus.direction import UNIT, Direction, Outer, VectorDirection, as_vector
from gamma_calc.calculus.kinship import Component, Kindred
from gamma_calc.calculus.lemmas import CENTRAL_LIMIT
from gamma_calc.calculus.overlap import overlap, overlap_in
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.exponents import MINUS_INFINITY, Order, largest, level, order


def inner_products(left: Value, right: Value, dim: Dim, premises: Premises) -> Iterator[Contribution]:
    """<x, y> over an axis.

    Of two it is asked where they come to more than what is found already, if they may: what is along itself is found
    first.
    """
    met, found = _Vector(right, dim, premises), dict[Order, None]()
    near = [(u, a, met.near(as_vector(u))) for u, a in left.components.items()]
    pairs = [(u, v, a + b) for u, a, kin in near for v, b in kin]
    for u, v, sizes in sorted(pairs, key=lambda pair: pair[0] != pair[1]):
        most = dim.exponent + sizes
        if not any(premises.orders.nowhere_above(most, known) for known in found):
            floor = largest(found) - most if found else MINUS_INFINITY
            (together,) = _moved((inner(as_vector(u), as_vector(v), dim, premises, floor),), sizes)
            yield together
            found[together.order] = None
    for _, a, kin in near:
        yield from _moved(met.others(kin), a)


def overlap_of(left: Value, right: Value, shape: Shape, premises: Premises) -> Order:
    """The order of <x, y> over the number of entries of two tensors of one shape; -oo where either is zero."""
    if len(shape) == 1:
        return largest(c.order for c in inner_products(left, right, shape[0], premises)) - shape[0].exponent
    ours, theirs = _updates(left), _updates(right)
    rest, their_rest = (
        [one for one in value.components.items() if one[0] not in updates]
        for value, updates in ((left, ours), (right, theirs))
    )
    others = chain(product(rest, right.components.items()), product(ours.items(), their_rest))
    apart = (a + b + overlap_in(u, v, shape, premises.orders) for (u, a), (v, b) in others)
    return largest((_overlap_of_updates(ours, theirs, shape, premises), *apart))


def _updates(matrix: Value) -> dict[Outer, Order]:
    """The updates u w' by vectors that no diagram made."""
    return {d: size for d, size in matrix.components.items() if isinstance(d, Outer) and not has_diagram(d)}


def _overlap_of_updates(
    left: Mapping[Outer, Order], right: Mapping[Outer, Order], shape: Shape, premises: Premises
) -> Order:
    """Those that have one vector in common meet by the other one, as vectors do: of kin alone more than by chance."""
    sides = ((side, _by_side(left, side), _by_side(right, side)) for side in (0, 1))
    side, ours, theirs = min(sides, key=lambda found: len(found[1]) * len(found[2]))
    met = ((overlap(u, v, shape[side], premises.orders), ours[u], theirs[v]) for u, v in product(ours, theirs))
    return largest(shared + overlap_of(a, b, (shape[1 - side],), premises) for shared, a, b in met)


def _by_side(updates: Mapping[Outer, Order], side: int) -> dict[VectorDirection, Value]:
    """Updates by one of their two vectors: the others, as one sum."""
    found: dict[VectorDirection, dict[Direction, Order]] = {}
    for update, size in updates.items():
        vectors = update.left, update.right
        found.setdefault(vectors[side], {})[vectors[1 - side]] = size
    return {vector: Value(others) for vector, others in found.items()}


def on_vector(matrix: Value, vector: Value, dim: Dim, premises: Premises) -> Iterator[Contribution]:
    """A matrix on a vector, over an axis."""
    met = _Vector(vector, dim, premises)
    for u, a in matrix.components.items():
        if isinstance(u, Outer):
            yield from (Contribution(u.left, a + c.order, c.lemma) for c in met.inner(u.right))
        else:
            for v, b in vector.components.items():
                yield from _moved(act(u, as_vector(v), dim, premises), a + b)


def products(left: Value, right: Value, dim: Dim, shape: Shape, premises: Premises) -> Iterator[Contribution]:
    """A matrix times a matrix, over the axis they share, with the shape of the product."""
    pairs = product(left.components.items(), right.components.items())
    made = PairwiseProduct(lambda u, v: multiply(u, v, dim, premises), dim.exponent, shape)
    return made.of(pairs, premises)


class _Pair(NamedTuple):
    """Two components, and the product of their sizes."""

    left: Direction
    right: Direction
    size: Order


@dataclass(frozen=True)
class PairwiseProduct:
    """A product of two tensors of size 1: what it makes of two directions, the most that this comes to, and its shape.

    What is no larger than what a part shows by chance of anything is covered by that part, whatever it is along. So two
    components that come to no more need not be multiplied, where what is covered is left out.
    """

    make: Callable[[Direction, Direction], Iterable[Contribution]]
    most: Order
    shape: Shape

    def of(self, pairs: Iterable[tuple[Component, Component]], premises: Premises) -> Iterator[Contribution]:
        """What it makes of pairs of components; of diagrams, which take long, the largest first."""
        waiting, found = list[_Pair](), dict[Order, None]()
        for (u, a), (v, b) in pairs:
            pair = _Pair(u, v, a + b)
            if has_diagram(u) or has_diagram(v):
                waiting.append(pair)
            else:
                yield from self._of(pair, found)
        for pair in sorted(waiting, key=lambda pair: level(pair.size), reverse=True):
            if not self._is_hidden(pair.size, found, premises):
                yield from self._of(pair, found)

    def _of(self, pair: _Pair, found: dict[Order, None]) -> Iterator[Contribution]:
        for c in _moved(self.make(pair.left, pair.right), pair.size):
            found[c.order] = None
            yield c

    def _is_hidden(self, size: Order, found: Iterable[Order], premises: Premises) -> bool:
        """May what two components of this size make be left out, by what is found already?"""
        if not (premises.covers or premises.sizes_alone):
            return False
        chance = sum((dim.independent_overlap for dim in self.shape), start=order(0))
        most = size + self.most - (order(0) if premises.sizes_alone else chance)
        return any(premises.orders.nowhere_above(most, known) for known in found)


def _moved(contributions: Iterable[Contribution], by: Order) -> Iterator[Contribution]:
    return (Contribution(c.direction, by + c.order, c.lemma) for c in contributions)


class _Vector:
    """A vector that is met by many others."""

    def __init__(self, value: Value, dim: Dim, premises: Premises) -> None:
        self.dim = dim
        self.premises = premises
        self.kindred = Kindred.among(value.components.items())
        self.by_chance = dim.exponent + dim.independent_overlap + value.order

    def near(self, u: VectorDirection) -> list[Component]:
        """The components that u may agree with by more than chance."""
        return list(self.kindred.near(u))

    def inner(self, u: VectorDirection) -> Iterator[Contribution]:
        """<u, v> by each of the components that u may agree with, and by all others together."""
        near = self.near(u)
        for v, b in near:
            yield from _moved((inner(u, as_vector(v), self.dim, self.premises),), b)
        yield from self.others(near)

    def others(self, near: Collection[Component]) -> Iterator[Contribution]:
        """<u, v> by the components beside those near u, with which it agrees by chance alone, together."""
        if len(near) < len(self.kindred.all):
            yield Contribution(UNIT, self.by_chance, CENTRAL_LIMIT)
