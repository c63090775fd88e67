"""What came of some claims, and how it is summed up: for a terminal, as data, as a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gamma_calc.claims.claim import Claim
from gamma_calc.claims.measure import Tell
from gamma_calc.claims.outcome import NO_MEASUREMENT, NOT_RUN, Derived, Measured, Outcome, derived, measured


@dataclass(frozen=True, slots=True)
class Answer:
    """A claim with what came of it. ``derived`` is None where only numbers were asked for."""

    claim: Claim
    derived: Derived | None
    measured: Measured

    @property
    def wrong(self) -> bool:
        """Contradicted without a known assumption under which it holds, or refuted by numbers."""
        contradicted = self.derived is not None and self.derived.outcome is Outcome.CONTRADICTED
        return contradicted or self.measured.verdict == "refuted"

    @property
    def decided(self) -> bool:
        """Was something checked, and nothing left open?"""
        checked = self.derived is not None and self.derived.outcome is not Outcome.PENDING
        return (checked or bool(self.measured.readings)) and self.measured.verdict != "undecided"

    @property
    def said(self) -> tuple[str, str]:
        """What the derivation and the measurement say, in full."""
        return "not run" if self.derived is None else str(self.derived), str(self.measured)


def answer(claim: Claim, how: str, tell: Tell) -> Answer:
    """Derive a claim ("symbolic"), measure it ("numeric"), or both ("all")."""
    found = None if how == "numeric" else derived(claim)
    if how == "symbolic":
        return Answer(claim, found, NOT_RUN if claim.measurements else NO_MEASUREMENT)
    return Answer(claim, found, measured(claim, tell))


def summary(answers: Iterable[Answer]) -> str:
    """One line that counts the outcomes.

    >>> from gamma_calc.claims.table import CLAIMS
    >>> summary([answer(CLAIMS[name], "symbolic", print) for name in ("I7", "L10", "L12")])
    '3 claims: 1 holds, 1 holds under another assumption, 1 not yet checked'
    """
    answers = list(answers)
    told = Counter(a.derived.outcome.value for a in answers if a.derived is not None)
    numbers = Counter(a.measured.verdict for a in answers if a.measured.readings)
    counts = [f"{told[o.value]} {o.value}" for o in Outcome if told[o.value]]
    measures = [f"{number} {verdict}" for verdict, number in sorted(numbers.items())]
    heads = f"{len(answers)} claim{'' if len(answers) == 1 else 's'}"
    return "; ".join(filter(None, (f"{heads}: {', '.join(counts)}".removesuffix(": "), _measures(measures))))


def _measures(counts: Sequence[str]) -> str:
    return f"measured: {', '.join(counts)}" if counts else ""


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
        "measurements": [
            {"asked": r.asked, "expected": r.expected, "measured": r.measured, "verdict": r.verdict, "reason": r.reason}
            for r in a.measured.readings
        ],
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
what the derivation must find for it to hold. This page is the output of `gamma-calc claims --format markdown`, and
every outcome on it is computed. `gamma-calc claims ID --trace` shows what was asked and found,
`gamma-calc claims ID --verify all` measures too.

A claim *holds* where every check of it is met under the assumptions named with it. It *holds under another assumption*
where a check fails as stated and those under the named assumption are met. It is *contradicted* where both fail. What
is *not yet checked* is listed with what is missing. *Not run* means that a claim has a measurement that is not part of
this page."""


def page(answers: Sequence[Answer]) -> str:
    """The answers as a Markdown page."""
    return "\n".join([INTRODUCTION, "", f"{summary(answers)}.", *_tables(answers), *_notes(answers)])


def _tables(answers: Sequence[Answer]) -> Iterator[str]:
    for letter, title in GROUPS.items():
        rows = [a for a in answers if a.claim.id.startswith(letter)]
        if rows:
            yield from ("", f"## {title}", "", "| id | source | statement | derived | measured |")
            yield "|---|---|---|---|---|"
            yield from (_line((a.claim.id, a.claim.cited, a.claim.statement, *a.said)) for a in rows)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _notes(answers: Sequence[Answer]) -> Iterator[str]:
    assumed = [a.claim for a in answers if a.claim.assumptions]
    if assumed:
        yield from ("", "## Assumptions", "")
        yield from (f"- {claim.id}: {'; '.join(claim.assumptions)}." for claim in assumed)
