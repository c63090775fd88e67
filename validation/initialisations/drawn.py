"""Starts that look at nothing: random factors, zeros, and factors that are orthogonal to each other."""

from __future__ import annotations

from math import log, pi, sqrt

import torch

from validation.initialisations.layer import Factors, Layer, Tensor


def normal_a(layer: Layer) -> Factors:
    return layer.normal("A", layer.rank, layer.width) / sqrt(layer.width), layer.zeros(layer.outputs, layer.rank)


def normal_b(layer: Layer) -> Factors:
    return layer.zeros(layer.rank, layer.width), layer.normal("B", layer.outputs, layer.rank) / sqrt(layer.rank)


def normal_both(layer: Layer) -> Factors:
    return _both(layer, layer.width**-0.5, layer.width**-0.5)


def uniform_a(layer: Layer) -> Factors:
    return layer.uniform("A", layer.rank, layer.width) / sqrt(layer.width), layer.zeros(layer.outputs, layer.rank)


def uniform_both(layer: Layer) -> Factors:
    b = layer.uniform("B", layer.outputs, layer.rank) / sqrt(layer.rank)
    return uniform_a(layer)[0], b


def gaussian(layer: Layer) -> Factors:
    return layer.normal("A", layer.rank, layer.width) / layer.rank, layer.zeros(layer.outputs, layer.rank)


def orthogonal(layer: Layer) -> Factors:
    """The rows of a random r x r basis are dealt out in turn, so no row of B meets a column of A. r is even."""
    half = layer.rank // 2
    basis = torch.linalg.qr(layer.normal("basis", layer.rank, layer.rank)).Q
    a = (layer.normal("A", layer.width, half) @ basis[:, 0::2]).mT / 10
    return a, layer.normal("B", layer.outputs, half) @ basis[:, 1::2] / 10


def inilora_alpha(layer: Layer) -> Factors:
    return _both(layer, 0.5, 0.5)


def inilora_beta(layer: Layer) -> Factors:
    return _both(layer, sqrt(2 / layer.width), sqrt(2 / layer.rank))


def loram(layer: Layer) -> Factors:
    """The first r sines on either side, B = A^T of a square layer. B A has log_n(r) of the mean square of W*."""
    right, left = (_sines(length, layer.rank) for length in (layer.width, layer.outputs))
    share = log(layer.rank) / log(layer.width)
    scale = (share * layer.weight.square().mean((1, 2)) / (left @ right.mT).square().mean()) ** 0.25
    return scale[:, None, None] * right.mT, scale[:, None, None] * left


def _sines(length: int, count: int) -> Tensor:
    places, waves = (torch.arange(1, k + 1, dtype=torch.float64) for k in (length, count))
    return torch.sin(pi * places[:, None] * waves / (length + 1))


def _both(layer: Layer, a: float, b: float) -> Factors:
    return a * layer.normal("A", layer.rank, layer.width), b * layer.normal("B", layer.outputs, layer.rank)
