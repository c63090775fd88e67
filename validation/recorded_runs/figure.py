"""The figure of a sweep: best rates against rank or width with intervals and slopes, and the first cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from gamma_calc.display.figure import blank
from gamma_calc.display.painting import DASHES, Words, line_style
from validation.recorded_runs.optimum import AT_THE_END, FOUND, RateOptimum, parabola
from validation.recorded_runs.trend import Trend

COLUMNS: Final = 3
MOST_CELLS: Final = 12
PANEL: Final = (3.4, 2.6)  # inches
TALL: Final = 4.0
NARROWEST: Final = 6.8
LEGEND: Final = {"frameon": False, "fontsize": 8, "loc": "upper center", "bbox_to_anchor": (0.5, -0.14)}
FINE: Final = 50
WORDS: Final = Words(110)
Groups = Callable[[str, RateOptimum], tuple[str, ...]]


def drawn(
    optima: Sequence[RateOptimum], trends: Sequence[Trend], groups: Groups, predicted: Mapping[str, Mapping[float, str]]
) -> Any:
    """A wide panel for each slope, and a small one for each of the first cells."""
    cells = [one for one in optima if one.status in (FOUND, AT_THE_END)][:MOST_CELLS]
    rows = -(-len(cells) // COLUMNS)
    figure = blank(max(NARROWEST, PANEL[0] * COLUMNS), TALL * len(trends) + PANEL[1] * rows)
    heights = [TALL] * len(trends) + [PANEL[1]] * rows
    grid = figure.add_gridspec(len(heights), COLUMNS, height_ratios=heights)
    for row, one in enumerate(trends):
        _trend(figure.add_subplot(grid[row, :]), one, optima, groups, predicted[one.column])
    for index, cell in enumerate(cells):
        row, column = divmod(index, COLUMNS)
        _cell(figure.add_subplot(grid[len(trends) + row, column]), cell)
    return figure


# -- slopes -----------------------------------------------------------------------------------------------------------


def _trend(
    axis: Any, one: Trend, optima: Sequence[RateOptimum], groups: Groups, predicted: Mapping[float, str]
) -> None:
    names = list(dict.fromkeys(groups(one.column, cell) for cell in optima))
    found = [cell for cell in optima if cell.status == FOUND]
    for index, name in enumerate(names):
        its = sorted((c for c in found if groups(one.column, c) == name), key=lambda c: _number(one.column, c))
        _group(axis, one.column, its, index)
    x = np.array([_number(one.column, cell) for cell in found])
    _lines(axis, one, x, np.array([cell.rate for cell in found]), predicted)
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.set_xlabel(one.column)
    axis.set_ylabel("best learning rate")
    axis.set_title(f"best rates inside {one.groups} groups, each with its own colour, dashes and marker", fontsize=9)
    axis.legend(**LEGEND)


def _group(axis: Any, column: str, cells: Sequence[RateOptimum], index: int) -> None:
    """The best rates of one group with their intervals."""
    rates = np.exp([cell.rate or 0.0 for cell in cells])
    ends = [np.exp(cell.interval or (cell.rate or 0.0, cell.rate or 0.0)) for cell in cells]
    spread = np.array([(rate - low, high - rate) for rate, (low, high) in zip(rates, ends, strict=True)]).T
    style = line_style(index) | {"linewidth": 0.8, "markersize": 4}
    if len(cells):
        axis.errorbar([_number(column, c) for c in cells], rates, spread, elinewidth=0.6, capsize=2, alpha=0.8, **style)


def _lines(axis: Any, one: Trend, x: Any, y: Any, predicted: Mapping[float, str]) -> None:
    """The common slope with its interval, and the slopes that laws give, through the middle of all."""
    ends = np.array([x.min(), x.max()])

    def through(slope: float) -> Any:
        return np.exp(y.mean() + slope * (np.log(ends) - np.log(x).mean()))

    if one.low is not None and one.high is not None:
        low, high = through(one.low), through(one.high)
        axis.fill_between(ends, np.minimum(low, high), np.maximum(low, high), color="0.5", alpha=0.3, linewidth=0)
    axis.plot(ends, through(one.slope), color="black", linewidth=3, label=f"measured slope {one.slope:+.2f}")
    for index, (slope, names) in enumerate(predicted.items(), 1):
        style = {"color": "#d55e00", "linestyle": DASHES[index % len(DASHES)], "linewidth": 1.6}
        axis.plot(ends, through(slope), label=WORDS.wrapped(f"derived {slope:+.2f}: {names}"), **style)


def _number(column: str, cell: RateOptimum) -> float:
    return float(dict(cell.cell.setting)[column])


# -- cells ------------------------------------------------------------------------------------------------------------


def _cell(axis: Any, one: RateOptimum) -> None:
    """The losses, the parabola, and the best rate with its interval."""
    rates, losses = np.exp(one.cell.rates), one.cell.losses
    axis.plot(rates, losses, "o", color="black", markersize=4)
    if one.status == FOUND and one.rate is not None:
        near, _ = one.cell.near
        fine = np.linspace(near[0], near[-1], FINE)
        axis.plot(np.exp(fine), parabola(one, fine), color="#0072b2", linewidth=1.2)
        axis.axvline(np.exp(one.rate), color="#d55e00", linestyle="--", linewidth=1.4)
        if one.interval is not None:
            axis.axvspan(*np.exp(np.clip(one.interval, near[0], near[-1])), color="#d55e00", alpha=0.2, linewidth=0)
    axis.set_xscale("log")
    axis.set_xlabel("learning rate", fontsize=8)
    axis.set_ylabel("loss", fontsize=8)
    title = ", ".join(value if name == "model" else f"{name} {value}" for name, value in one.cell.setting)
    end = "" if one.status == FOUND else f"\n{one.status}"
    axis.set_title(f"{title[-44:]}{end}", fontsize=8)
