"""Initialisations as they are constructed: slopes of their factors, and the fit of IniLoRA against a decomposition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import log
from typing import Final

import torch

from gamma_calc.catalogue.initialisations import INITIALISATIONS
from validation.evidence.trials.found import Found
from validation.initialisations import Layer, construct
from validation.measurement.along import SlopeRows
from validation.statistics.slope import Floats
from validation.statistics.verdict import Prediction, row

SEEDS: Final = 16
ROUND_OFF: Final = 1e-14
OTHERS: Final = 64  # inputs that the start has not seen


def start_slopes(
    name: str,
    expected: Mapping[str, Fraction | None],
    *,
    widths: Sequence[int],
    ranks: Sequence[int],
    tau: float,
    tolerance: float,
    seeds: int,
) -> SlopeRows:
    """Slopes of the entries of "A", "B", "A Z" and "B A", in the width, or in the rank where there is one width only.

    None expects what is zero to round-off. Powers of log_n(r) that a start has by definition are divided out.
    """
    axis = ranks if len(widths) == 1 else widths
    sizes = [_sizes(name, Layer(n, r, range(seeds), tau=tau)) for n in widths for r in ranks]
    rows = {}
    for quantity, exponent in expected.items():
        measured = {at: found[quantity] for at, found in zip(axis, sizes, strict=True)}
        rows[quantity] = row(Prediction(quantity, 0, exponent), measured, tolerance)
    return SlopeRows(rows, seeds)


def fit_against_decomposition(what: str) -> Found:
    """IniLoRA over PiSSA: the ratio of the "error" left, or of the "deviation" of an entry."""
    one = Layer(128, 8, range(SEEDS))
    (a, b), (c, d) = (construct(name, one) for name in ("inilora", "pissa"))
    if what == "error":
        ratio = _error(one, a, b) / _error(one, c, d)
    else:
        ratio = (a.square().mean((1, 2)) / c.square().mean((1, 2))).sqrt()
    return Found(float(ratio.mean()), 2.13 * float(ratio.std()) / SEEDS**0.5, SEEDS)


def _error(layer: Layer, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return (layer.weight - b @ a).square().sum((1, 2))


def _sizes(name: str, layer: Layer) -> dict[str, Floats]:
    """Root mean squares for each seed; what is round-off of zero counts as zero."""
    a, b = construct(name, layer)
    Z = layer.normal("others", OTHERS, layer.width)
    share = log(layer.rank) / log(layer.width)
    powers = map(Fraction, INITIALISATIONS[name].logarithm)
    found = {}
    for q, x, power in zip(("A", "B", "A Z", "B A"), (a, b, a @ Z.mT, b @ a), powers, strict=True):
        size = x.square().mean((1, 2)).sqrt() / share ** float(power)
        found[q] = size.where(size > ROUND_OFF, 0).numpy()
    return found
