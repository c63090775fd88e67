"""The page of recorded runs: everything on it is concluded again from the cells in the records.

``python -m validation.finetune.page docs/results/finetune > docs/results/finetune.md`` makes the page of a folder of
records and draws its figures beside them; ``--record RUN.json --title TITLE --command COMMAND`` prints the record of a
run that was printed as JSON, with the numbers that conclusions rest on and no others.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from gamma_calc.display.blocks import Block
from gamma_calc.display.figure import save_each
from gamma_calc.display.tables import markdown
from validation.finetune.figures import figures
from validation.finetune.questions import image, questions
from validation.finetune.run_record import FinetuneRecord, record, records_in
from validation.finetune.setting import REPEATED
from validation.finetune.sizes import TOLERANCE
from validation.finetune.statement import Statement, StatementFinding
from validation.finetune.tables import counted, losses_block, notes, rates_block, sizes_block
from validation.statistics.verdict import WORST

MANY: Final = 8  # seeds from which every size is shown
WRITTEN: Final = "python -m validation.finetune.page docs/results/finetune"
AGAIN: Final = "python benchmarks/language_models.py FOLDER"
DRAWN: Final = ("rates", "growth", "regret")  # figures of a run of rates
INTRODUCTION: Final = f"""# Fine-tuning on small models

Printed by `{WRITTEN}` from the records in [finetune](finetune), as are the figures. Nothing on
this page is written by hand but the remarks, which stand in the records. The models are two layers deep, with heads of
16 and bytes for tokens, pretrained for 300 steps on the help that Python ships with itself, one model for each width,
with the rates of hidden weights in proportion to 1/n. They are fine-tuned on the source of some of Python's modules, of
which a part is held out. The first {REPEATED} steps see one batch, so that sizes after them are those derived for a
repeated sample.

    {AGAIN}

makes models, data and runs anew, kills each run once with SIGKILL, resumes it, and compares what it says with the
records, which come of runs that nobody interrupted.

Small models, few steps and one text: an exponent here is that of these runs. A difference of losses is a share of what
the better start gains in training, seed against seed."""


def figures_of(records: Sequence[FinetuneRecord]) -> Mapping[str, Any]:
    """Those that the page shows, by the names of their files without the ending."""
    return {
        f"{one.name}-{kind}": figure
        for one in records
        if one.is_of_rates
        for kind, figure in figures(one.outcome).items()
        if kind in DRAWN
    }


def page(folder: Path) -> str:
    """The page of all records of a folder, by name."""
    records = records_in(folder)
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
        yield image(one, "rates", "Best and usable rates against the width")
        yield markdown(rates_block(one.outcome))
        yield "### Losses"
        yield markdown(losses_block(one.outcome))
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
        save_each(figures_of(records_in(asked.folder)), asked.folder, (".svg",))
        sys.stdout.write(page(asked.folder))


if __name__ == "__main__":
    main()
