"""The figures of a fine-tuning experiment: losses, rates, the growth of Z_A, and what a carried rate costs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from gamma_calc.display.figure import blank, save_each
from validation.finetune.best_rates import SettingRates
from validation.finetune.cells import AdapterArm
from validation.finetune.outcome import FinetuneOutcome
from validation.finetune.sizes import size_of_Z_A

COLOURS: Final = tuple(f"C{i}" for i in range(10))
GUIDES: Final = ((-0.5, "--", "n^-1/2"), (-1.0, ":", "n^-1"))
COLUMNS: Final = 4  # panels beside each other
FLOOR: Final = 1e-3  # of a regret that is drawn
CEILING: Final = 0.1  # how far above the loss before training a panel goes, as a share of it


def draw(outcome: FinetuneOutcome, folder: Path) -> None:
    """Write every figure, as SVG and PNG. Raises ConfigError."""
    save_each(figures(outcome), folder)


def figures(outcome: FinetuneOutcome) -> Mapping[str, Any]:
    """By name; regret where a best rate is known to carry."""
    found = {"loss": losses(outcome), "rates": rates(outcome), "growth": growth(outcome)}
    return found | ({"regret": regret(outcome)} if outcome.regrets else {})


def losses(outcome: FinetuneOutcome) -> Any:
    """The held-out loss after the last step against the rate: a panel for each start, a line for each width."""
    table, settings = outcome.evidence.table, outcome.evidence.settings
    figure, axes = _panels(len(table.arms) * len(table.ranks), sharey=True)
    for axis, (arm, rank) in zip(axes, ((a, r) for a in table.arms for r in table.ranks), strict=False):
        its = [s for s in settings if (s.arm, s.rank) == (arm, rank)]
        for setting, shade in zip(its, np.linspace(0.85, 0.15, len(its)), strict=True):
            colour = (shade, 0.35, 1 - shade)
            mean = setting.losses.mean(1)
            axis.semilogx(setting.rates, mean, color=colour, linewidth=1, label=f"n = {setting.width}")
            axis.plot(setting.rates[setting.best], mean[setting.best], "o", markersize=4, color=colour)
        axis.set_title(f"{arm}, r = {rank}", fontsize=8)
    axes[0].set_ylim(*_span(settings))
    axes[0].legend(fontsize=6)
    _label(figure, "learning rate", f"held-out loss after {outcome.setting['steps']} steps")
    return figure


def _span(settings: Sequence[SettingRates]) -> tuple[float, float]:
    """From the least loss to a little above those before training: beyond, training has failed."""
    return min(s.losses.min() for s in settings) * 0.98, max(s.before.max() for s in settings) * (1 + CEILING)


def rates(outcome: FinetuneOutcome) -> Any:
    """The best rate with its interval and the largest usable rate against the width: a panel for each start."""
    table, settings = outcome.evidence.table, outcome.evidence.settings
    figure, axes = _panels(len(table.arms), sharey=True)
    for axis, arm in zip(axes, table.arms, strict=False):
        for rank, colour in zip(table.ranks, COLOURS, strict=False):
            its = [s for s in settings if (s.arm, s.rank) == (arm, rank)]
            _best(axis, its, colour, f"best, r = {rank}")
            usable = [_mean_of(s.usable) for s in its]
            axis.loglog(table.widths, usable, "^--", color=colour, markersize=3, linewidth=1, label="usable", base=2)
        for exponent, style, name in GUIDES:
            n = np.array(table.widths, dtype=float)
            axis.loglog(
                n, table.rates[-1] * (n / n[0]) ** exponent, style, color="0.7", linewidth=1, label=name, base=2
            )
        axis.set_yscale("log")
        axis.set_title(str(arm), fontsize=8)
    axes[0].set_ylim(table.rates[0] / 2, table.rates[-1] * 2)
    axes[0].legend(fontsize=6)
    _label(figure, "width n", "learning rate")
    return figure


def _best(axis: Any, its: Sequence[SettingRates], colour: str, label: str) -> None:
    """Those within the rates tried."""
    found = [(s, s.optimum.rate) for s in its if s.optimum.rate is not None]
    if not found:
        return
    middle = np.exp([rate for _, rate in found])
    ends = np.exp([s.optimum.interval or (rate, rate) for s, rate in found]).T
    reach = np.abs(ends - middle)
    axis.errorbar(
        [s.width for s, _ in found], middle, reach, fmt="o-", color=colour, markersize=4, linewidth=1, label=label
    )


def _mean_of(numbers: Any) -> float:
    """The geometric mean; not a number where one lies outside."""
    return float(np.exp(np.log(numbers).mean()))


def growth(outcome: FinetuneOutcome) -> Any:
    """Z_A at the best rate of each width: after the last step, and at the start where it is not zero."""
    evidence, arms = outcome.evidence, outcome.evidence.table.arms
    figure, axes = _panels(len(evidence.table.ranks), sharey=True)
    for axis, rank in zip(axes, evidence.table.ranks, strict=False):
        for arm, colour in zip(arms, _colours(arms), strict=True):
            sizes = [size_of_Z_A(evidence, arm, rank, width) for width in evidence.table.widths]
            start, end = (
                [_mean_of(x) if x.all() else math.nan for x in its]
                for its in ([one.start for one in sizes], [one.late for one in sizes])
            )
            axis.loglog(
                evidence.table.widths, end, "o-", color=colour, markersize=3, linewidth=1, label=str(arm), base=2
            )
            axis.loglog(evidence.table.widths, start, ":", color=colour, linewidth=1, base=2)
        axis.set_yscale("log")
        axis.set_title(f"r = {rank}; dotted: at the start", fontsize=8)
    figure.legend(*axes[0].get_legend_handles_labels(), fontsize=6, loc="outside right upper")
    _label(figure, "width n", "size of Z_A at the best rate")
    return figure


def regret(outcome: FinetuneOutcome) -> Any:
    """What the carried rate costs at each width, and what the known one does where it is kept."""
    found, table = outcome.regrets, outcome.evidence.table
    figure, axes = _panels(len(table.ranks), sharey=True)
    for axis, rank in zip(axes, table.ranks, strict=False):
        for arm, colour in zip(table.arms, _colours(table.arms), strict=True):
            its = [one for one in found if (one.arm, one.rank) == (arm, rank)]
            for costs, style in (([one.regret for one in its], "o-"), ([one.kept for one in its], "x:")):
                drawn = [max(cost, FLOOR) for cost in costs]
                label = str(arm) if style == "o-" else None
                axis.plot(
                    [one.width for one in its], drawn, style, color=colour, markersize=3, linewidth=1, label=label
                )
        axis.set_xscale("log", base=2)
        axis.set_yscale("log")
        axis.axhline(0.1, color="0.7", linewidth=1)
        axis.set_title(f"r = {rank}; dotted: the known rate kept", fontsize=8)
    figure.legend(*axes[0].get_legend_handles_labels(), fontsize=6, loc="outside right upper")
    _label(figure, "width n", "regret, a share of the gain")
    return figure


# -- inside ------------------------------------------------------------------------------------------------------------


def _colours(arms: Sequence[AdapterArm]) -> Iterator[str]:
    for number, _ in enumerate(arms):
        yield COLOURS[number % len(COLOURS)]


def _panels(count: int, **shared: bool) -> tuple[Any, list[Any]]:
    """As many panels as asked for; those left over are not drawn."""
    columns = min(count, COLUMNS)
    rows = math.ceil(count / columns)
    figure = blank(1.4 + 2.5 * columns, 0.5 + 2.3 * rows)
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, **shared).ravel()
    for axis in axes:
        axis.tick_params(labelsize=6, which="both")
    for axis in axes[count:]:
        axis.set_visible(False)
    return figure, list(axes[:count])


def _label(figure: Any, x: str, y: str) -> None:
    figure.supxlabel(x, fontsize=8)
    figure.supylabel(y, fontsize=8)
