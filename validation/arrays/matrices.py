"""Matrices that are never written out: sums of outer products, and random matrices drawn only as far as they are seen.

They act on vectors, and answer to the operators that the rules' numeric meanings use (``*``, ``+``, ``swapaxes``,
``sign``), so a rule cannot tell them from arrays.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from validation.arrays.draws import Draws

Array = Any  # a torch tensor, or one of the matrices below
Tensor = torch.Tensor


class Matrix(ABC):
    """A matrix for each repetition, known by what it does to vectors."""

    @abstractmethod
    def apply(self, vector: Tensor, out: Tensor | None = None) -> Tensor:
        """The product with a vector, written into ``out`` where that is given."""

    @abstractmethod
    def __mul__(self, factor: Any) -> Matrix: ...

    @abstractmethod
    def swapaxes(self, first: int, second: int) -> Matrix: ...

    def __rmul__(self, factor: Any) -> Any:
        return self * factor

    def __add__(self, other: Any) -> Any:
        return Sum(self, other)

    def __radd__(self, other: Any) -> Any:
        return self + other


@dataclass(frozen=True, slots=True, eq=False)
class LowRank(Matrix):
    """The sum of the outer products of the columns of ``left`` and of ``right``."""

    left: Tensor
    right: Tensor

    def apply(self, vector: Tensor, out: Tensor | None = None) -> Tensor:
        if self.rank == 1:
            u, v = self.left.squeeze(-1), self.right.squeeze(-1)
            return torch.mul(u, (v * vector).sum(-1, keepdim=True), out=out)
        return apply(self.left, apply(self.right.mT, vector), out)

    def __matmul__(self, other: Array) -> LowRank:
        if isinstance(other, LowRank):
            return LowRank(self.left, other.right @ (other.left.mT @ self.right))
        return LowRank(self.left, other.swapaxes(-1, -2) @ self.right)

    def __rmatmul__(self, other: Tensor) -> LowRank:
        return LowRank(other @ self.left, self.right)

    def __mul__(self, factor: Any) -> LowRank:
        """One side takes the factor: the shorter one."""
        if _is_tall(self):
            return LowRank(self.left, self.right * factor)
        return LowRank(self.left * factor, self.right)

    def __add__(self, other: Any) -> Any:
        if isinstance(other, LowRank):
            return LowRank(torch.cat([self.left, other.left], -1), torch.cat([self.right, other.right], -1))
        return self.dense() + other if isinstance(other, Tensor) else Sum(self, other)

    def swapaxes(self, first: int, second: int) -> LowRank:
        return LowRank(self.right, self.left)

    def sign(self) -> Any:
        """Entry by entry; the sign of one outer product is the outer product of the signs."""
        return LowRank(self.left.sign(), self.right.sign()) if self.rank == 1 else self.dense().sign()

    @property
    def rank(self) -> int:
        return self.left.shape[-1]

    @property
    def shape(self) -> tuple[int, int, int]:
        return len(self.left), self.left.shape[-2], self.right.shape[-2]

    def __getitem__(self, repetitions: slice) -> LowRank:
        return LowRank(self.left[repetitions], self.right[repetitions])

    def dense(self, room: Tensor | None = None) -> Tensor:
        """Written out, in the room given or else with the long axis contiguous."""
        if room is None and _is_tall(self):
            return self.swapaxes(-1, -2).dense().swapaxes(-1, -2)
        product = torch.matmul if self.rank > 1 else torch.mul
        written: Tensor = product(self.left, self.right.swapaxes(-1, -2), out=room)
        return written


@dataclass(frozen=True, slots=True, eq=False)
class Sum(Matrix):
    """The sum of two matrices, kept apart."""

    first: Any
    second: Any

    def apply(self, vector: Tensor, out: Tensor | None = None) -> Tensor:
        return torch.add(apply(self.first, vector, out), apply(self.second, vector), out=out)

    def __mul__(self, factor: Any) -> Sum:
        return Sum(self.first * factor, self.second * factor)

    def __add__(self, other: Any) -> Any:
        """A sum of outer products joins the one that is there, so the chain of sums stays short."""
        if isinstance(other, LowRank) and isinstance(self.second, LowRank):
            return Sum(self.first, self.second + other)
        return Sum(self, other)

    def swapaxes(self, first: int, second: int) -> Sum:
        return Sum(self.first.swapaxes(first, second), self.second.swapaxes(first, second))


@dataclass(frozen=True, slots=True, eq=False)
class View(Matrix):
    """A view (a multiple, perhaps transposed) of a random matrix that is drawn as it is seen."""

    source: ImplicitRandomMatrix
    factor: Any = 1
    flipped: bool = False

    def apply(self, vector: Tensor, out: Tensor | None = None) -> Tensor:
        return torch.mul(self.source.image(vector, flipped=self.flipped), self.factor, out=out)

    def __mul__(self, factor: Any) -> View:
        return View(self.source, self.factor * factor, self.flipped)

    def swapaxes(self, first: int, second: int) -> View:
        return View(self.source, self.factor, not self.flipped)


class ImplicitRandomMatrix:
    """A matrix W with independent normal entries, drawn only along the directions that have met it.

    W is known by orthonormal directions on either side and their images. The image of a new unit vector q, orthogonal
    to those met on its side, is fixed along the directions met on the other side (<u, W q> = <W'u, q>) and is a fresh
    normal vector across them. This is the law of W given what has been seen of it, so nothing is approximated; a
    product costs as much as a few vectors. The conditioning is Bolthausen's (arXiv 1201.2891), as in Tensor Programs.
    """

    def __init__(self, draws: Draws, name: str, shape: tuple[int, int], deviation: float) -> None:
        self.draws, self.name, self.deviation = draws, name, deviation
        self.seen = 0
        self.met = [self._none(shape[1]), self._none(shape[0])]  # unit vectors that W, and W', have been applied to
        self.images = [self._none(shape[0]), self._none(shape[1])]  # and what came out

    def image(self, vector: Tensor, *, flipped: bool) -> Tensor:
        """W @ vector, or W' @ vector."""
        here, there = (1, 0) if flipped else (0, 1)
        coefficients, unit, length = _split(vector, self.met[here])
        known = _combine(self.images[here], coefficients)
        return known + self._meet(unit, here, there) * length

    def _meet(self, unit: Tensor, here: int, there: int) -> Tensor:
        fresh = self.draws.normal(f"{self.name}#{self.seen}", (self.images[here].shape[-2],)) * self.deviation
        self.seen += 1
        across = fresh - _combine(self.met[there], _inner(self.met[there], fresh))
        image = across + _combine(self.met[there], _inner(self.images[there], unit))
        image = image * (unit != 0).any(-1, keepdim=True)  # the zero vector stands for "nothing new"
        self.met[here] = torch.cat([self.met[here], unit[..., None]], -1)
        self.images[here] = torch.cat([self.images[here], image[..., None]], -1)
        return image

    def _none(self, size: int) -> Tensor:
        return torch.empty((self.draws.repetitions, size, 0), dtype=self.draws.dtype, device=self.draws.device)


def _split(vector: Tensor, basis: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Coefficients along an orthonormal basis, and the unit vector and length of the rest (0 where it is rounding)."""
    coefficients = _inner(basis, vector)
    rest = vector - _combine(basis, coefficients)
    again = _inner(basis, rest)  # one pass leaves a remainder of rounding size along the basis; two do not
    rest = rest - _combine(basis, again)
    length = torch.linalg.vector_norm(rest, dim=-1, keepdim=True)
    whole = torch.linalg.vector_norm(vector, dim=-1, keepdim=True)
    noise = 1000 * torch.finfo(vector.dtype).eps * whole
    length = length.where(length > noise, 0)
    return coefficients + again, (rest / length).where(length > 0, 0), length


def _inner(basis: Tensor, vector: Tensor) -> Tensor:
    return (basis.swapaxes(-1, -2) @ vector[..., None])[..., 0]


def _combine(basis: Tensor, coefficients: Tensor) -> Tensor:
    return (basis @ coefficients[..., None])[..., 0]


def apply(matrix: Array, vector: Tensor, out: Tensor | None = None) -> Tensor:
    """The product of a matrix and a vector, written into ``out`` where that is given.

    The vector is a row: libraries go along the matrix's long axis then.
    """
    if not isinstance(matrix, Tensor):
        image: Tensor = matrix.apply(vector, out)
        return image
    row = None if out is None else out.unsqueeze(-2)
    return torch.matmul(vector.unsqueeze(-2), matrix.mT, out=row).squeeze(-2)


def dense(array: Array) -> Tensor:
    """The array written out. Only sums of outer products can be."""
    return array.dense() if isinstance(array, LowRank) else array


def long_axis_last(x: Array) -> Array:
    """A matrix (for each repetition), turned where it is taller than wide."""
    return x.swapaxes(-1, -2) if _is_tall(x) else x


def long_axis_contiguous(x: Tensor) -> Tensor:
    """The same matrix, kept so that torch's loops run along its long axis; with few columns they are slow otherwise."""
    return long_axis_last(x).contiguous().swapaxes(-1, -2) if _is_tall(x) else x


def filled(fill: Callable[[tuple[int, ...]], Tensor], shape: tuple[int, ...]) -> Tensor:
    """An array of this shape (for each repetition) from one that ``fill`` makes with the long axis last."""
    return fill(shape[::-1]).mT if len(shape) == 2 and shape[0] > shape[1] else fill(shape)


def _is_tall(x: Array) -> bool:
    return len(x.shape) == 3 and x.shape[-2] > x.shape[-1]
