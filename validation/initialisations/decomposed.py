"""Starts made from a decomposition of the frozen weight."""

from __future__ import annotations

from math import gcd
from typing import Final

import torch

from validation.initialisations.layer import Factors, Layer, Tensor, Triplets, svd

BLOCK: Final = 64  # entries that share a scale when they are quantised
LEVELS: Final = 7  # of each sign, with zero: four bits


def pissa(layer: Layer) -> Factors:
    return _shared(layer.triplets, slice(None, layer.rank), layer.multiplier)


def milora(layer: Layer) -> Factors:
    return _shared(layer.triplets, slice(-layer.rank, None), layer.multiplier)


def mica(layer: Layer) -> Factors:
    return layer.zeros(layer.rank, layer.width), layer.triplets[0][..., -layer.rank :]


def olora(layer: Layer) -> Factors:
    q, r = torch.linalg.qr(layer.weight)
    return r[:, : layer.rank], q[..., : layer.rank]


def corda(layer: Layer) -> Factors:
    """In the mode that keeps the largest singular values."""
    u, s, vh = svd(layer.weight @ layer.covariance)
    undone = torch.linalg.solve(layer.covariance, vh[:, : layer.rank].mT).mT
    return _shared((u, s, undone), slice(None, layer.rank), layer.multiplier)


def loftq(layer: Layer) -> Factors:
    """One round: what four bits lose. The multiplier is not divided out."""
    return _shared(svd(layer.weight - quantised(layer.weight)), slice(None, layer.rank), 1)


def quantised(weight: Tensor) -> Tensor:
    """Rounded to evenly spaced levels, scaled to the largest entry of each block of a row."""
    blocks = weight.reshape(len(weight), -1, gcd(BLOCK, weight[0].numel()))
    scale = blocks.abs().amax(-1, keepdim=True) / LEVELS
    return ((blocks / scale).round() * scale).reshape(weight.shape)


def _shared(triplets: Triplets, kept: slice, multiplier: float) -> Factors:
    """The kept triplets, the root of each singular value in either factor."""
    u, s, vh = triplets
    root = (s[:, kept] / multiplier).sqrt()
    return root[..., None] * vh[:, kept], u[..., kept] * root[:, None, :]
