"""What came of some claims, and how it is summed up: for a terminal, as data, as a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, Final

from gamma_calc.display.tables import bars
from validation.evidence.claim import Claim
from validation.evidence.outcome import Derived, Measured, Outcome
from validation.evidence.record import Record


@dataclass(frozen=True, slots=True)
class Answer:
    """A claim with what came of it. ``derived`` is None where only numbers were asked for."""

    claim: Claim
    derived: Derived | None
    measured: Measured

    @property
    def wrong(self) -> bool:
        """Contradicted without a known assumption under which it holds, or refuted by numbers just measured."""
        contradicted = self.derived is not None and self.derived.outcome is Outcome.CONTRADICTED
        return contradicted or self._now == "refuted"

    @property
    def open(self) -> bool:
        """Were numbers measured that leave it undecided?"""
        return self._now == "undecided"

    @property
    def decided(self) -> bool:
        """Was something checked, and nothing left open?"""
        checked = self.derived is not None and bool(self.derived.seen)
        return (checked or bool(self._now)) and not self.open

    @property
    def _now(self) -> str:
        """The verdict, unless it comes from a recorded run or from nothing."""
        return "" if self.measured.recorded or not self.measured.readings else self.measured.verdict

    @property
    def said(self) -> tuple[str, str]:
        """What the derivation and the measurement say, in full."""
        return "not run" if self.derived is None else str(self.derived), str(self.measured)


def summary(answers: Iterable[Answer]) -> str:
    """One line that counts the outcomes.

    >>> from validation.evidence.outcome import NOT_RUN, derived
    >>> from validation.evidence.claims.table import CLAIMS
    >>> summary([Answer(CLAIMS[name], derived(CLAIMS[name]), NOT_RUN) for name in ("I7", "L10", "L12")])
    '3 claims: 1 holds, 1 holds under another assumption, 1 no symbolic check'
    """
    answers = list(answers)
    told = Counter(a.derived.outcome.value for a in answers if a.derived is not None)
    numbers = Counter(a.measured.verdict for a in answers if a.measured.readings)
    counts = [f"{told[o.value]} {o.value}" for o in Outcome if told[o.value]]
    measures = [f"{number} {verdict}" for verdict, number in sorted(numbers.items())]
    heads = f"{len(answers)} claim{'' if len(answers) == 1 else 's'}"
    days = sorted({a.measured.recorded for a in answers if a.measured.recorded})
    when = f" (recorded {days[-1]})" if days else ""
    told_of = f"measured{when}: {', '.join(measures)}" if measures else ""
    return "; ".join(filter(None, (f"{heads}: {', '.join(counts)}".removesuffix(": "), told_of)))


def as_data(answers: Iterable[Answer], *, traced: bool) -> list[dict[str, Any]]:
    """The answers for JSON; with ``traced`` everything asked and found besides."""
    return [_one(a) | (_trace(a) if traced else {}) for a in answers]


def _one(a: Answer) -> dict[str, Any]:
    says, numbers = a.said
    claim = a.claim
    return {
        "id": claim.id,
        "source": claim.cited,
        "statement": claim.statement,
        "derived": says,
        "measured": numbers,
    }


def _trace(a: Answer) -> dict[str, Any]:
    seen = a.derived.seen if a.derived is not None else ()
    return {
        "assumptions": list(a.claim.assumptions),
        "checks": [{"asked": s.asked, "expected": s.expected, "found": s.found, "good": s.good} for s in seen],
        "measurements": [asdict(r) for r in a.measured.readings],
    }


# -- the page ---------------------------------------------------------------------------------------------------------

GROUPS: Final = {
    "G": "Rules of the calculus",
    "L": "LoRA+: two learning rates",
    "I": "Which factor starts at zero",
    "N": "Both factors random",
    "E": "Consequences",
    "C": "Rank, adapters, initialisations, networks",
}
INTRODUCTION: Final = """\
# Claims

Published results on learning rates and initialisations, as data: each names its source, the programs it speaks of and
what the derivation must find for it to hold, and where it can be measured, the numbers to expect. This page is the
output of `gamma-calc claims --format markdown`: what is derived is computed when it is printed, what is measured is
from the recorded run named below. `gamma-calc claims ID --trace` shows what was asked and found, `gamma-calc claims ID
--verify all` measures anew, and `gamma-calc claims --verify all --record validation/evidence/recorded/claims.json` adds
to the record what it lacks.

A claim *holds* where every check of it is met under the assumptions named with it. It *holds under another assumption*
where a check fails as stated and those under the named assumption are met. It is *contradicted* where both fail. Where
a statement is not on exponents there is *no symbolic check*, and the reason. What is *not yet checked* is listed with
what is missing. A measurement is *confirmed*, *refuted* or *undecided* at its tolerance; the last table has each.
*Quoted* and *recalled* mark statements that were not read in the source itself."""


def page(answers: Sequence[Answer], record: Record) -> str:
    """The answers as a Markdown page."""
    run = f"Measured with {record.versions} on {record.machine}."
    parts = (_tables(answers), _notes(answers), _readings(answers), _sources(answers))
    return "\n".join([INTRODUCTION, "", f"{summary(answers)}.", "", run, *chain.from_iterable(parts)])


def _tables(answers: Sequence[Answer]) -> Iterator[str]:
    for letter, title in GROUPS.items():
        rows = [a for a in answers if a.claim.id.startswith(letter)]
        if rows:
            yield from ("", f"## {title}", "", "| id | source | statement | derived | measured |")
            yield "|---|---|---|---|---|"
            yield from (bars((a.claim.id, a.claim.cited, a.claim.statement, *a.said)) for a in rows)


def _notes(answers: Sequence[Answer]) -> Iterator[str]:
    assumed = [a.claim for a in answers if a.claim.assumptions]
    if assumed:
        yield from ("", "## Assumptions", "")
        yield from (f"- {claim.id}: {'; '.join(claim.assumptions)}." for claim in assumed)


def _readings(answers: Sequence[Answer]) -> Iterator[str]:
    rows = [(a.claim.id, r) for a in answers for r in a.measured.readings]
    if rows:
        yield from ("", "## Measurements", "", "| id | asked | expected | measured | seeds | verdict |")
        yield "|---|---|---|---|---|---|"
        for name, r in rows:
            verdict = r.verdict if r.verdict == "confirmed" else f"{r.verdict}: {r.reason}"
            yield bars((name, r.asked, r.expected, r.measured, str(r.seeds), verdict))


def _sources(answers: Sequence[Answer]) -> Iterator[str]:
    """Each publication once, with its title."""
    found = {a.claim.source: None for a in answers if a.claim.source.year is not None}
    if found:
        yield from ("", "## Sources", "")
        yield from (f"- {source}. {source.title}. Statements {source.known.value}." for source in found)
