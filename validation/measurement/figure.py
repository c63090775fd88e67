"""The figure of a validation: measured sizes against the width, with lines of the predicted slopes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gamma_calc.errors import ConfigError, unknown
from validation.errors import SettingError
from validation.executor.settings import checked_file
from validation.statistics.slope import Floats
from validation.statistics.verdict import Row, Verdict

Sizes = Mapping[tuple[str, int], Floats]  # (quantity, step) to one number for each width

COLOURS = {Verdict.CONFIRMED: "tab:green", Verdict.REFUTED: "tab:red", Verdict.UNDECIDED: "tab:orange"}
COLUMNS = 4


def save(figure: Any, path: Path) -> None:
    """Write a figure to a file; letters stay letters. Raises SettingError for a path that cannot be written."""
    from matplotlib import rc_context

    try:
        with rc_context({"svg.fonttype": "none"}):
            figure.savefig(path)
    except (OSError, ValueError) as error:  # no such folder, no permission; an ending that is no format
        hint = "give a path that can be written, ending in .svg or .png"
        raise SettingError(f"cannot write the figure {path}: {error}", hint=hint) from error


def checked_figure(path: Path) -> Path:
    """A path that a figure can be written to, checked before anything runs. Raises SettingError or UnknownName."""
    kinds = [f".{kind}" for kind in blank(1, 1).canvas.get_supported_filetypes()]
    if path.suffix.lower() not in kinds:
        raise unknown("kind of figure", path.suffix or str(path), kinds)
    return checked_file(path)


def blank(width: float, height: float) -> Any:
    """An empty figure, in inches. Raises ConfigError where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ConfigError("a figure needs matplotlib", hint="pip install 'gamma-calc[plot]'") from error
    return Figure(figsize=(width, height), layout="constrained")


def panels(title: str, rows: Sequence[Row], widths: Floats, sizes: Sizes) -> Any:
    """One panel for each quantity, one line for each step; ``sizes`` has one number for each width."""
    shown: dict[str, list[Row]] = {}
    for row in rows:
        if row.predicted is not None and np.any(
            np.isfinite(sizes[row.quantity, row.step]) & (sizes[row.quantity, row.step] > 0)
        ):
            shown.setdefault(row.quantity, []).append(row)
    lines = max(1, -(-len(shown) // COLUMNS))
    figure = blank(3 * COLUMNS, 2.6 * lines)
    axes = figure.subplots(lines, COLUMNS, squeeze=False).ravel()
    for axis, (quantity, its) in zip(axes, shown.items(), strict=False):
        axis.set_title(quantity, fontsize=9)
        _panel(axis, its, widths, sizes)
    for axis in axes[len(shown) :]:
        axis.set_visible(False)
    figure.suptitle(title)
    return figure


def _panel(axis: Any, rows: Sequence[Row], widths: Floats, sizes: Sizes) -> None:
    for row in rows:
        measured = sizes[row.quantity, row.step]
        last = np.flatnonzero(np.isfinite(measured))[-1]
        predicted = measured[last] * (widths / widths[last]) ** float(row.predicted or 0)
        axis.loglog(widths, predicted, color="0.6", linewidth=1, base=2)
        axis.loglog(widths, measured, "o", markersize=3, color=COLOURS[row.verdict], base=2)
        axis.annotate(f"t={row.step}: {row.predicted}", (widths[last], measured[last]), fontsize=6)
    axis.tick_params(labelsize=6)
