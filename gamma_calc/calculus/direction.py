"""Directions: unit-size vectors and matrices that remember which random objects made them.

Two values add coherently where they share a direction, so a direction's identity is its provenance: the matrix and
the vector it is an image of, or the place of the nonlinearity it is a remainder of. Equal provenance, equal direction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from gamma_calc.calculus.dims import Dim, Shape
from gamma_calc.exponents import Order, maximum, order


@dataclass(frozen=True, slots=True)
class GivenVector:
    """A random or given vector that depends on nothing else. ``from_earlier_step`` marks samples of earlier steps."""

    name: str
    from_earlier_step: bool = False

    def __str__(self) -> str:
        return f"past {self.name}" if self.from_earlier_step else self.name


@dataclass(frozen=True, slots=True)
class RandomMatrix:
    """A random matrix as drawn, or its transpose; it maps the axis ``inner`` to the axis ``outer``."""

    name: str
    outer: Dim
    inner: Dim
    flipped: bool = False

    @property
    def T(self) -> RandomMatrix:
        return RandomMatrix(self.name, self.inner, self.outer, not self.flipped)

    def __str__(self) -> str:
        return f"{self.name}'" if self.flipped else self.name


@dataclass(frozen=True, slots=True)
class FreshImage:
    """The part of ``letter @ of`` that is fresh: independent of everything ``of`` was made from."""

    matrix: RandomMatrix
    of: VectorDirection

    def __str__(self) -> str:
        return f"{self.matrix} {self.of}"


@dataclass(frozen=True, slots=True)
class Residual:
    """The part of an entrywise nonlinear function that is not along its argument's components."""

    site: str
    from_earlier_step: bool = False

    def __str__(self) -> str:
        return f"{'past ' if self.from_earlier_step else ''}rest({self.site})"


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
class FixedAxis:
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


VectorDirection = GivenVector | FreshImage | Residual | Entrywise | Noise | FixedAxis | Unit


@dataclass(frozen=True, slots=True)
class Outer:
    """A rank-one matrix direction u w^T."""

    left: VectorDirection
    right: VectorDirection

    def __str__(self) -> str:
        return f"{self.left} (x) {self.right}"


@dataclass(frozen=True, slots=True)
class MatrixProduct:
    """A product of random matrices, leftmost first."""

    matrices: tuple[RandomMatrix, ...]

    def __str__(self) -> str:
        return " ".join(map(str, self.matrices))


Direction = VectorDirection | RandomMatrix | Outer | MatrixProduct
UNIT: Final = Unit()
ONES: Final = GivenVector("1")  # the mean of an entrywise function


def is_matrix(direction: Direction) -> bool:
    return isinstance(direction, RandomMatrix | Outer | MatrixProduct)


def as_vector(direction: Direction) -> VectorDirection:
    """The direction, known to be a vector's: shapes were checked when the program was written."""
    assert not isinstance(direction, RandomMatrix | Outer | MatrixProduct), f"{direction} is a matrix direction"
    return direction


def on_axis(direction: VectorDirection, dim: Dim) -> VectorDirection:
    """The direction as a vector of this axis: on a fixed axis, the common one."""
    return FixedAxis(dim) if dim.exponent == 0 else direction


def on_axes(direction: Direction, shape: Shape) -> Direction:
    """The direction as a tensor of this shape."""
    if isinstance(direction, Outer):
        return Outer(on_axis(direction.left, shape[0]), on_axis(direction.right, shape[1]))
    if isinstance(direction, RandomMatrix | MatrixProduct) or not shape:
        return direction
    return on_axis(direction, shape[0])


def transpose_alternations(direction: Direction) -> int:
    """How often the matrices that made a direction change between forward and transposed ones."""
    count = 0
    while isinstance(direction, FreshImage):
        inside = direction.of
        count += isinstance(inside, FreshImage) and inside.matrix.flipped != direction.matrix.flipped
        direction = inside
    return count


def nested(direction: Direction) -> int:
    """How many entrywise products lie inside each other in a direction."""
    match direction:
        case FreshImage(_, of):
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
    independent = dim.independent_overlap
    if isinstance(u, FreshImage) and isinstance(v, FreshImage) and u.matrix == v.matrix:
        return maximum(independent, overlap(u.of, v.of, u.matrix.inner))
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
    if isinstance(u, RandomMatrix) and isinstance(v, Outer):
        return _overlap_with_update(u, v, rows, columns)
    if isinstance(u, Outer) and isinstance(v, RandomMatrix):
        return _overlap_with_update(v, u, rows, columns)
    return rows.independent_overlap + columns.independent_overlap


def _overlap_with_update(matrix: RandomMatrix, update: Outer, rows: Dim, columns: Dim) -> Order:
    """<W, u w^T> is <W'u, w> and <W w, u>: coherent where the update came about through W itself."""
    return maximum(
        rows.independent_overlap + overlap(FreshImage(matrix.T, update.left), update.right, columns),
        columns.independent_overlap + overlap(FreshImage(matrix, update.right), update.left, rows),
    )


def from_previous_step(direction: Direction, fresh: frozenset[str]) -> Direction:
    """The direction one step later, when the samples that are drawn anew at each step have become past ones."""
    if isinstance(direction, Outer):
        return Outer(
            _vector_from_previous_step(direction.left, fresh), _vector_from_previous_step(direction.right, fresh)
        )
    return (
        direction
        if isinstance(direction, RandomMatrix | MatrixProduct)
        else _vector_from_previous_step(direction, fresh)
    )


def _vector_from_previous_step(direction: VectorDirection, fresh: frozenset[str]) -> VectorDirection:
    match direction:
        case GivenVector(name) if name in fresh:
            return replace(direction, from_earlier_step=True)
        case Residual():
            return replace(direction, from_earlier_step=True)
        case FreshImage(matrix, of):
            return FreshImage(matrix, _vector_from_previous_step(of, fresh))
        case Entrywise(factors):
            return Entrywise(frozenset(_vector_from_previous_step(f, fresh) for f in factors))
        case _:
            return direction
