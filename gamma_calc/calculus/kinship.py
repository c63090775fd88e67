"""Which vectors can agree by more than chance: those of one kin. So not every pair of two long values is looked at.

Two words, images of anything under random matrices, agree by more than chance only where they were the same vector on
an axis that is shorter than their own, and then passed the same matrices; given vectors and remainders agree with
themselves alone. A function, a product of entries, noise or a diagram may agree with anything: these have no family,
and what they are the last part of has one, the matrix that came last, and no kin in it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

from gamma_calc.calculus.diagrams import has_diagram
from gamma_calc.calculus.direction import (
    Direction,
    FixedAxis,
    FreshImage,
    GivenVector,
    Outer,
    Residual,
    Unit,
    VectorDirection,
    is_matrix,
    word,
)
from gamma_calc.exponents import Order, largest

Component = tuple[Direction, Order]


class Kin(NamedTuple):
    """Of another family a direction knows nothing; in its own it knows its kin, and those that have none."""

    family: Hashable | None = None
    closer: Hashable | None = None


@lru_cache(maxsize=65536)
def kin(direction: Direction) -> Kin:
    """What a direction has in common with all that it may agree with by more than chance.

    Of an update u w' it is that of both vectors: where either differs, at least one axis agrees by chance.
    """
    if isinstance(direction, Outer):
        left, right = _of_vector(direction.left), _of_vector(direction.right)
        return Kin(_both(left.family, right.family), _both(left.closer, right.closer))
    return Kin() if is_matrix(direction) else _of_vector(direction)


def _both(left: Hashable | None, right: Hashable | None) -> Hashable | None:
    return None if left is None or right is None else (left, right)


@lru_cache(maxsize=65536)
def _of_vector(direction: VectorDirection) -> Kin:
    match direction:
        case FreshImage(matrix=last):
            return Kin() if has_diagram(direction) else Kin(last, _shared(direction))
        case GivenVector() | FixedAxis() | Residual() | Unit():
            return Kin(direction, direction)
        case _:
            return Kin()


def _shared(image: FreshImage) -> Hashable | None:
    """The matrices that a word must share to agree by more than chance: back to the first axis of another length."""
    matrices, of = word(image)
    for passed, matrix in enumerate(matrices, start=1):
        if matrix.inner.exponent != matrices[0].outer.exponent:
            return tuple(matrices[:passed])
    return None if _of_vector(of).family is None else image


@dataclass(frozen=True)
class Kindred:
    """The components of a value by their kin."""

    all: tuple[Component, ...]
    families: Mapping[Hashable | None, Mapping[Hashable | None, list[Component]]]

    @classmethod
    def among(cls, components: Iterable[Component]) -> Kindred:
        found = tuple(components)
        families: dict[Hashable | None, dict[Hashable | None, list[Component]]] = {}
        for component in found:
            own = kin(component[0])
            families.setdefault(own.family, {}).setdefault(own.closer, []).append(component)
        return cls(found, families)

    @cached_property
    def by_size(self) -> Mapping[Order, list[Component]]:
        """The components by their orders, of which a long value has few."""
        found: dict[Order, list[Component]] = {}
        for component in self.all:
            found.setdefault(component[1], []).append(component)
        return found

    @cached_property
    def largest(self) -> Order:
        """The largest of these orders."""
        return largest(self.by_size)

    def has_strangers(self, direction: Direction) -> bool:
        """May there be some with which a direction agrees by chance alone?"""
        return kin(direction).family is not None

    def near(self, direction: Direction) -> Iterator[Component]:
        """The components that a direction may agree with by more than chance."""
        own = kin(direction)
        if own.family is None:
            yield from self.all
            return
        relatives = self.families.get(own.family, {})
        for closer in relatives if own.closer is None else (own.closer, None):
            yield from relatives.get(closer, ())
        yield from chain.from_iterable(self.families.get(None, {}).values())
