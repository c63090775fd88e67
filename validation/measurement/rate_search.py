"""The search for the largest rate that keeps every output within 1, and for the one with the least loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from gamma_calc.errors import ProgramError
from gamma_calc.language.program import Program
from validation.executor.cell import Cell, measure_cell
from validation.executor.settings import Settings
from validation.statistics.slope import Floats

RATES: Final = 10  # of one round, all in one batch
ROUNDS: Final = 3  # each looks between two neighbouring rates of the one before
LOSSES: Final = 17  # rates of a round for the loss: odd, so that the next round has the best of this one
LOSS_ROUNDS: Final = 2
WIDEST: Final = (-3.0, 1.0)  # exponents between which the first round looks, at each width


class Search:
    """The largest stable rate of each seed at one width, each found by itself."""

    def __init__(self, program: Program, width: int, settings: Settings) -> None:
        self.program, self.width, self.settings = program, width, settings
        self.first = np.geomspace(float(width) ** WIDEST[0], float(width) ** WIDEST[1], RATES)
        self.found: list[float] = []

    def add(self, last: int) -> None:
        """Search for the seeds that are missing of so many."""
        seeds = range(len(self.found), last)
        whole = self._run(seeds, self.first)
        for i, seed in enumerate(seeds):
            self.found.append(self._narrowed(seed, _largest(whole)[:, i]))

    def _run(self, seeds: Sequence[int], rates: Floats, *, with_loss: bool = False) -> Cell:
        return measure_cell(self.program, self.width, seeds, self.settings, rates=tuple(rates), with_loss=with_loss)

    def _narrowed(self, seed: int, sizes: Floats) -> float:
        """The size need not grow with the rate: a rate at which it passes 1 is kept between two neighbours."""
        rates = self.first
        self._check_crossing(sizes)
        for _ in range(ROUNDS - 1):
            at = _last_below(sizes)
            rates = np.geomspace(rates[at], rates[at + 1], RATES)
            sizes = _largest(self._run([seed], rates))[:, 0]
        return crossing(rates, sizes)

    def _check_crossing(self, sizes: Floats) -> None:
        if sizes[0] > 1 or sizes[-1] <= 1:
            low, high = WIDEST
            raise ProgramError(
                f"no rate between n^{low:g} and n^{high:g} is the largest stable one at n = {self.width}",
                where=f"program {self.program.name}",
                hint="an output that starts above 1, or that no rate moves, has no largest stable rate",
            )

    def least_loss(self) -> float | None:
        """The rate with the least mean loss after the last step; None where it lies at an end of the range."""
        middle = float(np.exp(np.log(self.found).mean()))
        low, high = middle / self.width, middle * self.width
        for _ in range(LOSS_ROUNDS):
            rates = np.geomspace(low, high, LOSSES)
            losses = self._run(range(len(self.found)), rates, with_loss=True).losses
            mean = np.nan_to_num(losses[..., -1], nan=np.inf).mean(1)  # type: ignore[index]
            best = int(mean.argmin())
            if not 0 < best < LOSSES - 1:
                return None
            low, high = rates[best - 1], rates[best + 1]
        return float(rates[best])


def _largest(measured: Cell) -> Floats:
    """Rate x seed: the largest output over the steps; overflow counts as larger than any number."""
    sizes: Floats = np.nan_to_num(measured.sizes, nan=np.inf).max((2, 3))
    return sizes


def _last_below(sizes: Floats) -> int:
    """The place before the first size above 1; the two ends are on either side of it."""
    return int((sizes > 1).argmax()) - 1


def crossing(rates: Floats, sizes: Floats) -> float:
    """Where log size, taken straight between two rates, passes 0; the lower rate where the upper one overflows."""
    at = _last_below(sizes)
    under, over = np.log(sizes[at]), np.log(sizes[at + 1])
    part = -under / (over - under) if np.isfinite(over) and np.isfinite(under) else 0.0
    return float(rates[at] * (rates[at + 1] / rates[at]) ** part)
