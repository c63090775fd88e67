"""What comes of a claim: its checks are run, and if they fail those of its other assumption."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from validation.evidence.checks import Check, Seen
from validation.evidence.claim import Claim
from validation.evidence.measure import Reading


class Outcome(Enum):
    """Of a derivation."""

    HOLDS = "holds"
    OTHERWISE = "holds under another assumption"
    CONTRADICTED = "contradicted"
    NUMERIC = "no symbolic check"
    PENDING = "not yet checked"


@dataclass(frozen=True, slots=True)
class Derived:
    """An outcome with everything that was asked and found, and the assumption or the reason that belongs to it."""

    outcome: Outcome
    detail: str
    seen: tuple[Seen, ...]

    @classmethod
    def of(cls, claim: Claim, outcome: Outcome, seen: tuple[Seen, ...]) -> Derived:
        """The outcome for a claim, which says what belongs to it."""
        return cls(outcome, _detail(claim, outcome), seen)

    def __str__(self) -> str:
        return f"{self.outcome.value}: {self.detail}" if self.detail else self.outcome.value


@dataclass(frozen=True, slots=True)
class Measured:
    """The worst verdict of a claim's measurements, with all of them; "no measurement" or "not run" without any.

    ``recorded`` is the day of the recorded run that they are from; empty where they were made now.
    """

    verdict: str
    readings: tuple[Reading, ...] = ()
    recorded: str = ""

    @classmethod
    def of(cls, readings: Sequence[Reading], recorded: str = "") -> Measured:
        verdicts = {reading.verdict for reading in readings}
        return cls(next(v for v in WORST if v in verdicts), tuple(readings), recorded)

    def __str__(self) -> str:
        reasons = [f"{r.asked}: {r.measured}" for r in self.readings if r.verdict == self.verdict != "confirmed"]
        when = f" (recorded {self.recorded})" if self.recorded else ""
        return f"{self.verdict}{when}{': ' if reasons else ''}{'; '.join(reasons)}"


WORST: Final = ("refuted", "undecided", "confirmed")
NO_MEASUREMENT: Final = Measured("no measurement")
NOT_RUN: Final = Measured("not run")


def derived(claim: Claim) -> Derived:
    """Run the checks of a claim.

    >>> from validation.evidence.claims.table import CLAIMS
    >>> print(derived(CLAIMS["I7"]))
    holds
    """
    if not claim.checks:
        return unchecked(claim)
    seen = _run(claim.checks)
    if _good(seen):
        return Derived.of(claim, Outcome.HOLDS, seen)
    if claim.otherwise is not None:
        other = _run(claim.otherwise.checks)
        seen = (*seen, *other)
        if _good(other):
            return Derived.of(claim, Outcome.OTHERWISE, seen)
    return Derived.of(claim, Outcome.CONTRADICTED, seen)


def unchecked(claim: Claim) -> Derived:
    """What comes of a claim without checks."""
    return Derived.of(claim, Outcome.NUMERIC if claim.numeric else Outcome.PENDING, ())


def _detail(claim: Claim, outcome: Outcome) -> str:
    match outcome:
        case Outcome.OTHERWISE if claim.otherwise is not None:
            return claim.otherwise.assumption
        case Outcome.NUMERIC:
            return claim.numeric
        case Outcome.PENDING:
            return claim.pending
    return ""


def _run(checks: Iterable[Check]) -> tuple[Seen, ...]:
    return tuple(seen for check in checks for seen in check.seen())


def _good(seen: Iterable[Seen]) -> bool:
    return all(one.good for one in seen)
