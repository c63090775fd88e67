"""The best learning rate of a cell: the vertex of a parabola in the logarithm of the rate, with its interval.

The noise is that of repeats (the same cell at the same rate), or the misfit of the parabolas where that is larger: a
loss is no exact parabola. It is pooled over all cells, as a share of the loss, since losses of two models differ.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.optimize import OptimizeWarning, curve_fit
from scipy.special import stdtrit

from gamma_calc.frontends.runs_table import RecordedRun
from validation.statistics.slope import CONFIDENCE, Floats

FEWEST: Final = 3  # rates, for a parabola
WITHIN: Final = 3.0  # factor of rates around the best one tried: beyond, a loss is soon no parabola
SLACK: Final = 1e-6  # of a logarithm: rates are written in a few digits
FOUND: Final = "found"
AT_THE_END: Final = "at the end of its grid"
TOO_FEW: Final = "fewer than three rates"
NO_VERTEX: Final = "no parabola with a least value"


@dataclass(frozen=True)
class RateCell:
    """The runs of one setting: the logarithms of its rates in order, the mean loss at each, and what was repeated.

    >>> RateCell((("rank", "8"),), np.log([1e-4, 1e-3]), np.array([0.5, 0.6]), (), 0).ends
    True
    """

    setting: tuple[tuple[str, str], ...]
    rates: Floats
    losses: Floats
    repeats: tuple[Floats, ...]  # losses of the runs of one rate, where there are several
    diverged: int
    within: float = WITHIN

    @property
    def scale(self) -> float:
        """What noise is a share of."""
        return float(np.abs(self.losses).mean())

    @property
    def ends(self) -> bool:
        """Is the best rate tried the smallest or the largest?"""
        return int(self.losses.argmin()) in (0, len(self.losses) - 1)

    @property
    def near(self) -> tuple[Floats, Floats]:
        """The best rate tried, the next ones on both sides, and all ``within`` a factor of it; with their losses."""
        best = int(self.losses.argmin())
        close = np.abs(self.rates - self.rates[best]) <= math.log(self.within) + SLACK
        close[max(best - 1, 0) : best + 2] = True
        return self.rates[close], self.losses[close]


@dataclass(frozen=True, slots=True)
class RateOptimum:
    """What a cell says: ``rate`` is the logarithm of its best rate, ``error`` the standard error of that.

    ``status`` is FOUND, or why there is no best rate; ``least`` and ``curvature`` are those of the parabola.
    """

    cell: RateCell
    status: str
    rate: float | None = None
    error: float | None = None
    quantile: float = math.nan
    least: float = math.nan
    curvature: float = math.nan

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of the logarithm of the rate; None where nothing says how noisy a loss is."""
        if self.rate is None or self.error is None:
            return None
        return self.rate - self.quantile * self.error, self.rate + self.quantile * self.error


@dataclass(frozen=True, slots=True)
class LossNoise:
    """The standard deviation of a loss as a share of it, and the degrees of freedom behind; 0 where it is not known."""

    deviation: float
    freedom: int


def rate_cells(runs: Iterable[RecordedRun], columns: Sequence[str], within: float = WITHIN) -> tuple[RateCell, ...]:
    """The runs by their setting, in the order of the file."""
    groups: dict[tuple[str, ...], list[RecordedRun]] = {}
    for run in runs:
        groups.setdefault(run.key(columns), []).append(run)
    return tuple(_cell(tuple(zip(columns, key, strict=True)), its, within) for key, its in groups.items())


def _cell(setting: tuple[tuple[str, str], ...], runs: Sequence[RecordedRun], within: float) -> RateCell:
    by_rate: dict[float, list[float]] = {}
    for run in runs:
        if run.loss is not None:
            by_rate.setdefault(math.log(run.rate), []).append(float(run.loss))
    rates = sorted(by_rate)
    means = np.array([np.mean(by_rate[rate]) for rate in rates])
    repeats = tuple(np.array(losses) for losses in by_rate.values() if len(losses) > 1)
    return RateCell(setting, np.array(rates), means, repeats, sum(run.loss is None for run in runs), within)


def optima(cells: Sequence[RateCell]) -> tuple[tuple[RateOptimum, ...], LossNoise]:
    """The best rate of every cell, under the noise of them all."""
    rough = [_optimum(cell, LossNoise(1.0, 0)) for cell in cells]
    noise = _noise(rough)
    return tuple(_optimum(cell, noise) for cell in cells), noise


def _noise(fits: Sequence[RateOptimum]) -> LossNoise:
    """The larger of the two: that of repeats, and that of what parabolas leave over."""
    repeats = [(losses / fit.cell.scale) for fit in fits for losses in fit.cell.repeats]
    found = [fit for fit in fits if fit.status == FOUND]
    kinds = (
        (sum(float(np.sum((x - x.mean()) ** 2)) for x in repeats), sum(len(x) - 1 for x in repeats)),
        (sum(map(_misfit, found)), sum(len(fit.cell.near[0]) - FEWEST for fit in found)),
    )
    known = [LossNoise(math.sqrt(square / freedom), freedom) for square, freedom in kinds if freedom > 0]
    return max(known, key=lambda noise: noise.deviation, default=LossNoise(0.0, 0))


def _misfit(fit: RateOptimum) -> float:
    rates, losses = fit.cell.near
    return float(np.sum(((losses - parabola(fit, rates)) / fit.cell.scale) ** 2))


def _optimum(cell: RateCell, noise: LossNoise) -> RateOptimum:
    if len(cell.rates) < FEWEST:
        return RateOptimum(cell, TOO_FEW)
    if cell.ends:
        return RateOptimum(cell, AT_THE_END)
    rates, losses = cell.near
    bent, tilt, least = np.polynomial.Polynomial.fit(rates, losses, 2).convert().coef[::-1]
    if bent <= 0:
        return RateOptimum(cell, NO_VERTEX)
    start = (-tilt / (2 * bent), least - tilt**2 / (4 * bent), bent)
    sigma = np.full(len(rates), (noise.deviation or 1.0) * cell.scale)
    with warnings.catch_warnings(action="ignore", category=OptimizeWarning):
        (vertex, low, curvature), spread = curve_fit(_parabola, rates, losses, start, sigma, absolute_sigma=True)
    if not rates[0] < vertex < rates[-1] or curvature <= 0:
        return RateOptimum(cell, AT_THE_END)
    error = float(np.sqrt(spread[0, 0])) if noise.freedom else None
    quantile = float(stdtrit(max(noise.freedom, 1), (1 + CONFIDENCE) / 2))
    return RateOptimum(cell, FOUND, float(vertex), error, quantile, float(low), float(curvature))


def _parabola(rates: Floats, vertex: float, least: float, curvature: float) -> Floats:
    return least + curvature * (rates - vertex) ** 2


def parabola(optimum: RateOptimum, rates: Floats) -> Floats:
    """The fitted loss at logarithms of rates; of a cell whose best rate is found."""
    return _parabola(rates, optimum.rate or 0.0, optimum.least, optimum.curvature)


def by_status(found: Iterable[RateOptimum]) -> Mapping[str, tuple[RateOptimum, ...]]:
    """The cells by what became of them."""
    sorted_out: dict[str, tuple[RateOptimum, ...]] = {}
    for one in found:
        sorted_out[one.status] = (*sorted_out.get(one.status, ()), one)
    return sorted_out
