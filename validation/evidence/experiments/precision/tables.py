"""The outcome of the precision experiment as tables of a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from gamma_calc.display.blocks import Block
from validation.evidence.experiments.precision.formats import FORMATS, SAME, LayerFormats
from validation.evidence.experiments.precision.grid import Precision
from validation.evidence.experiments.precision.hazards import HAZARDS, KINDS
from validation.evidence.experiments.precision.outcome import PrecisionOutcome, Range, RoundingFinding
from validation.statistics.verdict import WORST, Verdict

FIRST: Final = ("layer", "sums", "weights", "epsilon", "goes wrong first", "by n =", "no number from")
NAMES: Final = (
    "Z_A = A Z and Z_B = B A Z; g_A, g_B gradients; v_A, v_B Adam's means of their squares; dA, dB a step; sum A Z and "
    "sum B'g are the two sums over the width; u is the unit roundoff of a format"
)
SEEN: Final = ("what", "decided by", "derived n", "measured", "verdict")


def blocks(outcome: PrecisionOutcome) -> Iterator[Block]:
    """From each start what goes wrong first, all that does, the derived widths of each format; and the verdict."""
    g = outcome.grid
    widest = g.widths[-1]
    for init in g.inits:
        start = f"Init[{init}] at n^({g.rate_of(init)})"
        here = [f for f in outcome.findings if f.init == init]
        yield Block(f"{start}: what goes wrong first", tuple(_firsts(outcome, init)), FIRST)
        concerned = [f for f in here if f.concerns(widest)]
        yield Block(f"{start}: all that goes wrong up to n = {widest}", tuple(_merged(concerned)), SEEN)
        title = f"{start}: derived widths, every constant 1"
        yield Block(title, tuple(_derived(g, here)), ("what", "order", *g.formats))
        yield Block(f"{start}: not confirmed", tuple(_reasons(here)))
    yield Block("What it means", tuple((f"{kind.name}: {kind.meaning}",) for kind in KINDS))
    yield Block("Names", ((NAMES,),))
    yield Block("Assumptions", tuple((line,) for line in assumptions(outcome)))
    run = f"n = {g.widths[0]} .. {widest}, {g.seeds} seeds, {g.steps} steps, {len(outcome.findings)} sizes"
    yield Block("Verdict", ((f"{outcome.verdict.value} ({run})",),))


def assumptions(outcome: PrecisionOutcome) -> tuple[str, ...]:
    """What the widths rest on."""
    g = outcome.grid
    fitted = g.widths[max(2, len(g.widths) // 2 - 1)]
    constants = f"a constant fitted in float64 at n <= {fitted} with the 95 % interval of one more seed"
    gradients = "a loss that is the mean over the outputs: the gradients that reach the layer are of order 1/n"
    return (
        f"derived widths: the derived exponent and {constants}; in the table of formats the constant is 1, assumed",
        f"one layer of rank 5, one sample, Adam, {gradients}, and a loss scale moves their limits",
        "sums of the same format are running sums, the worst order; wider ones are added in halves",
        f"a size goes wrong at a width where half of its entries do, within {g.steps} steps",
    )


def _firsts(outcome: PrecisionOutcome, init: str) -> Iterator[tuple[str, ...]]:
    """Rows that differ in epsilon alone are one."""
    merged: dict[tuple[str, ...], list[str]] = {}
    for a in outcome.grid.arithmetics:
        first, broken = outcome.first(init, a), outcome.broken[init, a]
        told = (first.hazard.name, f"{first.measured.high:g}") if first else ("nothing seen", "-")
        none = "-" if math.isinf(broken) else f"n = {broken:g}"
        row = (a.layer.name, _or_same(a, "sums"), _or_same(a, "weights"), *told, none)
        merged.setdefault(row, []).append(f"{a.epsilon:g}")
    yield from ((*row[:3], ", ".join(epsilons), *row[3:]) for row, epsilons in merged.items())


def _or_same(arithmetic: LayerFormats, place: str) -> str:
    kept = arithmetic.places[place]
    return SAME if kept == arithmetic.layer else kept.name


def _merged(findings: Sequence[RoundingFinding]) -> Iterator[tuple[str, ...]]:
    """One row for all in which the same format decides: the widest ranges and the worst verdict of those decided."""

    def key(f: RoundingFinding) -> tuple[object, ...]:
        return f.hazard.name, f.hazard.place, f.place

    ordered = sorted(findings, key=lambda f: tuple(map(str, key(f))))
    for (name, place, format_), group in groupby(ordered, key):
        every = list(group)
        rows = [f for f in every if f.verdict is not Verdict.UNDECIDED] or every
        derived, measured = (_widest([getattr(f, kind) for f in rows]) for kind in ("derived", "measured"))
        verdict = next(v for v in WORST if v in {f.verdict for f in rows})
        yield str(name), f"{place} {format_}", range_text(derived), range_text(measured), verdict.value


def _widest(ranges: Sequence[Range]) -> Range:
    return Range(min(r.low for r in ranges), max(r.high for r in ranges))


def _derived(grid: Precision, findings: Sequence[RoundingFinding]) -> Iterator[tuple[str, ...]]:
    """A row for each size that can go wrong in some format; of a range of widths the first."""
    alone = [LayerFormats.of(name, SAME, SAME, max(grid.epsilons)) for name in grid.formats]
    for hazard in HAZARDS:
        here = {f.arithmetic: f for f in findings if f.hazard == hazard}
        widths = [here[a].plain.low for a in alone if a in here]
        if any(map(math.isfinite, widths)):
            yield (hazard.name, str(here[alone[0]].gamma), *(range_text(Range(w, w)) for w in widths))


def range_text(widths: Range) -> str:
    """Widths in a few letters.

    >>> [range_text(Range(*w)) for w in ((512, 1024), (4.29e9, 4.29e9), (0, 0), (0, 256), (1e9, math.inf))]
    ['512-1024', '4.3e9', 'always', 'to 256', 'from 1e9']
    >>> range_text(Range(math.inf, math.inf))
    'never'
    """
    low, high = _digits(widths.low), _digits(widths.high)
    if widths.low == math.inf:
        return "never"
    if widths.high == 0:
        return "always"
    if widths.low == 0:
        return f"to {high}"
    if math.isinf(widths.high):
        return f"from {low}"
    return low if low == high else f"{low}-{high}"


def _digits(width: float) -> str:
    return f"{width:.0f}" if width < 1e5 else f"{width:.2g}".replace("e+0", "e").replace("e+", "e")


def _reasons(findings: Sequence[RoundingFinding]) -> Iterator[tuple[str]]:
    """Each reason once, with what it is of."""
    unsettled = [f for f in findings if f.verdict is not Verdict.CONFIRMED]
    texts = dict.fromkeys(f"{f.hazard.name}, {f.hazard.place} {f.place}: {f.reason}" for f in unsettled)
    yield from ((text,) for text in texts)


def format_rows() -> tuple[tuple[str, ...], ...]:
    """The formats as data, for a table."""
    return tuple(
        (f.name, *(f"{x:.4g}" for x in (f.largest, f.normal, f.subnormal, f.roundoff))) for f in FORMATS.values()
    )
