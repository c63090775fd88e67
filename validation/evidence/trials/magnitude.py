"""The mean square of what training adds to B A, under gradient noise (arXiv 2507.06558, proposition 2)."""

from __future__ import annotations

from math import sqrt
from typing import Final

import numpy as np
import torch

from validation.arrays.draws import Draws
from validation.evidence.trials.found import Found

IN: Final = 768  # long axes, for which r/n is small
OUT: Final = 512
RANK: Final = 4
RATE: Final = 1e-3  # so small that the factors keep their sizes
STEPS: Final = 10
SEEDS: Final = 16


def growth_of_the_product(a: str, b: str) -> Found:
    """The growth per step of the mean square of B A - B0 A0, over eta^2 r (m s_A^4 + n s_B^4).

    A is r x m with deviation ``a``/sqrt(m), B is n x r with deviation ``b``/sqrt(r); each gradient of the product
    has independent entries of variance 1.
    """
    draws = Draws("magnitude", IN, tuple(range(SEEDS)), 1, torch.float64, torch.device("cpu"))
    deviation_a, deviation_b = float(a) / sqrt(IN), float(b) / sqrt(RANK)
    A = deviation_a * draws.normal("A", (RANK, IN))
    B = deviation_b * draws.normal("B", (OUT, RANK))
    start, squares = B @ A, []
    for step in range(STEPS):
        gradient = draws.normal(f"G{step}", (OUT, IN))
        A, B = A - RATE * B.mT @ gradient, B - RATE * gradient @ A.mT
        squares.append((B @ A - start).square().mean((1, 2)).numpy())
    k = RANK * (IN * deviation_a**4 + OUT * deviation_b**4)
    times = np.arange(1, STEPS + 1)
    ratios = np.stack(squares, 1) @ times / (times @ times) / (RATE**2 * k)
    return Found(float(ratios.mean()), 2.13 * float(ratios.std(ddof=1)) / sqrt(SEEDS), SEEDS)
