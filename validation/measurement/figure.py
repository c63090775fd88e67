"""The figure of a validation: measured sizes against the width, each with its prediction, its fit and its verdict.

Every panel shows the same number of decades, so that one slope looks the same in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from gamma_calc.display.figure import blank, checked_kind
from gamma_calc.display.painting import line_style
from validation.executor.settings import checked_file
from validation.statistics.slope import Floats
from validation.statistics.verdict import Row, Verdict

Sizes = Mapping[tuple[str, int], Floats]  # (quantity, step) to one number for each width

COLUMNS: Final = 3
PANEL: Final = (3.4, 2.6)  # inches
NARROWEST: Final = 6.4  # inches that the key needs
LINE: Final = 0.17  # inches of a line of a legend
AIR: Final = 1.3  # factor above and below all sizes
FACES: Final = {Verdict.CONFIRMED: "full", Verdict.UNDECIDED: "left", Verdict.REFUTED: "none"}  # of markers
KEY: Final = "lines and bands: the fit and its 95 % interval; grey: the predicted slope, through the last size"
FILLED: Final = "markers: full where confirmed, half where undecided, empty where refuted"


def checked_figure(path: Path) -> Path:
    """A path that a figure can be written to, checked before anything runs. Raises a GammaError."""
    blank(1, 1)
    return checked_file(checked_kind(path))


def panels(title: str, rows: Sequence[Row], widths: Floats, sizes: Sizes) -> Any:
    """One panel for each quantity, one line for each step; ``sizes`` has one number for each width."""
    shown = _by_quantity(rows, sizes)
    columns = min(COLUMNS, max(1, len(shown)))
    lines = max(1, -(-len(shown) // columns))
    most = max(map(len, shown.values()), default=0)
    figure = blank(max(NARROWEST, PANEL[0] * columns), (PANEL[1] + LINE * most) * lines + 1)
    axes = figure.subplots(lines, columns, squeeze=False).ravel()
    decades = max((_decades(its, sizes) for its in shown.values()), default=1.0)
    for axis, (quantity, its) in zip(axes, shown.items(), strict=False):
        axis.set_title(quantity)
        _panel(axis, its, widths, sizes)
        _span(axis, its, sizes, decades)
    for axis in axes[len(shown) :]:
        axis.set_visible(False)
    figure.suptitle(f"{title}\n{KEY}\n{FILLED}", fontsize=9)
    return figure


def _by_quantity(rows: Sequence[Row], sizes: Sizes) -> dict[str, list[Row]]:
    """The rows with something to show on logarithmic axes."""
    shown: dict[str, list[Row]] = {}
    for row in rows:
        if row.predicted is not None and _positive(sizes[row.quantity, row.step]).any():
            shown.setdefault(row.quantity, []).append(row)
    return shown


def _positive(measured: Floats) -> Floats:
    """The sizes that have a logarithm."""
    return measured[np.isfinite(measured) & (measured > 0)]


def _all(rows: Sequence[Row], sizes: Sizes) -> Floats:
    return np.concatenate([_positive(sizes[row.quantity, row.step]) for row in rows])


def _decades(rows: Sequence[Row], sizes: Sizes) -> float:
    numbers = _all(rows, sizes)
    return float(np.log10(numbers.max() / numbers.min() * AIR**2))


def _span(axis: Any, rows: Sequence[Row], sizes: Sizes, decades: float) -> None:
    numbers = _all(rows, sizes)
    middle, half = np.sqrt(numbers.min() * numbers.max()), 10 ** (decades / 2)
    axis.set_ylim(middle / half, middle * half)


def _panel(axis: Any, rows: Sequence[Row], widths: Floats, sizes: Sizes) -> None:
    from matplotlib.ticker import FormatStrFormatter, LogLocator

    for index, row in enumerate(rows):
        measured = sizes[row.quantity, row.step]
        style = line_style(index) | {"fillstyle": FACES[row.verdict]}
        for slopes in _fit(row):
            axis.fill_between(widths, *_lines(slopes, widths, measured), color=style["color"], alpha=0.2, linewidth=0)
        _line(axis, widths, measured, row, style)
        axis.plot(widths, _through_last(row, widths, measured), color="0.6", linewidth=1, zorder=1)
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter(FormatStrFormatter("%g"))
    axis.minorticks_off()
    axis.set_xlabel("width n")
    axis.set_ylabel("size")
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), frameon=False, fontsize=8, handlelength=1)


def _line(axis: Any, widths: Floats, measured: Floats, row: Row, style: dict[str, Any]) -> None:
    """Markers at the sizes and the fitted line; without a fit, the markers alone."""
    fitted = style | {"linestyle": "none"}
    if row.measured is not None:
        axis.plot(widths, _anchored(row.measured, widths, measured), **style | {"marker": "", "linewidth": 1.2})
    axis.plot(widths, measured, label=_words(row), **fitted)


def _words(row: Row) -> str:
    """What the legend says of a step."""
    found = "" if row.measured is None else f", measured {row.measured:+.2f}"
    return f"step {row.step}: predicted {row.predicted}{found}, {row.verdict.value}"


def _fit(row: Row) -> Iterator[tuple[float, float]]:
    """The interval of the slope, where there is one."""
    if row.low is not None and row.high is not None:
        yield row.low, row.high


def _lines(slopes: tuple[float, float], widths: Floats, measured: Floats) -> tuple[Floats, Floats]:
    one, other = (_anchored(slope, widths, measured) for slope in slopes)
    return np.minimum(one, other), np.maximum(one, other)


def _anchored(slope: float, widths: Floats, measured: Floats) -> Floats:
    """The line of a slope through the middle of the sizes."""
    good = np.isfinite(measured) & (measured > 0)
    logs, sizes = np.log(widths), np.log(measured[good])
    line: Floats = np.exp(sizes.mean() + slope * (logs - logs[good].mean()))
    return line


def _through_last(row: Row, widths: Floats, measured: Floats) -> Floats:
    last = np.flatnonzero(np.isfinite(measured))[-1]
    line: Floats = measured[last] * (widths / widths[last]) ** float(row.predicted or 0)
    return line
