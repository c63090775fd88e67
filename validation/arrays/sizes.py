"""How large an array is and how far it goes along another, for each repetition."""

from __future__ import annotations

import torch

from validation.arrays.matrices import Array, LowRank, Tensor


def length(x: Array) -> Tensor:
    """The Euclidean (Frobenius) norm."""
    if isinstance(x, LowRank):
        return inner(x, x).sqrt() if x.rank != 1 else length(x.left) * length(x.right)
    norm: Tensor = x.abs() if x.ndim == 1 else torch.linalg.vector_norm(x, dim=_entries(x))
    return norm


def inner(x: Array, y: Array) -> Tensor:
    """The sum of the entrywise products."""
    if isinstance(y, LowRank):
        return inner(y.left.mT @ x, y.right.mT)
    if isinstance(x, LowRank):
        return inner(y, x)
    product: Tensor = x * y if x.ndim == 1 else (x * y).sum(_entries(x))
    return product


def _entries(x: Tensor) -> int | tuple[int, int]:
    """The axes of a vector or matrix, after that of the repetitions."""
    return -1 if x.ndim == 2 else (-2, -1)
