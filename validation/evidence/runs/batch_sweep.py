"""The public sweep of LoRA beside the law of batches, as a section of the page of that law.

``python -m validation.evidence.runs.batch_sweep`` prints it. Nobody says how many independent samples a step of that
sweep has, so the law is asked at several numbers of them, each with its knees at the widths and ranks of the runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gamma_calc.display.tables import bars
from gamma_calc.frontends.runs_table import RunsTable, read_runs
from gamma_calc.practice.setting_text import as_setting
from gamma_calc.practice.sweep_law import sweep_laws
from validation.recorded_runs.check import NONE, SweepCheck, check_sweep

RUNS: Final = Path(__file__).parents[3] / "docs" / "results" / "public-sweep" / "runs.csv"
SETTING: Final = "alpha=32 optimizer=adamw"
SAMPLES: Final = (1, 128, 2048, 65536)  # one; the conversations of a step; tokens, fewer and more than any width
KINDS: Final = ("dense", "moe", "all")
GROUPS: Final = {"rank": "model", "width": NONE}  # slopes in rank inside each model, in width between models
HEADS: Final = ("models", "in", "measured", "95 % interval", *(f"law at N = {count}" for count in SAMPLES))


def section() -> Iterator[str]:
    """The section, line by line."""
    yield "## A public sweep beside the law\n"
    yield (
        "[The sweep of 35 models](public-sweep.md) has best rates in cells of model and rank. The law is that of the "
        "largest stable rate with s = alpha/r under Adam, at the widths and ranks of the runs and at N independent "
        "samples a step, with the verdict of a tolerance of 0.1. A step averages over 128 conversations of some "
        "hundred tokens each; how many of these are independent is not known.\n"
    )
    yield from (bars(HEADS), bars("---" for _ in HEADS))
    table = read_runs(RUNS, "test_loss")
    for kind in KINDS:
        runs = table if kind == "all" else table.where({"kind": kind})
        yield from (bars(_row(kind, column, runs)) for column in GROUPS)
    yield (
        "\nOne sample is refuted in the rank by every kind of models and in the width by two of three. A batch of more "
        "samples than the width, (r/n)^(1/4), is refuted nowhere. What it leaves open: dense models rise less with the "
        "rank than r^(1/4), by more than their interval; between models the width moves with much else; and that the "
        "best rate of 780 steps stands at a fixed distance from the largest stable one is taken for granted."
    )


def _row(kind: str, column: str, runs: RunsTable) -> tuple[str, ...]:
    found = [_checked(runs, column, count) for count in SAMPLES]
    (trend,) = found[0].trends
    measured = f"{trend.slope:+.3f}", f"{trend.low:+.3f} .. {trend.high:+.3f}"
    return kind, column, *measured, *(_law(one) for one in found)


def _checked(runs: RunsTable, column: str, count: int) -> SweepCheck:
    setting = as_setting(SETTING if count == 1 else f"{SETTING} batch={count}")
    return check_sweep(runs, sweep_laws(setting, ()), setting, by=(column,), group=GROUPS[column])


def _law(found: SweepCheck) -> str:
    """What the law of the edge on a repeated batch says, and the verdict."""
    (edge,) = (row for row in found.laws if row.principle == "edge")
    return f"{edge.predicted:+.2f} {edge.verdict.value}"


if __name__ == "__main__":
    for line in section():
        print(line)  # noqa: T201 - what it is for
