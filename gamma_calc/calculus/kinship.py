"""Which vectors can agree by more than chance: those of one kin. So not every pair of two long values is looked at.

Two words, images of anything under random matrices, agree by more than chance only where they were the same vector on
an axis that is shorter than their own, and then passed the same matrices; given vectors and remainders agree with
themselves alone. A function, a product of entries, noise or a diagram may agree with anything: these have no family,
and what they are the last part of has one, the matrix that came last, and no kin in it.

What a direction *shows* of others (``calculus/showing.py``) is less than what it agrees with: only a function and noise
show what they are not. So there a product of vectors and a diagram are of their own kin alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

from gamma_calc.calculus.diagrams import has_diagram
from gamma_calc.calculus.direction import (
    Activation,
    Direction,
    FixedAxis,
    FreshImage,
    GivenVector,
    MatrixDiagram,
    Noise,
    Outer,
    Residual,
    Unit,
    VectorDirection,
    factors,
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
def kin(direction: Direction, *, showing: bool = False) -> Kin:
    """What a direction has in common with all that it may agree with by more than chance, or that may show it so.

    Of an update u w' it is that of both vectors: where either differs, at least one axis agrees by chance.
    """
    if isinstance(direction, Outer):
        left, right = _of_vector(direction.left, showing), _of_vector(direction.right, showing)
        return Kin(_both(left.family, right.family), _both(left.closer, right.closer))
    if is_matrix(direction):
        return Kin(direction, direction) if showing and isinstance(direction, MatrixDiagram) else Kin()
    return _of_vector(direction, showing)


def _both(left: Hashable | None, right: Hashable | None) -> Hashable | None:
    return None if left is None or right is None else (left, right)


@lru_cache(maxsize=65536)
def _of_vector(direction: VectorDirection, showing: bool) -> Kin:
    match direction:
        case FreshImage(matrix=last):
            return Kin() if has_diagram(direction) and not showing else Kin(last, _shared(direction, showing))
        case GivenVector() | FixedAxis() | Residual() | Unit():
            return Kin(direction, direction)
        case _:
            return Kin(direction, direction) if showing and _shows_itself_alone(direction) else Kin()


def _shows_itself_alone(direction: VectorDirection) -> bool:
    return not any(isinstance(factor, Activation | Noise) for factor in factors(direction))


def _shared(image: FreshImage, showing: bool) -> Hashable | None:
    """The matrices that a word must share to agree by more than chance: back to the first axis of another length."""
    matrices, of = word(image)
    for passed, matrix in enumerate(matrices, start=1):
        if matrix.inner.exponent != matrices[0].outer.exponent:
            return tuple(matrices[:passed])
    return None if _of_vector(of, showing).family is None else image


@dataclass(frozen=True)
class Kindred:
    """The components of a value by their kin: of those that agree, or of those that show each other."""

    all: tuple[Component, ...]
    families: Mapping[Hashable | None, Mapping[Hashable | None, list[Component]]]
    showing: bool = False

    @classmethod
    def among(cls, components: Iterable[Component], *, showing: bool = False) -> Kindred:
        found = tuple(components)
        families: dict[Hashable | None, dict[Hashable | None, list[Component]]] = {}
        for component in found:
            own = kin(component[0], showing=showing)
            families.setdefault(own.family, {}).setdefault(own.closer, []).append(component)
        return cls(found, families, showing)

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
        return kin(direction, showing=self.showing).family is not None

    def near(self, direction: Direction) -> Iterator[Component]:
        """The components that a direction may agree with, or that may show it, by more than chance."""
        own = kin(direction, showing=self.showing)
        if own.family is None:
            yield from self.all
            return
        relatives = self.families.get(own.family, {})
        for closer in relatives if own.closer is None else (own.closer, None):
            yield from relatives.get(closer, ())
        yield from chain.from_iterable(self.families.get(None, {}).values())
