"""The three questions that the first paper leaves open, answered from the records of runs as far as these can."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Final

import numpy as np

from gamma_calc.display.tables import bars, markdown
from validation.finetune.cells import AdapterArm
from validation.finetune.regret import SMALL, CarriedRegret
from validation.finetune.run_record import FinetuneRecord
from validation.finetune.setting import REPEATED
from validation.finetune.sizes import size_of_Z_A
from validation.finetune.statement import SeedInterval, at_most, worst
from validation.finetune.statements import SLACK, A, Evidence
from validation.finetune.tables import regrets_block
from validation.recorded_runs.trend import trend
from validation.statistics.slope import Floats

_Told = Callable[[Evidence, AdapterArm, int, int], str]
REGRET: Final = """The best rate at the smallest width is carried to the others by the derived law, as
`gamma-calc transfer` does (*edge*). Regret is what the carried rate costs against the best of the grid, as a share of
what training gains there; beside it that of the known rate kept as it was."""


def questions(records: Sequence[FinetuneRecord]) -> Iterator[str]:
    """Each with its answer, the numbers behind it, and a figure."""
    yield "## Three open questions"
    yield from _on_growth(records)
    yield from _on_two_rates(records)
    yield from _on_regret(records)


def image(one: FinetuneRecord, kind: str, told: str) -> str:
    """A figure of a record, in Markdown."""
    return f"![{told}](finetune/{one.name}-{kind}.svg)"


# -- the growth of Z_A -------------------------------------------------------------------------------------------------


def _on_growth(records: Sequence[FinetuneRecord]) -> Iterator[str]:
    yield "### Does the growth of Z_A persist, in width and in training?"
    yield _growth_with_width(records[0].outcome.evidence)
    yield (
        f"Z_A over its size at the start, at the best rate of each width, after the first {REPEATED} steps and after "
        "the last; means over seeds. From A = 0 there is no size to compare with."
    )
    yield "\n".join(_by_width(records, _growth))
    yield from (image(one, "growth", f"Z_A against the width: {one.title}") for one in _on_text(records))


def _growth_with_width(evidence: Evidence) -> str:
    """One slope over widths for all seeds."""
    rank, widths = evidence.table.ranks[0], evidence.table.widths
    logs = [np.log(_factors(evidence, A, rank, width)[1]) for width in widths]
    points = [(str(seed), width, x) for width, row in zip(widths, logs, strict=True) for seed, x in enumerate(row)]
    x, y = (np.array(column, dtype=float) for column in ([p[1] for p in points], [p[2] for p in points]))
    found = trend("width", [(seed,) for seed, _, _ in points], np.log(x), y, [None] * len(points))
    least, most = (float(np.exp(row.mean())) for row in (logs[0], logs[-1]))
    told = (
        f"At its best rates Init[A] makes Z_A {least:.2g} times as large at n = {widths[0]}, {most:.2g} at {widths[-1]}"
    )
    if found is None or found.low is None or found.high is None:
        return f"{told}."
    yes = "it persists" if found.low > 0 else "whether it persists these runs do not tell"
    slope = f"n^({found.slope:.2f}), {found.low:.2f} .. {found.high:.2f}"
    return f"{told}: {yes}, as {slope}. At rates n^(-1/2) Z_A itself is derived to grow as n^(1/2)."


def _factors(evidence: Evidence, arm: AdapterArm, rank: int, width: int) -> tuple[Floats, Floats]:
    """After the steps on one batch, and after the last."""
    sizes = size_of_Z_A(evidence, arm, rank, width)
    with np.errstate(divide="ignore", invalid="ignore"):
        early, late = (now / sizes.start for now in (sizes.early, sizes.late))
    return early, late


def _growth(evidence: Evidence, arm: AdapterArm, rank: int, width: int) -> str:
    found = _factors(evidence, arm, rank, width)
    if not np.isfinite(found).all():
        return "from 0"
    return ", ".join(f"{np.exp(np.log(numbers).mean()):.2f}" for numbers in found)


# -- two rates ---------------------------------------------------------------------------------------------------------


def _on_two_rates(records: Sequence[FinetuneRecord]) -> Iterator[str]:
    yield "### Is what both starts lack mended by two rates, or by others?"
    for init in ("A", "B"):
        yield from _mended(records, AdapterArm(init), AdapterArm(init, "n"))
    yield "The least mean held-out loss of each start over the rates tried."
    yield "\n".join(_by_width(records, lambda *place: f"{_least(*place).mean():.4f}"))


def _least(evidence: Evidence, arm: AdapterArm, rank: int, width: int) -> Floats:
    return evidence.of(arm, rank, width).least


def _mended(records: Sequence[FinetuneRecord], one: AdapterArm, two: AdapterArm) -> Iterator[str]:
    """At own best rates, seed against seed, from two runs of the same models on the same batches."""
    its: dict[AdapterArm, Evidence] = {}
    for found_in, arm, _ in _arms(records):
        its.setdefault(arm, found_in.outcome.evidence)
    if one not in its or two not in its:
        return
    rank = its[two].table.ranks[0]
    found = {}
    for width in its[two].table.widths:
        first, second = its[one].of(one, rank, width), its[two].of(two, rank, width)
        found[width] = SeedInterval.of((second.least - first.least) / max(first.gain, second.gain))
    verdict = worst([at_most(each, SLACK) for each in found.values()]).value
    told = "; ".join(f"n = {width}: {each}" for width, each in found.items())
    yield (
        f"B at n times the rate of A is at least as good as one rate, from Init[{one.init}]: **{verdict}**. The loss "
        f"with two rates less that with one, each at its best, as a share of what the better gains: {told}."
    )


# -- no grid -----------------------------------------------------------------------------------------------------------


def _on_regret(records: Sequence[FinetuneRecord]) -> Iterator[str]:
    yield "### Can the rate be set without a grid search?"
    yield REGRET
    yield _regret_answer([row for one in records for row in one.outcome.regrets])
    yield "\n".join(_regret_summary(records))
    yield from (image(one, "regret", f"Regret: {one.title}") for one in records if one.is_of_rates)
    for one in records:
        block = regrets_block(one.outcome)
        if block.rows:
            yield f"{one.title}:"
            yield markdown(block)


def _regret_answer(rows: Sequence[CarriedRegret]) -> str:
    known = [row for row in rows if math.isfinite(row.regret) and math.isfinite(row.kept)]
    if not known:
        return "No best rate is known."
    carried, kept = (statistics.median(costs) for costs in zip(*((r.regret, r.kept) for r in known), strict=True))
    small = sum(row.regret <= SMALL for row in known)
    less = sum(row.regret < row.kept for row in known)
    return (
        f"A carried rate costs {_percent(carried)} at the median of {len(known)} settings, the same rate kept "
        f"{_percent(kept)}; it costs {SMALL:.0%} or less at {small} of them, and less than the one kept at {less}."
    )


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


# -- tables ------------------------------------------------------------------------------------------------------------


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield bars(head)
    yield bars("---" for _ in head)
    yield from map(bars, rows)


def _by_width(records: Sequence[FinetuneRecord], told: _Told) -> Iterator[str]:
    """A row for each start and rank, a column for each width of the first run."""
    widths = records[0].outcome.evidence.table.widths
    rows = (_row(one.outcome.evidence, arm, rank, widths, told) for one, arm, rank in _arms(records))
    yield from _table(("start", "r", *(f"n = {width}" for width in widths)), rows)


def _row(evidence: Evidence, arm: AdapterArm, rank: int, widths: Sequence[int], told: _Told) -> Sequence[str]:
    there = evidence.table.widths
    return str(arm), str(rank), *(told(evidence, arm, rank, width) if width in there else "" for width in widths)


def _on_text(records: Sequence[FinetuneRecord]) -> Iterator[FinetuneRecord]:
    """The runs of rates on the models of the first."""
    for one in records:
        if one.is_of_rates and one.outcome.setting["model"] == records[0].outcome.setting["model"]:
            yield one


def _arms(records: Sequence[FinetuneRecord]) -> Iterator[tuple[FinetuneRecord, AdapterArm, int]]:
    """Every start and rank on the models of the first run, once."""
    seen = set()
    for one in _on_text(records):
        table = one.outcome.evidence.table
        for arm, rank in product(table.arms, table.ranks):
            if (arm, rank) not in seen:
                seen.add((arm, rank))
                yield one, arm, rank
