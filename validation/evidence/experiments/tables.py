"""The outcome of the teacher-student experiment as tables of a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.display.blocks import Block
from validation.evidence.experiments.outcome import FEATURES, OPTIMAL, STABLE, ExperimentOutcome, Exponent
from validation.statistics.verdict import Verdict

COLUMNS = ("start", "readout", "steps", "derived", "measured", "95 % interval")
TITLES = {
    STABLE: "Exponent of the largest stable rate (Z_B within 1 at every step)",
    OPTIMAL: "Exponent of the rate of the least loss (reported, not judged)",
    **{name: f"Exponent of {name} at the rate of the least loss (reported, not judged)" for name in FEATURES},
}


def blocks(outcome: ExperimentOutcome) -> Iterator[Block]:
    """A table for each kind of exponent, what stays open, and the verdict."""
    for quantity, title in TITLES.items():
        found = [e for e in outcome.exponents if e.row.quantity == quantity]
        judged = [*COLUMNS, "verdict"] if not found[0].reported else COLUMNS
        yield Block(title, tuple(map(_cells, found)), tuple(judged))
    open_rows = tuple((_told(e),) for e in outcome.exponents if not _settled(e))
    yield Block("Not confirmed", open_rows)
    g = outcome.grid
    run = f"n = {g.widths[0]} .. {g.widths[-1]}, {g.seeds} seeds, {g.steps} steps, {len(g.rates)} rates"
    yield Block("Verdict on the largest stable rates", ((f"{outcome.verdict.value} ({run})",),))


def _cells(e: Exponent) -> tuple[str, ...]:
    r = e.row
    measured = "-" if r.measured is None else f"{r.measured:+.3f}"
    interval = "-" if r.low is None or r.high is None else f"{r.low:+.3f} .. {r.high:+.3f}"
    return (e.init, e.readout, str(r.step), str(r.predicted), measured, interval, *_verdict(e))


def _verdict(e: Exponent) -> tuple[str, ...]:
    return () if e.reported else (e.row.verdict.value,)


def _settled(e: Exponent) -> bool:
    """Is there nothing to add: confirmed, or reported with a number?"""
    return e.row.measured is not None if e.reported else e.row.verdict is Verdict.CONFIRMED


def _told(e: Exponent) -> str:
    return f"{e.row.quantity}, {e.init}, {e.readout}, {e.row.step} steps: {e.row.reason}"
