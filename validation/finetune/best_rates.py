"""The best and the largest usable rate of every setting, with intervals, and the rate at which Z_B passes one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from gamma_calc.frontends.runs_table import RecordedRun
from validation.finetune.cells import AdapterArm, CellTable, FinetuneCell
from validation.finetune.setting import REPEATED
from validation.measurement.rate_search import crossing
from validation.recorded_runs.optimum import FOUND, RateOptimum, optima, rate_cells
from validation.statistics.slope import Floats

SETTING: Final = ("arm", "rank", "width")


@dataclass(frozen=True, eq=False)
class SettingRates:
    """What the rates of one setting gave. Losses are rate x seed, infinite where training overflowed.

    ``accuracies`` are of the held-out part, rate x seed.
    ``optimum`` is the least of a parabola through the losses; ``usable`` and ``stable`` have a rate for each seed, not
    a number where it lies outside the rates tried.
    """

    arm: AdapterArm
    rank: int
    width: int
    rates: tuple[float, ...]
    losses: Floats
    before: Floats
    optimum: RateOptimum
    usable: Floats
    stable: Floats
    accuracies: Floats

    @property
    def best(self) -> int:
        """Which of the rates has the least mean loss."""
        return int(self.losses.mean(1).argmin())

    @property
    def least(self) -> Floats:
        """The losses of every seed at that rate."""
        found: Floats = self.losses[self.best]
        return found

    @property
    def accuracy(self) -> float:
        """The mean accuracy at that rate."""
        return float(self.accuracies[self.best].mean())

    @property
    def gain(self) -> float:
        """What training gains at that rate."""
        return float(self.before.mean() - self.least.mean())

    @property
    def found(self) -> bool:
        """Does a best rate lie within those tried?"""
        return self.optimum.status == FOUND

    def nearest(self, rate: float) -> int:
        """Which of the rates tried is nearest to one."""
        return int(np.abs(np.log(self.rates) - math.log(rate)).argmin())

    def loss_at(self, rate: float) -> float:
        """The mean loss at a rate, straight between neighbours on a log axis; not a number outside the rates tried."""
        if not self.rates[0] <= rate <= self.rates[-1]:
            return math.nan
        return float(np.interp(math.log(rate), np.log(self.rates), self.losses.mean(1)))


def setting_rates(table: CellTable) -> tuple[SettingRates, ...]:
    """Every setting, in the order of the cells."""
    keys = list(table.by_setting)
    runs = [_run(number, cell) for number, cell in enumerate(table.cells)]
    found, _ = optima(rate_cells(runs, SETTING))
    by_key = {tuple(value for _, value in one.cell.setting): one for one in found}
    return tuple(_of(table, key, by_key[str(key[0]), str(key[1]), str(key[2])]) for key in keys)


def _run(number: int, cell: FinetuneCell) -> RecordedRun:
    loss = Decimal(repr(cell.loss)) if math.isfinite(cell.loss) else None
    values = {"arm": str(cell.arm), "rank": str(cell.rank), "width": str(cell.width)}
    return RecordedRun(number, Decimal(repr(cell.rate)), loss, values)


def _of(table: CellTable, key: tuple[AdapterArm, int, int], optimum: RateOptimum) -> SettingRates:
    cells, rates, count = table.at(*key), table.rates, len(table.seeds)
    grid = [cells[i * count : (i + 1) * count] for i in range(len(rates))]
    losses = np.array([[cell.loss for cell in row] for row in grid])
    before = np.array([cell.before for cell in grid[0]])
    sizes = np.array([[_largest(table, cell) for cell in row] for row in grid])
    usable = np.array([_last_usable(rates, losses[:, i] - before[i]) for i in range(count)])
    stable = np.array([_edge(rates, sizes[:, i]) for i in range(count)])
    accuracies = np.array([[cell.accuracy for cell in row] for row in grid])
    return SettingRates(*key, rates, losses, before, optimum, usable, stable, accuracies)


def _largest(table: CellTable, cell: FinetuneCell) -> float:
    """Z_B of the layer where it is largest, after the steps on one batch."""
    found = [cell.at(f"{layer} Z_B", REPEATED) for layer in table.layers]
    return max(size if math.isfinite(size) else math.inf for size in found)


def _edge(rates: Sequence[float], sizes: Floats) -> float:
    """Where the size passes one."""
    inside = sizes[0] <= 1 < sizes[-1]
    return crossing(np.array(rates), sizes) if inside else math.nan


def _last_usable(rates: Sequence[float], excess: Floats) -> float:
    """Beyond the best rate, where the loss passes that before training, straight on a log axis.

    Half way to a rate that overflows; not a number where no rate is usable, or all beyond the best one are.
    """
    best = int(excess.argmin())
    above = [at for at in range(best + 1, len(rates)) if excess[at] >= 0]
    if excess[best] >= 0 or not above:
        return math.nan
    at = above[0]
    share = 0.5 if math.isinf(excess[at]) else -excess[at - 1] / (excess[at] - excess[at - 1])
    return float(rates[at - 1] ** (1 - share) * rates[at] ** share)
