"""What an initialisation may look at: a random frozen weight, inputs of the layer, and the gradient of a first loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Final

import torch

from validation.arrays.draws import Draws

Tensor = torch.Tensor
Factors = tuple[Tensor, Tensor]
Triplets = tuple[Tensor, Tensor, Tensor]

LARGE: Final = 8  # singular values of order n^tau, where tau is not 0: a flat top, so that ranks below it have no law


@dataclass(frozen=True, eq=False)
class Layer:
    """A square layer of one width, for each seed; every tensor has the seeds as its first axis.

    ``multiplier`` is s. The weight has independent entries of variance 1/n and, for ``tau`` (an exponent) other than 0,
    a few singular values n^tau. Equal layers have equal tensors, on every machine for one version of torch.

    >>> layer = Layer(width=16, rank=2, seeds=(0, 1, 2))
    >>> tuple(layer.weight.shape), tuple(layer.inputs.shape)
    ((3, 16, 16), (3, 4, 16))
    """

    width: int
    rank: int
    seeds: Sequence[int]
    multiplier: float = 1
    tau: float = 0

    @property
    def outputs(self) -> int:
        """How many there are; ``width`` counts the inputs."""
        return self.width

    def normal(self, name: str, *shape: int) -> Tensor:
        """Independent standard normal entries."""
        draws = Draws("starts", self.width, tuple(self.seeds), 1, torch.float64, torch.device("cpu"))
        return draws.normal(name, shape)

    def uniform(self, name: str, *shape: int) -> Tensor:
        """Independent entries, uniform on -1 to 1."""
        drawn: Tensor = torch.special.erf(self.normal(name, *shape) / sqrt(2))
        return drawn

    def zeros(self, *shape: int) -> Tensor:
        return torch.zeros(len(self.seeds), *shape, dtype=torch.float64)

    @cached_property
    def weight(self) -> Tensor:
        """W*, out x in."""
        flat = self.normal("W*", self.width, self.width) / sqrt(self.width)
        if self.tau == 0:
            return flat
        left, right = (torch.linalg.qr(self.normal(side, self.width, LARGE)).Q for side in ("left", "right"))
        raised: Tensor = flat + self.width**self.tau * left @ right.mT
        return raised

    @cached_property
    def triplets(self) -> Triplets:
        """U, S, V^T of the weight, the largest first."""
        return svd(self.weight)

    @cached_property
    def inputs(self) -> Tensor:
        """As few training inputs as give a gradient of rank 2 r."""
        return self.normal("Z", 2 * self.rank, self.width)

    @cached_property
    def covariance(self) -> Tensor:
        """The sum of x x^T over twice as many inputs as the width."""
        inputs = self.normal("tokens", 2 * self.width, self.width)
        summed: Tensor = inputs.mT @ inputs
        return summed

    @cached_property
    def gradient(self) -> Triplets:
        """U, S, V^T of the gradient of a loss that is averaged over outputs and summed over the training inputs.

        The error signals are independent. The gradient is not written out, as its rank is small.
        """
        errors = self.normal("errors", 2 * self.rank, self.width)
        (left, upper), (right, lower) = (torch.linalg.qr(x.mT) for x in (errors, self.inputs))
        u, s, vh = svd(upper @ lower.mT / self.width)
        return left @ u, s, vh @ right.mT


def svd(matrix: Tensor) -> Triplets:
    """U, S, V^T without the null space of a flat or tall matrix."""
    u, s, vh = torch.linalg.svd(matrix, full_matrices=False)
    return u, s, vh
