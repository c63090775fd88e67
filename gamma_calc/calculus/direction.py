"""Directions: unit-size vectors and matrices that remember which random objects made them.

Two values add coherently where they share a direction, so a direction's identity is its provenance: the matrix and
the vector it is an image of, or the place of the nonlinearity it is a remainder of. Equal provenance, equal direction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from gamma_calc.language.dims import Dim
from gamma_calc.orders.order import Order, maximum, order

LONGEST_WORD: Final = 4  # matrices a direction may have passed through before it counts as noise


@dataclass(frozen=True, slots=True)
class Source:
    """A random or given vector that depends on nothing else. ``past`` marks samples of earlier steps."""

    name: str
    past: bool = False

    def __str__(self) -> str:
        return f"past {self.name}" if self.past else self.name


@dataclass(frozen=True, slots=True)
class Letter:
    """A random matrix as drawn, or its transpose; it maps the axis ``inner`` to the axis ``outer``."""

    name: str
    outer: Dim
    inner: Dim
    flipped: bool = False

    @property
    def T(self) -> Letter:  # noqa: N802 - the transpose, as written
        return Letter(self.name, self.inner, self.outer, not self.flipped)

    def __str__(self) -> str:
        return f"{self.name}'" if self.flipped else self.name


@dataclass(frozen=True, slots=True)
class Image:
    """The part of ``letter @ of`` that is fresh: independent of everything ``of`` was made from."""

    letter: Letter
    of: VectorDirection

    def __str__(self) -> str:
        return f"{self.letter} {self.of}"


@dataclass(frozen=True, slots=True)
class Remainder:
    """The part of an entrywise nonlinear function that is not along its argument's components."""

    site: str
    past: bool = False

    def __str__(self) -> str:
        return f"{'past ' if self.past else ''}rest({self.site})"


@dataclass(frozen=True, slots=True)
class Noise:
    """Everything that passed through too many matrices to be told apart, on one axis."""

    dim: Dim

    def __str__(self) -> str:
        return f"noise({self.dim})"


@dataclass(frozen=True, slots=True)
class Unit:
    """The one direction of a scalar."""

    def __str__(self) -> str:
        return "1"


VectorDirection = Source | Image | Remainder | Noise | Unit


@dataclass(frozen=True, slots=True)
class Outer:
    """A rank-one matrix direction u w^T."""

    left: VectorDirection
    right: VectorDirection

    def __str__(self) -> str:
        return f"{self.left} (x) {self.right}"


@dataclass(frozen=True, slots=True)
class Chain:
    """A product of random matrices, leftmost first."""

    letters: tuple[Letter, ...]

    def __str__(self) -> str:
        return " ".join(map(str, self.letters))


Direction = VectorDirection | Letter | Outer | Chain
UNIT: Final = Unit()
ONES: Final = Source("1")  # the mean of an entrywise function


def word_length(direction: Direction) -> int:
    count = 0
    while isinstance(direction, Image):
        direction, count = direction.of, count + 1
    return count


def overlap(u: VectorDirection, v: VectorDirection, dim: Dim) -> Order:
    """The order of <u, v> / (|u| |v|) on an axis: 0 where they agree, -1/2 per exponent where they are independent.

    Images under one matrix inherit the overlap of what they are images of; this is what makes all vectors that a
    fixed number of columns spans correlated with each other.
    """
    if u == v:
        return order(0)
    independent = dim.exponent / -2
    if isinstance(u, Image) and isinstance(v, Image) and u.letter == v.letter:
        return maximum(independent, overlap(u.of, v.of, u.letter.inner))
    return independent


def aged(direction: Direction, fresh: frozenset[str]) -> Direction:
    """The direction one step later, when the samples that are drawn anew at each step have become past ones."""
    if isinstance(direction, Outer):
        return Outer(_aged_vector(direction.left, fresh), _aged_vector(direction.right, fresh))
    return direction if isinstance(direction, Letter | Chain) else _aged_vector(direction, fresh)


def _aged_vector(direction: VectorDirection, fresh: frozenset[str]) -> VectorDirection:
    match direction:
        case Source(name) if name in fresh:
            return replace(direction, past=True)
        case Remainder():
            return replace(direction, past=True)
        case Image(letter, of):
            return Image(letter, _aged_vector(of, fresh))
        case _:
            return direction
