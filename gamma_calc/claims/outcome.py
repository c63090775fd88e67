"""What comes of a claim: its checks are run, and if they fail those of its other assumption."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from gamma_calc.claims.checks import Check, Seen
from gamma_calc.claims.claim import Claim
from gamma_calc.claims.measure import Reading, Tell


class Outcome(Enum):
    """Of a derivation."""

    HOLDS = "holds"
    OTHERWISE = "holds under another assumption"
    CONTRADICTED = "contradicted"
    PENDING = "not yet checked"


@dataclass(frozen=True, slots=True)
class Derived:
    """An outcome with everything that was asked and found, and the assumption or the reason that belongs to it."""

    outcome: Outcome
    detail: str
    seen: tuple[Seen, ...]

    def __str__(self) -> str:
        return f"{self.outcome.value}: {self.detail}" if self.detail else self.outcome.value


@dataclass(frozen=True, slots=True)
class Measured:
    """The worst verdict of a claim's measurements, with all of them; "no measurement" or "not run" without any."""

    verdict: str
    readings: tuple[Reading, ...] = ()

    def __str__(self) -> str:
        reasons = [f"{r.asked}: {r.measured}" for r in self.readings if r.verdict == self.verdict != "confirmed"]
        return f"{self.verdict}: {'; '.join(reasons)}" if reasons else self.verdict


NO_MEASUREMENT = Measured("no measurement")
NOT_RUN = Measured("not run")
WORST = ("refuted", "undecided", "confirmed")


def derived(claim: Claim) -> Derived:
    """Run the checks of a claim.

    >>> from gamma_calc.claims.table import CLAIMS
    >>> print(derived(CLAIMS["I7"]))
    holds
    """
    if not claim.checks:
        return Derived(Outcome.PENDING, claim.pending, ())
    seen = _run(claim.checks)
    if _good(seen):
        return Derived(Outcome.HOLDS, "", seen)
    if claim.otherwise is not None:
        other = _run(claim.otherwise.checks)
        if _good(other):
            return Derived(Outcome.OTHERWISE, claim.otherwise.assumption, (*seen, *other))
        seen = (*seen, *other)
    return Derived(Outcome.CONTRADICTED, "", seen)


def measured(claim: Claim, tell: Tell) -> Measured:
    """Run the measurements of a claim. Needs the numeric side."""
    readings = tuple(reading for one in claim.measurements for reading in one.readings(tell))
    verdicts = {reading.verdict for reading in readings}
    return Measured(next(v for v in WORST if v in verdicts), readings) if readings else NO_MEASUREMENT


def _run(checks: Iterable[Check]) -> tuple[Seen, ...]:
    return tuple(seen for check in checks for seen in check.seen())


def _good(seen: Iterable[Seen]) -> bool:
    return all(one.good for one in seen)
