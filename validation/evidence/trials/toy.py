"""How long the scalar model of LoRA+ takes to leave its start."""

from __future__ import annotations

from math import log
from typing import Final

import numpy as np

from gamma_calc.catalogue.specimens import toy_in_scalars
from validation.evidence.trials.found import Found
from validation.executor.cell import measure_cell
from validation.executor.settings import Settings

POWERS: Final = range(8, 44, 4)  # of two: the widths
SEEDS: Final = 2048
STEPS: Final = 100
HALF: Final = 0.5  # of the target


def steps_to_escape(rate: str) -> Found:
    """By how many steps the time to half the target grows per factor 4 in n, at the learning rate c n^(-1/2).

    ``rate`` is c; the squared error has no factor 1/2, so the rate of the run is half of it.
    """
    program = toy_in_scalars(loss="square").substitute({"eta": "-1/2"})
    widths = [2**k for k in POWERS]
    times = []
    for width in widths:
        found = measure_cell(program, width, range(SEEDS), Settings(steps=STEPS), rates=(float(rate) / 2,))
        times.append(_first(found.sizes[0, :, :, found.quantities.index("f")]))
    x = np.array([log(width) / log(4) for width in widths])
    weights = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
    errors = np.array([t.std(ddof=1) / SEEDS**0.5 for t in times])
    slope = float(weights @ [t.mean() for t in times])
    return Found(slope, 1.96 * float(np.sqrt(np.sum((weights * errors) ** 2))), SEEDS)


def _first(sizes: np.ndarray) -> np.ndarray:
    """The step at which each seed passes HALF, taken straight in the logarithm between two steps."""
    after = (sizes > HALF).argmax(1)
    seeds = np.arange(len(sizes))
    low, high = np.log(sizes[seeds, after - 1]), np.log(sizes[seeds, after])
    return np.asarray(after - 1 + (log(HALF) - low) / (high - low))
