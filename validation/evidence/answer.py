"""What came of some claims, as data, and the counts of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from validation.evidence.claim import Claim
from validation.evidence.outcome import Derived, Measured, Outcome


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
    def right(self) -> bool:
        """Does it hold as stated, and is not refuted?"""
        return self.derived is not None and self.derived.outcome is Outcome.HOLDS and self.measured.verdict != "refuted"

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
