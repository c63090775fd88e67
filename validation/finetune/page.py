"""The page of recorded runs: everything on it is concluded again from the cells in the records.

``python -m validation.finetune.page docs/results/finetune > docs/results/finetune.md`` makes the page of a folder of
records; ``--record RUN.json --title TITLE --command COMMAND`` prints the record of a run that was printed as JSON, with
the numbers that conclusions rest on and no others.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from gamma_calc.display.blocks import Block
from gamma_calc.display.tables import bars, markdown
from validation.finetune.cells import AdapterArm, FinetuneCell
from validation.finetune.outcome import FinetuneOutcome
from validation.finetune.setting import REPEATED
from validation.finetune.sizes import QUANTITIES, TOLERANCE, grown
from validation.finetune.statement import Statement, StatementFinding
from validation.finetune.tables import counted, notes, rates_block, regrets_block, sizes_block
from validation.finetune.training import all_versions
from validation.statistics.verdict import WORST

PLACES: Final = MappingProxyType(
    {"held_loss": (0, 2), "held_accuracy": (0, 2), "Z_A": (0, 1, 2)}
)  # else after REPEATED
MANY: Final = 8  # seeds from which every size is shown
WRITTEN: Final = "python -m validation.finetune.page docs/results/finetune"
INTRODUCTION: Final = f"""# Fine-tuning on small models

Printed by `{WRITTEN}` from the records in [finetune](finetune). Nothing on this page is written
by hand but the remarks, which stand in the records. The models are made by `python -m validation.finetune.world`: two
layers, heads of 16, bytes for tokens, pretrained for 300 steps on the help that Python ships with itself, one model for
each width, with the rates of hidden weights in proportion to 1/n. They are fine-tuned on this repository's pages, of
which a part is held out. The first {REPEATED} steps see one batch, so that sizes after them are those derived for a
repeated sample.

Small models, few steps and one text: an exponent here is that of these runs. A difference of losses is a share of what
the better start gains in training, seed against seed."""


REGRET: Final = """The best rate at the smallest width is carried to the others by the derived law, as
`gamma-calc transfer` does (*edge*). Regret is what the carried rate costs against the best of the grid, as a share of
what training gains there; beside it that of the known rate kept as it was."""


@dataclass(frozen=True, eq=False)
class FinetuneRecord:
    """A run with what it was run by."""

    title: str
    command: str
    versions: str
    remarks: tuple[str, ...]
    outcome: FinetuneOutcome

    @property
    def is_of_rates(self) -> bool:
        """Does a best rate lie within those tried, anywhere? Else the run was made for sizes."""
        return any(setting.found for setting in self.outcome.evidence.settings)

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> FinetuneRecord:
        """From what its file holds."""
        texts = (data["title"], data["command"], data["versions"], tuple(data["remarks"]))
        cells = tuple(_read(row, data["quantities"], data["steps"]) for row in data["cells"])
        return cls(*texts, FinetuneOutcome(data["setting"], cells))


def record(run: Mapping[str, Any], title: str, command: str, remarks: Sequence[str] = ()) -> str:
    """A record from the object that ``--format json`` prints: a cell a line, the names of its numbers once."""
    cells = FinetuneOutcome.from_data(run).cells
    steps = [0, REPEATED, cells[0].steps[-1]]
    wanted = [name for name in cells[0].sizes if name in PLACES or name.rpartition(" ")[2] in QUANTITIES]
    versions = f"{all_versions()}, Python {platform.python_version()}"
    head = {"title": title, "command": command, "versions": versions, "remarks": remarks, "setting": run["setting"]}
    text = json.dumps(head | {"steps": steps, "quantities": wanted}, indent=1).removesuffix("\n}")
    return text + ',\n "cells": [\n' + ",\n".join(_row(cell, wanted, steps) for cell in cells) + "\n]}\n"


def _places(name: str) -> Sequence[int]:
    return PLACES.get(name.rpartition(" ")[2], (1,))


def _row(cell: FinetuneCell, wanted: Sequence[str], steps: Sequence[int]) -> str:
    numbers = [[_finite(cell.at(name, steps[i])) for i in _places(name)] for name in wanted]
    arm = (cell.arm.init, cell.arm.ratio)
    return json.dumps([*arm, cell.rank, cell.width, cell.seed, cell.rate, cell.diverged, *numbers])


def _read(row: Sequence[Any], wanted: Sequence[str], steps: Sequence[int]) -> FinetuneCell:
    """What was not kept is not a number."""
    init, ratio, rank, width, seed, rate, diverged, *numbers = row
    sizes = {name: _filled(name, kept) for name, kept in zip(wanted, numbers, strict=True)}
    facts = {"init": init, "ratio": ratio, "rank": rank, "width": width, "seed": seed, "rate": rate}
    return FinetuneCell.from_data({**facts, "diverged": diverged, "steps": steps, "sizes": sizes})


def _filled(name: str, kept: Sequence[float | None]) -> list[float | None]:
    found: list[float | None] = [None, None, None]
    for place, number in zip(_places(name), kept, strict=True):
        found[place] = number
    return found


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def page(folder: Path) -> str:
    """The page of all records of a folder, by name."""
    files = sorted(folder.glob("*.json"))
    records = [FinetuneRecord.of(json.loads(path.read_text(encoding="utf-8"))) for path in files]
    parts = [INTRODUCTION, *questions(records), *(part for one in records for part in section(one))]
    return "\n\n".join(parts) + "\n"


# -- one run -----------------------------------------------------------------------------------------------------------


def section(one: FinetuneRecord) -> Iterator[str]:
    """Its rates and statements, where best rates lie within those tried, and its sizes."""
    yield f"## {one.title}"
    yield f"    {one.command}"
    yield f"{one.versions}. {'. '.join(f'{note[0].upper()}{note[1:]}' for note in notes(one.outcome))}."
    yield from (f"* {remark}" for remark in one.remarks)
    if one.is_of_rates:
        yield "### Rates"
        yield markdown(rates_block(one.outcome))
        yield "### Statements"
        yield f"{counted(one.outcome).capitalize()}, those on sizes included."
        shown = [found for found in one.outcome.statements if not found.table]
        ordered = sorted(shown, key=lambda found: WORST.index(found.verdict))
        yield markdown(Block("", tuple(map(_said, ordered)), ("name", "statement", "source", "verdict", "found")))
    yield from _sizes(one)


def _sizes(one: FinetuneRecord) -> Iterator[str]:
    """All of them where there are seeds enough to decide; else how near they are."""
    block, seeds = sizes_block(one.outcome), len(one.outcome.evidence.table.seeds)
    if not block.rows:
        return
    yield f"### {block.title}"
    slopes = [found for its in one.outcome.statements if its.table for found in its.findings]
    off = [abs(found.found.value - float(found.predicted)) for found in slopes if found.predicted is not None]
    near = sum(x <= TOLERANCE for x in off)
    told = f"Of {len(slopes)} slopes over {seeds} seeds {near} lie within {TOLERANCE} of the derived exponent"
    yield f"{told}; {_counts(slopes)}."
    if seeds >= MANY:
        yield markdown(block)


def _counts(slopes: Sequence[StatementFinding]) -> str:
    counts = {verdict: sum(found.verdict is verdict for found in slopes) for verdict in WORST}
    return ", ".join(f"{count} are {verdict.value}" for verdict, count in counts.items() if count)


def _said(found: Statement) -> tuple[str, ...]:
    return found.name, found.text, found.source, found.verdict.value, found.reason


# -- three questions ---------------------------------------------------------------------------------------------------


def questions(records: Sequence[FinetuneRecord]) -> Iterator[str]:
    """The three that the first paper leaves open, in figures."""
    yield "## Three open questions"
    yield "### Does the growth of Z_A persist, in width and in training?"
    yield "Z_A after the last step over its size at the start, at the best rate of each width; means over seeds."
    yield "\n".join(_growth(records))
    yield "### Is what both starts lack mended by two rates?"
    yield "The least mean held-out loss of each start over the rates tried."
    yield "\n".join(_losses(records))
    yield "### Can the rate be set without a grid search?"
    yield REGRET
    yield "\n".join(_regret_summary(records))
    for one in records:
        block = regrets_block(one.outcome)
        if block.rows:
            yield f"{one.title}:"
            yield markdown(block)


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield bars(head)
    yield bars("---" for _ in head)
    yield from map(bars, rows)


def _growth(records: Sequence[FinetuneRecord]) -> Iterator[str]:
    widths = records[0].outcome.evidence.table.widths

    def rows() -> Iterator[Sequence[str]]:
        for one, arm, rank in _arms(records):
            found = [grown(one.outcome.evidence, arm, rank, width) for width in one.outcome.evidence.table.widths]
            yield (str(arm), str(rank), *(_factor(numbers) for numbers in found))

    yield from _table(("start", "r", *(f"n = {width}" for width in widths)), rows())


def _factor(numbers: Any) -> str:
    """From A = 0 there is no size to compare with."""
    return f"{np.exp(np.log(numbers).mean()):.3g}" if np.isfinite(numbers).all() and (numbers > 0).all() else "from 0"


def _losses(records: Sequence[FinetuneRecord]) -> Iterator[str]:
    widths = records[0].outcome.evidence.table.widths

    def rows() -> Iterator[Sequence[str]]:
        for one, arm, rank in _arms(records):
            evidence = one.outcome.evidence
            its = [evidence.of(arm, rank, width) for width in evidence.table.widths]
            yield (str(arm), str(rank), *(f"{setting.least.mean():.4f}" for setting in its))

    yield from _table(("start", "r", *(f"n = {width}" for width in widths)), rows())


def _arms(records: Sequence[FinetuneRecord]) -> Iterator[tuple[FinetuneRecord, AdapterArm, int]]:
    """Of all runs on the widths of the first."""
    widths = records[0].outcome.evidence.table.widths
    for one in (one for one in records if one.is_of_rates):
        table = one.outcome.evidence.table
        if table.widths == widths and one.outcome.setting["model"] == records[0].outcome.setting["model"]:
            yield from ((one, arm, rank) for arm in table.arms for rank in table.ranks)


def _regret_summary(records: Sequence[FinetuneRecord]) -> Iterator[str]:
    rows = (row for one in records for arm in one.outcome.evidence.table.arms for row in _summed(one, arm))
    yield from _table(("run", "start", "carried: median", "largest", "kept: median", "largest"), rows)


def _summed(one: FinetuneRecord, arm: AdapterArm) -> Iterator[Sequence[str]]:
    """Nothing where no rate is known."""
    its = [found for found in one.outcome.regrets if found.arm == arm]
    costs = [
        [x for x in numbers if math.isfinite(x)] for numbers in zip(*((r.regret, r.kept) for r in its), strict=True)
    ]
    if costs and all(costs):
        yield (one.title, str(arm), *(_percent(of(cost)) for cost in costs for of in (statistics.median, max)))


def _percent(share: float) -> str:
    return f"{share:.1%}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a page or a record."""
    parser = argparse.ArgumentParser(prog="python -m validation.finetune.page", description="The page, or a record.")
    parser.add_argument("folder", type=Path, nargs="?", help="of records")
    parser.add_argument("--record", type=Path, help="a run printed as JSON")
    parser.add_argument("--title", default="")
    parser.add_argument("--command", default="")
    parser.add_argument("--remark", action="append", default=[])
    asked = parser.parse_args(arguments)
    if asked.record is not None:
        run = json.loads(asked.record.read_text(encoding="utf-8"))
        sys.stdout.write(record(run, asked.title, asked.command, asked.remark))
    else:
        sys.stdout.write(page(asked.folder))


if __name__ == "__main__":
    main()
