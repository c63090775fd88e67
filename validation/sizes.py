"""How large an array is: root mean square of its entries, and its projection on a gradient, for each repetition."""

from __future__ import annotations

import torch

from validation.matrices import Array, LowRank, Tensor


def root_mean_square(x: Array) -> Tensor:
    size: Tensor = length(x) / _entries(x) ** 0.5
    return size


def aligned_size(x: Array, gradient: Array) -> Tensor:
    """|<x, G>| / (N rms(G)): what ``gamma_calc.calculus.alignment`` gives the order of. 0 where G is zero."""
    size = length(gradient)
    projection = inner(x, gradient).abs() / (size * _entries(x) ** 0.5)
    found: Tensor = projection.where(size > 0, 0)
    return found


def length(x: Array) -> Tensor:
    """The Euclidean (Frobenius) norm."""
    if isinstance(x, LowRank):
        return inner(x, x).sqrt() if x.rank != 1 else _norm(x.left) * _norm(x.right)
    return _norm(x)


def inner(x: Array, y: Array) -> Tensor:
    """The sum of the entrywise products."""
    if isinstance(y, LowRank):
        return _flat((x @ y.right) * y.left).sum(-1)
    if isinstance(x, LowRank):
        return inner(y, x)
    return _flat(x * y).sum(-1)


def _entries(x: Array) -> float:
    if isinstance(x, LowRank):
        return float(x.left.shape[-2] * x.right.shape[-2])
    return float(x[0].numel())


def _norm(x: Tensor) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(_flat(x), dim=-1)
    return norm


def _flat(x: Tensor) -> Tensor:
    return x.reshape(len(x), -1)
