"""The figures of the precision experiment: sizes beside the limits of formats, and what goes wrong where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from gamma_calc.display.figure import SHOWN, blank, save_each
from validation.evidence.experiments.precision.formats import FORMATS
from validation.evidence.experiments.precision.grid import EXACT, QUANTITIES, Precision
from validation.evidence.experiments.precision.outcome import PrecisionOutcome, Range, Results
from validation.statistics.verdict import Verdict

SIZES: Final = {
    "Z_A overflows": "Z_A",
    "B vanishes": "B",
    "g_B vanishes": "g_B, gradient of B",
    "v_B vanishes": "v_B, Adam's new square",
    "dB is absorbed": "dB/B",
}
LINES: Final = {"float16": ("tab:red", ("largest", "subnormal", "roundoff")), "bfloat16": ("tab:purple", ("roundoff",))}
STROKES: Final = ((7, "0.8"), (2, "tab:blue"))
Medians = Mapping[str, Sequence[Sequence[float]]]
SHADES: Final = ("tab:blue", "tab:orange", "tab:green", "tab:red", "tab:brown")


def draw(outcome: PrecisionOutcome, results: Results, folder: Path, kinds: Sequence[str] = SHOWN) -> None:
    """Write sizes and widths in some kinds. Raises ConfigError."""
    save_each(figures_of(outcome, medians(outcome.grid, results)), folder, kinds)


def figures_of(outcome: PrecisionOutcome, found: Medians) -> Mapping[str, Any]:
    """Every figure by its name."""
    return {"sizes": sizes(outcome.grid, found), "widths": widths(outcome)}


def medians(grid: Precision, results: Results) -> Medians:
    """By start, the sizes of ``SIZES`` in float64 after the last step, at each width; to six digits."""
    return {init: [_median(grid, init, width, results) for width in grid.widths] for init in grid.inits}


def _median(grid: Precision, init: str, width: int, results: Results) -> list[float]:
    cells = [results[grid.cell(init, EXACT, width, seed).key].sizes[-1] for seed in range(grid.seeds)]
    with np.errstate(divide="ignore"):
        found = np.exp(np.log(np.array(cells)).mean(0))
    return [float(f"{found[QUANTITIES.index(name)]:.6g}") for name in SIZES]


def sizes(grid: Precision, found: Medians) -> Any:
    """Medians in float64 after the last step against the width, with limits of the narrow formats."""
    figure = blank(3.6 * len(grid.inits) + 1.6, 3.8)
    axes = figure.subplots(1, len(grid.inits), squeeze=False, sharey=True)[0]
    for axis, init in zip(axes, grid.inits, strict=True):
        for label, colour, those in zip(SIZES.values(), SHADES, zip(*found[init], strict=True), strict=True):
            axis.loglog(grid.widths, those, "o-", color=colour, markersize=3, label=label)
        for name, (colour, kinds) in LINES.items():
            for kind in kinds:
                limit = getattr(FORMATS[name], kind)
                axis.axhline(limit, color=colour, linestyle=":", linewidth=1)
                axis.annotate(f"{name} {kind}", (grid.widths[0], limit), fontsize=6, color=colour)
        axis.set_title(f"Init[{init}] at n^({grid.rate_of(init)})", fontsize=9)
        axis.set_xlabel("width n")
    axes[0].set_ylabel(f"size after {grid.steps} steps, in float64")
    figure.legend(*axes[0].get_legend_handles_labels(), fontsize=7, loc="outside right center")
    return figure


def widths(outcome: PrecisionOutcome) -> Any:
    """Derived widths as bars and measured ones as lines, for what goes wrong within the widths run and is decided."""
    g = outcome.grid
    rows: dict[str, tuple[Range, Range]] = {}
    for f in outcome.findings:
        if f.concerns(g.widths[-1]) and not f.everywhere and f.verdict is not Verdict.UNDECIDED:
            label = f"Init[{f.init}] {f.hazard.name}, {f.hazard.place} {f.place}"
            derived, measured = rows.get(label, (f.derived, f.measured))
            rows[label] = (derived.around(f.derived), measured.around(f.measured))
    figure = blank(7.5, 0.9 + 0.28 * max(1, len(rows)))
    axis = figure.subplots()
    for height, (derived, measured) in enumerate(rows.values()):
        for ends, style in (
            (derived, {"linewidth": 7, "color": "0.8"}),
            (measured, {"linewidth": 2, "color": "tab:blue"}),
        ):
            low, high = (min(max(x, g.widths[0] / 2), 2 * g.widths[-1]) for x in (ends.low, ends.high))
            axis.plot((low, high), (height, height), solid_capstyle="butt", **style)
    axis.set_yticks(range(len(rows)), list(rows), fontsize=7)
    axis.set_xscale("log", base=2)
    axis.set_xlabel("width n: grey derived, blue measured")
    return figure
