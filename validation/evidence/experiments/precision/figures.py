"""The figures of the precision experiment: sizes beside the limits of formats, and what goes wrong where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from gamma_calc.display.figure import SHOWN, blank, save_each
from validation.evidence.experiments.precision.formats import FORMATS
from validation.evidence.experiments.precision.grid import EXACT, QUANTITIES
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
SHADES: Final = ("tab:blue", "tab:orange", "tab:green", "tab:red", "tab:brown")


def draw(outcome: PrecisionOutcome, results: Results, folder: Path, kinds: Sequence[str] = SHOWN) -> None:
    """Write sizes and widths in some kinds. Raises ConfigError."""
    save_each({"sizes": sizes(outcome, results), "widths": widths(outcome)}, folder, kinds)


def sizes(outcome: PrecisionOutcome, results: Results) -> Any:
    """Medians in float64 after the last step against the width, with limits of the narrow formats."""
    g = outcome.grid
    figure = blank(3.6 * len(g.inits) + 1.6, 3.8)
    axes = figure.subplots(1, len(g.inits), squeeze=False, sharey=True)[0]
    for axis, init in zip(axes, g.inits, strict=True):
        cells = [[results[g.cell(init, EXACT, n, s).key].sizes[-1] for s in range(g.seeds)] for n in g.widths]
        with np.errstate(divide="ignore"):
            medians = np.exp(np.log(np.array(cells)).mean(1))
        for (name, label), colour in zip(SIZES.items(), SHADES, strict=True):
            axis.loglog(g.widths, medians[:, QUANTITIES.index(name)], "o-", color=colour, markersize=3, label=label)
        for name, (colour, kinds) in LINES.items():
            for kind in kinds:
                axis.axhline(getattr(FORMATS[name], kind), color=colour, linestyle=":", linewidth=1)
                axis.annotate(f"{name} {kind}", (g.widths[0], getattr(FORMATS[name], kind)), fontsize=6, color=colour)
        axis.set_title(f"Init[{init}] at n^({g.rate_of(init)})", fontsize=9)
        axis.set_xlabel("width n")
    axes[0].set_ylabel(f"size after {g.steps} steps, in float64")
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
