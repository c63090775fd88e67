"""What an experiment says: the rates of every setting, the statements with verdicts, and the cells behind them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from gamma_calc.display.json import document
from validation.finetune.best_rates import setting_rates
from validation.finetune.cells import CellTable, FinetuneCell, cell_of
from validation.finetune.grid import Finetune
from validation.finetune.regret import CarriedRegret, regret_statement, regrets
from validation.finetune.setting import FinetuneSetting
from validation.finetune.sizes import size_statements
from validation.finetune.statement import Statement, worst
from validation.finetune.statements import Evidence, statements
from validation.statistics.verdict import Verdict
from validation.sweep.store import Store


@dataclass(frozen=True, eq=False)
class FinetuneOutcome:
    """The cells of a setting with what they say together. Nothing in it depends on when or where they were computed."""

    setting: Mapping[str, Any]
    cells: tuple[FinetuneCell, ...]

    @cached_property
    def evidence(self) -> Evidence:
        """The cells, and the rates of every setting."""
        table = CellTable.of(self.cells)
        return Evidence(table, setting_rates(table))

    @cached_property
    def regrets(self) -> tuple[CarriedRegret, ...]:
        """What carried rates cost."""
        alpha = self.setting["alpha"]
        return tuple(regrets(self.evidence, {r: alpha / r if alpha else 1.0 for r in self.evidence.table.ranks}))

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement of which there is something to say."""
        about_rates = [regret_statement(self.regrets)] if self.regrets else []
        return (*statements(self.evidence), *size_statements(self.evidence), *about_rates)

    @property
    def verdict(self) -> Verdict:
        """Of all statements together."""
        return worst([one.verdict for one in self.statements])

    def to_json(self) -> str:
        """One object: what was run, every cell, every statement, the verdict."""
        answer = {
            "experiment": "finetune",
            "setting": dict(self.setting),
            "cells": [cell.as_data() for cell in self.cells],
            "rates": [_rates(one) for one in self.evidence.settings],
            "statements": [one.as_data() for one in self.statements],
            "verdict": self.verdict.value,
        }
        return document("experiment", answer)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> FinetuneOutcome:
        """From the object that ``to_json`` writes; what is concluded from the cells is concluded again."""
        return cls(data["setting"], tuple(map(FinetuneCell.from_data, data["cells"])))


def outcome(grid: Finetune, store: Store) -> FinetuneOutcome:
    """What a store with all cells of a grid says."""
    found = {row.key: row.measured for row in store.rows()}
    cells = tuple(cell_of(asked, found[job.key]) for job, asked in grid.requests.items())
    return FinetuneOutcome(_told(grid.setting), cells)


def _told(setting: FinetuneSetting) -> dict[str, Any]:
    """As JSON holds it."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(setting).items()}


def _rates(one: Any) -> dict[str, Any]:
    interval = one.optimum.interval or (math.nan, math.nan)
    return {
        "init": one.arm.init,
        "ratio": one.arm.ratio,
        "rank": one.rank,
        "width": one.width,
        "best": _power(one.optimum.rate),
        "best_low": _power(interval[0]),
        "best_high": _power(interval[1]),
        "best_status": one.optimum.status,
        "usable": _listed(one.usable),
        "stable": _listed(one.stable),
        "least_loss": _listed(one.least),
        "accuracy": _listed(one.accuracies[one.best]),
    }


def _power(logarithm: float | None) -> float | None:
    return None if logarithm is None or math.isnan(logarithm) else float(f"{math.exp(logarithm):.5g}")


def _listed(numbers: Iterable[float]) -> list[float | None]:
    return [float(f"{x:.5g}") if math.isfinite(x) else None for x in numbers]
