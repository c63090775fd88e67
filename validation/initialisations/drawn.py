"""Starts that look at nothing: random factors, zeros, and factors that are orthogonal to each other."""

from __future__ import annotations

from math import log, pi, sqrt

import torch

from validation.initialisations.layer import Factors, Layer


def normal_a(layer: Layer) -> Factors:
    return layer.normal("A", layer.rank, layer.width) / sqrt(layer.width), layer.zeros(layer.width, layer.rank)


def normal_b(layer: Layer) -> Factors:
    return layer.zeros(layer.rank, layer.width), layer.normal("B", layer.width, layer.rank) / sqrt(layer.rank)


def normal_both(layer: Layer) -> Factors:
    return _both(layer, layer.width**-0.5, layer.width**-0.5)


def uniform_a(layer: Layer) -> Factors:
    return layer.uniform("A", layer.rank, layer.width) / sqrt(layer.width), layer.zeros(layer.width, layer.rank)


def uniform_both(layer: Layer) -> Factors:
    b = layer.uniform("B", layer.width, layer.rank) / sqrt(layer.rank)
    return uniform_a(layer)[0], b


def gaussian(layer: Layer) -> Factors:
    return layer.normal("A", layer.rank, layer.width) / layer.rank, layer.zeros(layer.width, layer.rank)


def orthogonal(layer: Layer) -> Factors:
    """The rows of a random r x r basis are dealt out in turn, so no row of B meets a column of A. r is even."""
    half = layer.rank // 2
    basis = torch.linalg.qr(layer.normal("basis", layer.rank, layer.rank)).Q
    a = (layer.normal("A", layer.width, half) @ basis[:, 0::2]).mT / 10
    return a, layer.normal("B", layer.width, half) @ basis[:, 1::2] / 10


def inilora_alpha(layer: Layer) -> Factors:
    return _both(layer, 0.5, 0.5)


def inilora_beta(layer: Layer) -> Factors:
    return _both(layer, sqrt(2 / layer.width), sqrt(2 / layer.rank))


def loram(layer: Layer) -> Factors:
    """B = A^T, the first r sines of length n. The mean square of B A is log_n(r) of that of W*."""
    n = layer.width
    places, waves = (torch.arange(1, k + 1, dtype=torch.float64) for k in (n, layer.rank))
    sines = torch.sin(pi * places[:, None] * waves / (n + 1))
    share = log(layer.rank) / log(n)
    scale = (share * layer.weight.square().mean((1, 2)) / (sines @ sines.mT).square().mean()) ** 0.25
    b = scale[:, None, None] * sines
    return b.mT, b


def _both(layer: Layer, a: float, b: float) -> Factors:
    return a * layer.normal("A", layer.rank, layer.width), b * layer.normal("B", layer.width, layer.rank)
