"""A sweep against what is derived: best rates, their slopes inside groups, and a verdict on every law."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from gamma_calc.display.blocks import Block
from gamma_calc.display.figure import save
from gamma_calc.display.json import Data, document
from gamma_calc.display.numbers import plain
from gamma_calc.display.showing import SelfShowing
from gamma_calc.display.shown import shown
from gamma_calc.errors import ConfigError
from gamma_calc.frontends.runs_table import NUMBERS, RunsTable
from gamma_calc.practice.setting import Setting
from gamma_calc.practice.sweep_law import SweepLaw
from gamma_calc.practice.transfer_reasons import INDEPENDENT
from validation.recorded_runs.figure import drawn
from validation.recorded_runs.optimum import FOUND, WITHIN, RateOptimum, by_status, optima, rate_cells
from validation.recorded_runs.trend import Trend, slope_of, trend
from validation.statistics.verdict import Verdict

TOLERANCE: Final = 0.1
NONE: Final = ""  # the group of a file that is one group
ORDER: Final = (Verdict.CONFIRMED, Verdict.UNDECIDED, Verdict.REFUTED)
LONGEST: Final = 26  # letters of a name in a table
MOST_CELLS: Final = 12  # printed one by one; JSON has all


@dataclass(frozen=True, slots=True)
class LawRow:
    """A law's slope in one column at the numbers of the cells, against the measured one; None where it has none."""

    column: str
    principle: str
    assumptions: str
    predicted: float | None
    verdict: Verdict


@dataclass(frozen=True)
class SweepCheck(SelfShowing):
    """Best rates of a table of runs, their slopes, and how every law stands. Slopes are exponents of a column."""

    table: RunsTable
    group: str
    optima: tuple[RateOptimum, ...]
    trends: tuple[Trend, ...]
    laws: tuple[LawRow, ...]
    tolerance: float
    notes: tuple[str, ...] = field(default=())

    @property
    def verdict(self) -> Verdict:
        """Confirmed where a law is, in every column; refuted where every law is refuted in some column."""
        standing = [max(rows, key=ORDER.index) for rows in self._by_law.values() if rows]
        return min(standing, key=ORDER.index, default=Verdict.UNDECIDED)

    @cached_property
    def _by_law(self) -> Mapping[tuple[str, str], list[Verdict]]:
        found: dict[tuple[str, str], list[Verdict]] = {}
        for row in self.laws:
            its = found.setdefault((row.principle, row.assumptions), [])
            its += [row.verdict] if row.predicted is not None else []
        return found

    # -- appearance -----------------------------------------------------------------------------------------------

    def blocks(self, dialect: str) -> Iterator[Block]:
        """The slopes, the laws, the cells, what was left out, and the verdict last."""
        yield Block("Slopes of the best rate", tuple(map(_trend_cells, self.trends)), _TREND_HEADS)
        yield Block("Derived laws at these numbers", tuple(_law_cells(self.laws)), _LAW_HEADS)
        found = [one for one in self.optima if one.status == FOUND]
        heads = (*(name for name, _ in found[0].cell.setting), "best rate", "95 % interval") if found else ()
        yield Block("Best rates", tuple(_cell_cells(one) for one in found[:MOST_CELLS]), heads)
        yield Block("Cells", tuple(self._counts()))
        yield Block("Notes", tuple((note,) for note in self.notes))
        yield Block("Verdict", ((self._summary(),),))

    def _counts(self) -> Iterator[tuple[str]]:
        for status, cells in by_status(self.optima).items():
            yield (f"{len(cells)} {status}",)
        if sum(one.status == FOUND for one in self.optima) > MOST_CELLS:
            yield (f"the first {MOST_CELLS} found are shown; --format json has all",)
        diverged = sum(one.cell.diverged for one in self.optima)
        if diverged:
            yield (f"{diverged} runs without a finite loss are left out",)

    def _summary(self) -> str:
        names = [f"{p} under {a}" for (p, a), rows in self._by_law.items() if rows and set(rows) == {Verdict.CONFIRMED}]
        return f"{self.verdict.value}: {'; '.join(names) or 'no law is confirmed'} (tolerance {self.tolerance:g})"

    def to_json(self) -> str:
        """One object: schema, version, cells, slopes by column, and the verdict on every law."""
        return document("check-sweep", self.as_data())

    def as_data(self) -> Data:
        """The same as plain data; rates are numbers, slopes exponents."""
        return {
            "file": str(self.table.path),
            "cells": [_cell_data(one) for one in self.optima],
            "slopes": {one.column: _trend_data(one) for one in self.trends},
            "verdict": {"overall": self.verdict.value, "laws": [_law_data(row) for row in self.laws]},
            "tolerance": self.tolerance,
            "notes": list(self.notes),
        }

    def figure(self, path: str | Path) -> None:
        """Draw the best rates with their intervals and slopes, and the first cells. Raises ConfigError."""
        predicted = {one.column: _predictions(self.laws, one.column) for one in self.trends}
        save(drawn(self.optima, self.trends, self.groups, predicted), Path(path))

    def groups(self, column: str, one: RateOptimum) -> tuple[str, ...]:
        """Inside what a slope in a column is measured: everything else that is known of a cell."""
        return group_of(column, one, self.group)


_TREND_HEADS: Final = ("in", "slope", "95 % interval", "groups", "cells")
_LAW_HEADS: Final = ("principle", "assuming", "in", "slope", "verdict")


def check_sweep(
    table: RunsTable,
    laws: Iterable[SweepLaw],
    setting: Setting,
    *,
    by: Sequence[str] = (),
    group: str | None = None,
    tolerance: float = TOLERANCE,
    within: float = WITHIN,
) -> SweepCheck:
    """The best rate of every cell, its slopes, and the verdict on laws at the same numbers.

    ``setting`` holds what the file leaves out, such as alpha or the width. Without ``by`` the slopes are those in rank,
    width and batch, as far as they vary. Raises ConfigError where there is nothing to fit.
    """
    asked = tuple(by) or table.varying()
    if not asked:
        raise ConfigError(
            "neither rank nor width nor batch varies", where=str(table.path), hint="give runs at several of them"
        )
    group = ("model" if "model" in table.columns else NONE) if group is None else group
    columns = tuple(dict.fromkeys((*table.settings, *asked, *filter(None, [group]))))
    for column in columns:
        table.check_column(column)
    found = _optima(table, columns, within)
    known = [one for one in found if one.status == FOUND]
    trends = tuple(one for column in asked if (one := _trend(column, known, group)) is not None)
    notes = (*_unmoved(asked, trends, known), *_taken(table, setting))
    measured = _Measured(known, trends, group, tolerance)
    return SweepCheck(table, group, found, trends, tuple(_rows(laws, setting, measured)), tolerance, notes)


def _optima(table: RunsTable, columns: Sequence[str], within: float) -> tuple[RateOptimum, ...]:
    cells = rate_cells(table.runs, columns, within)
    if all(len(cell.rates) < 2 for cell in cells):
        raise ConfigError("every cell has one rate", where=str(table.path), hint="a best rate needs three or more")
    found, _ = optima(cells)
    return found


def group_of(column: str, one: RateOptimum, group: str) -> tuple[str, ...]:
    """The group of a cell, and its other numbers."""
    kept = {group, *NUMBERS} - {column}
    return tuple(value for name, value in one.cell.setting if name in kept)


def _trend(column: str, known: Sequence[RateOptimum], group: str) -> Trend | None:
    x = _logs(column, known)
    y = np.array([one.rate for one in known], dtype=float)
    return trend(column, [group_of(column, one, group) for one in known], x, y, [one.error for one in known])


def _logs(column: str, known: Sequence[RateOptimum]) -> Any:
    return np.log([float(dict(one.cell.setting)[column]) for one in known])


@dataclass(frozen=True, slots=True)
class _Measured:
    """What laws are held against."""

    known: Sequence[RateOptimum]
    trends: Sequence[Trend]
    group: str
    tolerance: float

    def slope(self, column: str, rates: Sequence[float]) -> float:
        """That of other rates of the same cells in the same groups."""
        groups = [group_of(column, cell, self.group) for cell in self.known]
        return plain(round(slope_of(groups, _logs(column, self.known), np.array(rates)), 6)) + 0.0


def _rows(laws: Iterable[SweepLaw], setting: Setting, measured: _Measured) -> Iterator[LawRow]:
    pairs = [(_setting(one, setting), one.rate or 0.0) for one in measured.known]
    if any(one.n is None for one, _ in pairs):
        return
    for asked, _ in pairs:
        asked.checked()
    for law in laws:
        rates = law.rates(pairs)
        for one in measured.trends:
            yield _row(law, one, rates, measured)


def _row(law: SweepLaw, one: Trend, rates: Sequence[float] | None, measured: _Measured) -> LawRow:
    if rates is None or one.column in law.unknown:
        return LawRow(one.column, law.principle, law.assumptions, None, Verdict.UNDECIDED)
    slope = measured.slope(one.column, rates)
    return LawRow(one.column, law.principle, law.assumptions, slope, one.judged(slope, measured.tolerance))


def _setting(one: RateOptimum, shared: Setting) -> Setting:
    """What a cell is set to. Raises ConfigError for a number that no run has."""
    values = dict(one.cell.setting)
    whole = {"width": "n", "rank": "r", "batch": "batch"}
    said: dict[str, Any] = {word: _whole(column, values[column]) for column, word in whole.items() if column in values}
    if "alpha" in values:
        said["alpha"] = float(values["alpha"])
    return shared.updated(Setting(**said)) if said else shared


def _whole(column: str, text: str) -> int:
    if not float(text).is_integer():
        raise ConfigError(f"{column} is {text}", hint="write a whole number")
    return int(float(text))


# -- words ------------------------------------------------------------------------------------------------------------


def _unmoved(asked: Sequence[str], trends: Sequence[Trend], known: Sequence[RateOptimum]) -> Iterator[str]:
    for column in asked:
        if column not in [one.column for one in trends]:
            where = "inside no group do best rates of two cells differ in it" if known else "no best rate was found"
            yield f"no slope in {column}: {where}; --group names another column, --group none makes all one group"


def _taken(table: RunsTable, setting: Setting) -> Iterator[str]:
    """What the laws take for granted."""
    if "width" not in table.columns and setting.n is None:
        yield "no law without a width: add a column width, or --setting n=4096"
    if "alpha" not in table.columns and setting.s is None:
        alpha = f"{setting.alpha:g}" if setting.alpha is not None else "8, peft's default, as none is given"
        divisor = "the root of r" if setting.rslora else "r"
        yield f"the multiplier is alpha/{divisor} with alpha = {alpha}"
    yield (
        "intervals hold the scatter of the cells, and not that a loss is no exact parabola: --within shows how much "
        "that is"
    )
    if "batch" in table.columns or setting.batch is not None:
        yield f"batch is the number of samples a step: {INDEPENDENT}"
    yield f"start {setting.start}, optimiser {setting.rule}, one learning rate; every constant in front is free"


def _trend_cells(one: Trend) -> tuple[str, ...]:
    return one.column, f"{one.slope:+.3f}", _interval(one.low, one.high), str(one.groups), str(one.cells)


def _interval(low: float | None, high: float | None) -> str:
    return "not known" if low is None or high is None else f"{low:+.3f} .. {high:+.3f}"


def _law_cells(laws: Sequence[LawRow]) -> Iterator[tuple[str, ...]]:
    """Laws of one principle that say the same share a row."""
    shared: dict[tuple[str, str, str, str], list[str]] = {}
    for row in laws:
        slope = "not known" if row.predicted is None else f"{row.predicted:+.3f}"
        shared.setdefault((row.column, row.principle, slope, row.verdict.value), []).append(row.assumptions)
    for (column, principle, slope, verdict), assumptions in shared.items():
        yield principle, "; ".join(assumptions), column, slope, verdict


def _cell_cells(one: RateOptimum) -> tuple[str, ...]:
    interval = one.interval
    spread = "not known" if interval is None else " .. ".join(f"{math.exp(end):.2e}" for end in interval)
    named = (shown(value, LONGEST) for _, value in one.cell.setting)
    return *named, f"{math.exp(one.rate or 0):.2e}", spread


def _cell_data(one: RateOptimum) -> Data:
    low, high = one.interval or (None, None)
    return {name: _plain(name, value) for name, value in one.cell.setting} | {
        "status": one.status,
        "lr": _rate(one.rate),
        "low": _rate(low),
        "high": _rate(high),
        "rates": [plain(math.exp(rate)) for rate in one.cell.rates],
        "losses": [plain(loss) for loss in one.cell.losses.tolist()],
        "diverged": one.cell.diverged,
    }


def _plain(column: str, text: str) -> str | float | int:
    """Numbers are numbers, whole ones whole."""
    if column not in NUMBERS:
        return text
    return int(text) if text.isdigit() else float(text)


def _rate(log_rate: float | None) -> float | None:
    return None if log_rate is None or log_rate > math.log(1e300) else float(f"{math.exp(log_rate):.6g}")


def _trend_data(one: Trend) -> Data:
    return {"slope": one.slope, "low": one.low, "high": one.high, "groups": one.groups, "cells": one.cells}


def _law_data(row: LawRow) -> Data:
    return {
        "in": row.column,
        "principle": row.principle,
        "assumptions": row.assumptions,
        "predicted": row.predicted,
        "verdict": row.verdict.value,
    }


def _predictions(laws: Sequence[LawRow], column: str) -> Mapping[float, str]:
    """Slopes that laws give in a column, each with the laws that give it."""
    found: dict[float, dict[str, list[str]]] = {}
    for row in laws:
        if row.column == column and row.predicted is not None:
            found.setdefault(row.predicted, {}).setdefault(row.principle, []).append(row.assumptions)
    return {slope: "; ".join(f"{p} under {' / '.join(a)}" for p, a in names.items()) for slope, names in found.items()}
