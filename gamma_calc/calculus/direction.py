"""Directions: unit-size vectors and matrices that remember which random objects made them.

Two values add coherently where they share a direction, so a direction's identity is its provenance: the matrix and
the vector it is an image of, or the place of the nonlinearity it is a remainder of. Equal provenance, equal direction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from gamma_calc.calculus.dims import Dim, Shape
from gamma_calc.exponents.orders.order import Order, maximum, order


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
    def T(self) -> Letter:
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
class Entrywise:
    """The entrywise product of several directions, each at most once: a square has a mean, which keeps the rest."""

    factors: frozenset[VectorDirection]

    def __str__(self) -> str:
        return f"({' * '.join(sorted(map(str, self.factors)))})"


@dataclass(frozen=True, slots=True)
class Noise:
    """Everything that passed through too many matrices to be told apart, on one axis."""

    dim: Dim

    def __str__(self) -> str:
        return f"noise({self.dim})"


@dataclass(frozen=True, slots=True)
class Common:
    """Any vector of a fixed axis. On finitely many entries all vectors overlap at order one, so one name serves all.

    What is lost is how such a vector came about; a matrix that would recognise it (W on W'u) returns to u with no more
    than the overlap that any two independent vectors have, so no order changes.
    """

    dim: Dim

    def __str__(self) -> str:
        return f"R^{self.dim}"


@dataclass(frozen=True, slots=True)
class Unit:
    """The one direction of a scalar."""

    def __str__(self) -> str:
        return "1"


VectorDirection = Source | Image | Remainder | Entrywise | Noise | Common | Unit


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


def is_matrix(direction: Direction) -> bool:
    return isinstance(direction, Letter | Outer | Chain)


def as_vector(direction: Direction) -> VectorDirection:
    """The direction, known to be a vector's: shapes were checked when the program was written."""
    assert not isinstance(direction, Letter | Outer | Chain), f"{direction} is a matrix direction"
    return direction


def on_axis(direction: VectorDirection, dim: Dim) -> VectorDirection:
    """The direction as a vector of this axis: on a fixed axis, the common one."""
    return Common(dim) if dim.exponent == 0 else direction


def on_axes(direction: Direction, shape: Shape) -> Direction:
    """The direction as a tensor of this shape."""
    if isinstance(direction, Outer):
        return Outer(on_axis(direction.left, shape[0]), on_axis(direction.right, shape[1]))
    if isinstance(direction, Letter | Chain) or not shape:
        return direction
    return on_axis(direction, shape[0])


def turns(direction: Direction) -> int:
    """How often the matrices that made a direction change between forward and transposed ones."""
    count = 0
    while isinstance(direction, Image):
        inside = direction.of
        count += isinstance(inside, Image) and inside.letter.flipped != direction.letter.flipped
        direction = inside
    return count


def nested(direction: Direction) -> int:
    """How many entrywise products lie inside each other in a direction."""
    match direction:
        case Image(_, of):
            return nested(of)
        case Entrywise(factors):
            return 1 + max(map(nested, factors))
        case _:
            return 0


def overlap(u: VectorDirection, v: VectorDirection, dim: Dim) -> Order:
    """The order of <u, v> / (|u| |v|) on an axis: 0 where they agree, -1/2 per exponent where they are independent.

    Images under one matrix inherit the overlap of what they are images of; this is what makes all vectors that a
    fixed number of columns spans correlated with each other.
    """
    if u == v:
        return order(0)
    independent = dim.chance
    if isinstance(u, Image) and isinstance(v, Image) and u.letter == v.letter:
        return maximum(independent, overlap(u.of, v.of, u.letter.inner))
    return independent


def overlap_in(u: Direction, v: Direction, shape: Shape) -> Order:
    """The order of the normalised inner product of two directions of a tensor of this shape."""
    if u == v:
        return order(0)
    if isinstance(u, Outer) and isinstance(v, Outer):
        return overlap(u.left, v.left, shape[0]) + overlap(u.right, v.right, shape[1])
    if len(shape) == 1:
        return overlap(as_vector(u), as_vector(v), shape[0])
    rows, columns = shape
    if isinstance(u, Letter) and isinstance(v, Outer):
        return _overlap_with_update(u, v, rows, columns)
    if isinstance(u, Outer) and isinstance(v, Letter):
        return _overlap_with_update(v, u, rows, columns)
    return rows.chance + columns.chance


def _overlap_with_update(letter: Letter, update: Outer, rows: Dim, columns: Dim) -> Order:
    """<W, u w^T> is <W'u, w> and <W w, u>: coherent where the update came about through W itself."""
    return maximum(
        rows.chance + overlap(Image(letter.T, update.left), update.right, columns),
        columns.chance + overlap(Image(letter, update.right), update.left, rows),
    )


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
        case Entrywise(factors):
            return Entrywise(frozenset(_aged_vector(f, fresh) for f in factors))
        case _:
            return direction
