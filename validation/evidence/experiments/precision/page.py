"""The record of a run, and the page that is made of it.

``python -m validation.evidence.experiments.precision.page STORE`` keeps what a store says of the recorded grid;
without a store it prints the page of what is kept. The store is filled by the command that the page names.
"""

from __future__ import annotations

import json
import math
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import torch

from gamma_calc.display.blocks import Block, plain
from gamma_calc.display.figure import save_each
from gamma_calc.display.tables import markdown
from validation.evidence.experiments.precision.figures import Medians, figures_of, medians
from validation.evidence.experiments.precision.formats import FORMATS, LayerFormats
from validation.evidence.experiments.precision.grid import Precision
from validation.evidence.experiments.precision.hazards import BY_NAME
from validation.evidence.experiments.precision.outcome import (
    PrecisionOutcome,
    Range,
    Results,
    RoundingFinding,
    earliest,
    hazard_widths,
    judged,
    outcome,
)
from validation.evidence.experiments.precision.tables import blocks, format_rows
from validation.sweep.store import Store

RESULTS: Final = Path(__file__).parents[4] / "docs" / "results"
RECORD: Final = RESULTS / "precision" / "run.json"
RECORDED: Final = Precision(("A", "B"), epsilons=(0.0, 1e-8), device="cpu")
COMMAND: Final = "gamma-calc experiment precision --init A,B --epsilon 0,1e-8 --device cpu --figures figures"
INTRODUCTION: Final = """\
# Number formats against the width

What is run, derived and judged is described in [experiments](../experiments.md#number-formats-against-the-width). This
page is printed by `python -m validation.evidence.experiments.precision.page` from `precision/run.json`, which keeps
what the store of this command said:

    {command}

{machine}. The run was killed (`kill -9`) halfway and resumed.
"""
FORMATS_TEXT: Final = """\
## The formats

"""
FIGURES: Final = """
![Sizes against the width](precision/sizes.svg)

![Derived and measured widths](precision/widths.svg)
"""


@dataclass(frozen=True, slots=True)
class PrecisionRecord:
    """What is kept of a run: the machine, the outcome, and sizes in float64."""

    machine: str
    outcome: PrecisionOutcome
    sizes: Medians

    @property
    def figures(self) -> Mapping[str, Any]:
        """Every figure by its name."""
        return figures_of(self.outcome, self.sizes)


def record_of(results: Results) -> str:
    """The record of the measured cells of a store."""
    return record(outcome(RECORDED, results), medians(RECORDED, results))


def record(found: PrecisionOutcome, sizes: Medians) -> str:
    """What cannot be derived again, as JSON: fitted constants, measured widths and sizes, to six digits."""
    rows = [
        [f.init, *_written(f.arithmetic), f.hazard.name, *_ends(f.constant), *_ends(f.derived), *_ends(f.measured)]
        for f in found.findings
    ]
    broken = [[init, *_written(a), n] for (init, a), n in found.broken.items() if math.isfinite(n)]
    machine = f"torch {torch.__version__.partition('+')[0]}, Python {platform.python_version()}, two CPU cores"
    lines = ",\n".join(json.dumps(row) for row in rows)
    heads = f'"machine": {json.dumps(machine)},\n"broken": {json.dumps(broken)},\n"sizes": {json.dumps(sizes)},\n'
    return f'{{{heads}"rows": [\n{lines}\n]}}\n'


def recorded(text: str) -> PrecisionRecord:
    """What a record says: exponents, widths at constant 1 and verdicts are derived anew."""
    kept = json.loads(text)
    broken = {(init, a): math.inf for init in RECORDED.inits for a in RECORDED.arithmetics}
    broken |= {(init, _read(formats)): n for init, *formats, n in kept["broken"]}
    found = PrecisionOutcome(RECORDED, tuple(_findings(kept["rows"], broken)), broken)
    return PrecisionRecord(kept["machine"], found, kept["sizes"])


def page(text: str) -> str:
    """The page of a record."""
    kept = recorded(text)
    heads = ("format", "largest", "smallest normal", "smallest", "unit roundoff")
    table = markdown(Block("", format_rows(), heads))
    tables = "\n".join(f"    {line}".rstrip() for line in plain(blocks(kept.outcome)).splitlines())
    introduction = INTRODUCTION.format(command=COMMAND, machine=kept.machine)
    return f"{introduction}\n{FORMATS_TEXT}{table}\n\n## What was found\n\n{tables}\n{FIGURES}"


def main(words: Sequence[str]) -> None:
    """Keep what a store says, with its figures; or print the page."""
    for path in words:
        with Store.open(path) as store:
            results = {row.key: row.measured for row in store.rows()}
        text = record_of(results)
        RECORD.parent.mkdir(exist_ok=True)
        RECORD.write_text(text, encoding="utf-8")
        save_each(recorded(text).figures, RECORD.parent, (".svg",))  # of what is kept, so that it can be drawn again
    if not words:
        sys.stdout.write(page(RECORD.read_text(encoding="utf-8")))


def _findings(rows: Sequence[Any], broken: Mapping[tuple[str, LayerFormats], float]) -> Iterator[RoundingFinding]:
    for init, layer, sums, weights, epsilon, name, *numbers in rows:
        a, hazard, orders = _read((layer, sums, weights, epsilon)), BY_NAME[name], RECORDED.orders(init)
        constant, derived, measured = (
            Range(*(math.inf if x is None else x for x in numbers[i : i + 2])) for i in (0, 2, 4)
        )
        gammas = {t: g for t in range(RECORDED.steps) if (g := orders.of(hazard, t)) is not None}
        plain_widths = {t: hazard_widths(hazard, a, Range(hazard.factor, hazard.factor), g) for t, g in gammas.items()}
        step = _deciding(gammas, {t: w.low for t, w in plain_widths.items()})
        judgement = judged(derived, measured, RECORDED.widths, broken[init, a])
        facts = gammas[step], step, constant, earliest(plain_widths), derived, measured
        yield RoundingFinding(init, a, hazard, *facts, *judgement)


def _deciding(gammas: Mapping[int, Fraction], lows: Mapping[int, float]) -> int:
    return min(gammas, key=lambda t: (lows[t], -t))


def _written(formats: LayerFormats) -> tuple[object, ...]:
    return (*(f.name for f in formats.places.values()), formats.epsilon)


def _read(names: Sequence[Any]) -> LayerFormats:
    layer, sums, weights, epsilon = names
    return LayerFormats(FORMATS[layer], FORMATS[sums], FORMATS[weights], epsilon)


def _ends(widths: Range) -> tuple[float | None, ...]:
    return tuple(None if math.isinf(x) else float(f"{x:.6g}") for x in (widths.low, widths.high))


if __name__ == "__main__":
    main(sys.argv[1:])
