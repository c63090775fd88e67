"""What many validations found together: one record for each, and a summary in counts and reasons."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from validation.measurement.result import Validation
from validation.statistics.verdict import Row, Verdict


@dataclass(frozen=True, slots=True)
class Doubt:
    """A row that is not confirmed."""

    quantity: str
    step: int
    predicted: str
    measured: float | None
    verdict: str
    reason: str

    @classmethod
    def of(cls, row: Row) -> Doubt:
        predicted = "-inf" if row.predicted is None else str(row.predicted)
        return cls(row.quantity, row.step, predicted, row.measured, row.verdict.value, row.reason)

    @property
    def kind(self) -> str:
        """The reason without its numbers."""
        return re.sub(r"[-+]?\d[\d.]*", "..", self.reason)

    def __str__(self) -> str:
        measured = "nothing" if self.measured is None else f"{self.measured:+.3f}"
        return f"  {self.quantity} step {self.step}: {self.predicted}, measured {measured}: {self.reason}"


@dataclass(frozen=True, slots=True)
class ProgramRecord:
    """One validation: its program in words, the number of rows, those in doubt, seeds at most, seconds, tries."""

    text: str
    rows: int
    doubts: tuple[Doubt, ...]
    seeds: int
    seconds: float
    tries: int = 1

    @classmethod
    def of(cls, text: str, found: Validation, seconds: float) -> ProgramRecord:
        doubts = tuple(Doubt.of(r) for r in found.rows if r.verdict is not Verdict.CONFIRMED)
        return cls(text, len(found.rows), doubts, found.seeds, seconds)

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> ProgramRecord:
        """The inverse of ``as_data``."""
        return cls(**{**data, "doubts": tuple(Doubt(**d) for d in data["doubts"])})

    def as_data(self) -> dict[str, Any]:
        """What JSON can hold."""
        return asdict(self)

    @property
    def name(self) -> str:
        return self.text.partition(" (")[0]

    @property
    def refuted(self) -> list[Doubt]:
        return [d for d in self.doubts if d.verdict == Verdict.REFUTED.value]

    @property
    def verdict(self) -> Verdict:
        if self.refuted:
            return Verdict.REFUTED
        return Verdict.UNDECIDED if self.doubts else Verdict.CONFIRMED

    def __str__(self) -> str:
        undecided = (len(self.doubts) - len(self.refuted)) / self.rows
        first = f"{self.text}: {len(self.refuted)} refuted, {undecided:.0%} undecided"
        return "\n".join([first, *map(str, self.refuted)])


def still(doubts: Sequence[Doubt], again: Sequence[Row]) -> tuple[Doubt, ...]:
    """What is left in doubt when the rows are measured again with more seeds.

    What was undecided gets its new verdict; what was refuted stays so only if it is again, and is undecided otherwise.
    """
    found = {(r.quantity, r.step): r for r in again}
    return tuple(d for doubt in doubts for d in _left(doubt, found[doubt.quantity, doubt.step]))


def _left(doubt: Doubt, again: Row) -> list[Doubt]:
    if again.verdict is Verdict.REFUTED:
        return [Doubt.of(again)]
    if doubt.verdict == Verdict.REFUTED.value:
        return [replace(doubt, verdict=Verdict.UNDECIDED.value, reason=f"{doubt.reason}, not at other sizes")]
    return [] if again.verdict is Verdict.CONFIRMED else [doubt]


def summary(records: Sequence[ProgramRecord]) -> str:
    """Counts of programs and rows for each kind of program, and of the reasons for doubt; a table in Markdown."""
    kinds = dict.fromkeys(r.name.split()[0] for r in records)
    reasons = Counter(d.kind for r in records for d in r.doubts)
    lines = [
        "| programs | number | refuted | undecided | rows | refuted | undecided | minutes |",
        "|---" * 8 + "|",
        *(_counts(kind, [r for r in records if r.name.startswith(kind)]) for kind in kinds),
        _counts("all", records),
        "",
        "| rows | reason |",
        "|---|---|",
        *(f"| {n} | {reason} |" for reason, n in reasons.most_common()),
    ]
    return "\n".join(lines)


def _counts(kind: str, records: Sequence[ProgramRecord]) -> str:
    rows, number = sum(r.rows for r in records), len(records)
    refuted = sum(len(r.refuted) for r in records)
    undecided = sum(len(r.doubts) for r in records) - refuted
    programs = Counter(r.verdict for r in records)
    open_programs, minutes = programs[Verdict.UNDECIDED], sum(r.seconds for r in records) / 60
    return (
        f"| {kind} | {number} | {programs[Verdict.REFUTED]} | {open_programs} ({_share(open_programs, number)}) "
        f"| {rows} | {refuted} | {undecided} ({_share(undecided, rows)}) | {minutes:.0f} |"
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"
