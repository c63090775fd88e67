"""The rate set without a grid: one known best rate, carried by the derived law to every other width and rank."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from validation.finetune.best_rates import SettingRates
from validation.finetune.cells import AdapterArm
from validation.finetune.predicted import carried
from validation.finetune.statement import SeedInterval, Statement, StatementFinding
from validation.finetune.statements import Evidence
from validation.statistics.verdict import Verdict

SMALL: Final = 0.1  # of what training gains: a regret that one may live with


@dataclass(frozen=True, slots=True)
class CarriedRegret:
    """What a carried rate costs at one setting, as a share of what training gains at the best rate of the grid.

    ``rate`` is the carried one, not a number where no law is known; ``regret`` that of it, ``kept`` that of the known
    rate as it was; not a number where the rate lies outside the grid.
    """

    arm: AdapterArm
    rank: int
    width: int
    known: float
    rate: float
    regret: float
    kept: float


def regrets(evidence: Evidence, multiplier: dict[int, float]) -> Iterator[CarriedRegret]:
    """From the smallest width and the first rank of every start. ``multiplier`` is s by rank."""
    rank, width = evidence.table.ranks[0], evidence.table.widths[0]
    for arm in evidence.table.arms:
        known = evidence.of(arm, rank, width)
        if known.optimum.rate is None:
            continue
        rate = math.exp(known.optimum.rate)
        for setting in evidence.settings:
            if setting.arm == arm and (setting.rank, setting.width) != (rank, width):
                yield _of(setting, known, rate, multiplier)


def _of(setting: SettingRates, known: SettingRates, rate: float, multiplier: dict[int, float]) -> CarriedRegret:
    there, both = (setting.width, setting.rank), (multiplier[known.rank], multiplier[setting.rank])
    taken = carried(setting.arm, (known.width, known.rank, rate), there, both)
    moved = math.nan if taken is None else taken
    costs = (_cost(setting, moved), _cost(setting, rate))
    return CarriedRegret(setting.arm, setting.rank, setting.width, rate, moved, *costs)


def _cost(setting: SettingRates, rate: float) -> float:
    return (setting.loss_at(rate) - float(setting.least.mean())) / setting.gain


def regret_statement(found: tuple[CarriedRegret, ...]) -> Statement:
    """Is every regret small?"""
    findings = tuple(
        StatementFinding(
            f"{one.arm}, r = {one.rank}, n = {one.width}",
            SeedInterval(one.regret, one.regret, one.regret),
            _verdict(one.regret),
            f"rate {one.rate:.2g}; {one.kept:+.3f} at the known {one.known:.2g}",
        )
        for one in found
    )
    text = f"a best rate carried by the derived law costs at most {SMALL:.0%} of what training gains, without a grid"
    return Statement("no grid", text, "transfer", findings)


def _verdict(regret: float) -> Verdict:
    if not math.isfinite(regret):
        return Verdict.UNDECIDED
    return Verdict.CONFIRMED if regret <= SMALL else Verdict.REFUTED
