"""The three figures of the teacher-student experiment."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from gamma_calc.display.figure import blank, save_each
from validation.errors import SettingError
from validation.evidence.experiments.outcome import OPTIMAL, STABLE, Curves, ExperimentOutcome
from validation.statistics.slope import Floats

COLOURS: Final = ("tab:blue", "tab:orange", "tab:green", "tab:red", "tab:purple", "tab:brown")
GUIDES: Final = ((-0.5, "--", "n^-1/2"), (-1.0, ":", "n^-1"))
READOUTS: Final = {"sp": "readout n^-1/2", "mup": "readout n^-1"}


def checked_folder(folder: Path) -> Path:
    """A folder that figures can be written to, made where it is not there. Raises SettingError, ConfigError."""
    blank(1, 1)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(
            f"no folder for figures ({error.strerror})", where=str(folder), hint="name another"
        ) from error
    if not os.access(folder, os.W_OK):
        raise SettingError("cannot be written", where=str(folder), hint="name another folder for figures")
    return folder


def draw(outcome: ExperimentOutcome, folder: Path) -> None:
    """Write loss, rates and features, as SVG and PNG. Raises ConfigError."""
    save_each({"loss": losses(outcome), "rates": rates(outcome), "features": features(outcome)}, folder)


def losses(outcome: ExperimentOutcome) -> Any:
    """The loss after the last step against the rate: a panel for each start and readout, a line for each width."""
    g = outcome.grid
    figure = blank(3.2 * len(g.inits), 2.5 * len(g.readouts))
    axes = figure.subplots(len(g.readouts), len(g.inits), squeeze=False, sharex=True, sharey=True)
    shades = np.linspace(0.85, 0.15, len(g.widths))
    for axis, curves in _panels(axes, outcome):
        for width, shade, loss in zip(g.widths, shades, _mean(curves.loss[..., -1], 1), strict=True):
            axis.loglog(g.rates, loss, color=(shade, 0.35, 1 - shade), linewidth=1, label=f"n = {width}")
            best = int(loss.argmin())
            axis.loglog(g.rates[best], loss[best], "o", markersize=4, color=(shade, 0.35, 1 - shade))
        axis.set_title(f"Init[{curves.init}], {READOUTS[curves.readout]}", fontsize=9)
    start = max(float(c.loss[..., 0].max()) for c in outcome.curves)
    axes[0, 0].set_ylim(top=10 * start)  # beyond, training has failed
    axes[0, 0].legend(fontsize=6)
    _label(axes, "learning rate", f"loss after {g.steps} steps")
    return figure


def rates(outcome: ExperimentOutcome) -> Any:
    """The largest stable rate and the rate of the least loss against the width, with guide lines."""
    g = outcome.grid
    figure = blank(2.4 + 3.6 * len(g.readouts), 3.6)
    axes = figure.subplots(1, len(g.readouts), squeeze=False, sharey=True)
    for axis, readout in zip(axes[0], g.readouts, strict=True):
        for init, colour in zip(g.inits, COLOURS, strict=False):
            found = [e for e in outcome.exponents if (e.init, e.readout) == (init, readout)]
            stable = [e for e in found if e.row.quantity == STABLE][-1]
            optimal = next(e for e in found if e.row.quantity == OPTIMAL)
            label = f"Init[{init}], Z_B within 1 for {stable.row.step} steps"
            axis.loglog(g.widths, stable.values, "o-", color=colour, markersize=4, linewidth=1, label=label, base=2)
            least = f"Init[{init}], least loss"
            axis.loglog(g.widths, optimal.values, "^--", color=colour, markersize=4, linewidth=1, label=least, base=2)
        _guides(axis, g.widths, axis.get_ylim()[1])
        axis.set_title(READOUTS[readout], fontsize=9)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), fontsize=7, loc="outside right center")
    _label(axes, "width n", "learning rate")
    return figure


def features(outcome: ExperimentOutcome) -> Any:
    """Z_A and Z_B during training at the smallest and the largest width, each start at its own best rate."""
    g = outcome.grid
    figure = blank(3 * 2 * len(g.readouts), 4.6)
    axes = figure.subplots(2, 2 * len(g.readouts), squeeze=False, sharex=True, sharey="row")
    for curves in outcome.curves:
        for end in (0, -1):
            column = 2 * g.readouts.index(curves.readout) - end
            colour = COLOURS[g.inits.index(curves.init) % len(COLOURS)]
            best = int(_mean(curves.loss[end, ..., -1], 0).argmin())
            for axis, sizes in zip(axes[:, column], (curves.Z_A, curves.Z_B), strict=True):
                axis.plot(_mean(sizes[end, :, best], 0), color=colour, label=f"Init[{curves.init}]")
            axes[0, column].set_title(f"{READOUTS[curves.readout]}, n = {g.widths[end]}", fontsize=9)
    axes[0, 0].set_ylabel("size of Z_A")
    axes[1, 0].set_ylabel("size of Z_B")
    axes[0, 0].legend(fontsize=7)
    for axis in axes[1]:
        axis.set_xlabel("step")
    for axis in axes.flat:
        axis.set_yscale("log")
        _small_ticks(axis)
    return figure


def _panels(axes: Any, outcome: ExperimentOutcome) -> Iterator[tuple[Any, Curves]]:
    g = outcome.grid
    for curves in outcome.curves:
        yield axes[g.readouts.index(curves.readout), g.inits.index(curves.init)], curves


def _guides(axis: Any, widths: Any, top: float) -> None:
    n = np.array(widths, dtype=float)
    for exponent, style, name in GUIDES:
        axis.loglog(n, top * (n / n[0]) ** exponent, style, color="0.6", linewidth=1, label=name, base=2)


def _label(axes: Any, x: str, y: str) -> None:
    for axis in axes[-1]:
        axis.set_xlabel(x)
    for axis in axes[:, 0]:
        axis.set_ylabel(y)
    for axis in axes.flat:
        _small_ticks(axis)


def _small_ticks(axis: Any) -> None:
    axis.minorticks_off()
    axis.tick_params(labelsize=6)


def _mean(sizes: Floats, axis: int) -> Floats:
    """The geometric mean over seeds; what is zero at the start stays out of the picture."""
    with np.errstate(divide="ignore"):
        found: Floats = np.exp(np.log(sizes).mean(axis))
    return found
