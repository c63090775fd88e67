"""Starts made from the training data: principal components of the inputs, singular vectors of the first gradient."""

from __future__ import annotations

from typing import Final

from validation.initialisations.layer import Factors, Layer, svd

STABLE_GAMMA: Final = 16  # constants of the published code
GAIN: Final = 128


def eva(layer: Layer) -> Factors:
    return svd(layer.inputs)[2][:, : layer.rank], layer.zeros(layer.outputs, layer.rank)


def lora_ga(layer: Layer) -> Factors:
    """As the paper has it: A from the second r right singular vectors, B from the first r left ones."""
    u, _, vh = layer.gradient
    r, scale = layer.rank, layer.outputs**0.25 / STABLE_GAMMA**0.5
    return scale * vh[:, r : 2 * r], scale * u[..., :r]


def lora_ga_peft(layer: Layer) -> Factors:
    """As peft has it, in its direction ArB2r: B carries the singular values of the gradient, A has unit rows."""
    u, s, vh = layer.gradient
    r, scale = layer.rank, layer.outputs**0.25 / STABLE_GAMMA**0.5
    return vh[:, :r], scale * u[..., r : 2 * r] * s[:, None, r : 2 * r]


def lora_one(layer: Layer) -> Factors:
    u, s, vh = layer.gradient  # of which the start is the descent, hence minus
    root = (s[:, : layer.rank] / s[:, :1] / GAIN).sqrt()
    return root[..., None] * vh[:, : layer.rank], -u[..., : layer.rank] * root[:, None, :]
