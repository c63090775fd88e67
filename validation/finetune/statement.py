"""A statement about fine-tuning, its findings, one for each setting it speaks of, and the verdict on all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np
from scipy.special import stdtrit

from validation.statistics.slope import CONFIDENCE, Floats
from validation.statistics.verdict import WORST, Verdict


@dataclass(frozen=True, slots=True)
class SeedInterval:
    """A mean over seeds with its 95 % interval; not a number where nothing can be said.

    >>> SeedInterval.of(np.array([1.0, 1.0, 1.0])).high
    1.0
    """

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, numbers: Floats) -> SeedInterval:
        """Student's, over seeds."""
        if len(numbers) < 2 or not np.isfinite(numbers).all():
            return cls(math.nan, math.nan, math.nan)
        reach = stdtrit(len(numbers) - 1, (1 + CONFIDENCE) / 2) * numbers.std(ddof=1) / len(numbers) ** 0.5
        mean = float(numbers.mean())
        return cls(mean, mean - float(reach), mean + float(reach))

    @property
    def known(self) -> bool:
        return math.isfinite(self.value)

    def __neg__(self) -> SeedInterval:
        return SeedInterval(-self.value, -self.high, -self.low)

    def __str__(self) -> str:
        if not self.known:
            return "nothing to compare"
        return f"{self.value:+.3f}" + (f" ({self.low:+.3f} .. {self.high:+.3f})" if self.low < self.high else "")


@dataclass(frozen=True, slots=True)
class StatementFinding:
    """What one setting says; ``predicted`` is the derived exponent where it is a slope of a size that is not zero."""

    where: str
    found: SeedInterval
    verdict: Verdict
    reason: str = ""
    predicted: Fraction | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.found}" + (f", {self.reason}" if self.reason else "")


@dataclass(frozen=True, slots=True)
class Statement:
    """What would hold, and what was found: refuted if one finding refutes it, confirmed if all confirm it.

    ``name`` is short and stable; ``source`` says whose word the ``text`` is. ``table`` has the cells that begin its
    rows where it is one of many of a kind, and is shown in a table of these.
    """

    name: str
    text: str
    source: str
    findings: tuple[StatementFinding, ...]
    table: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict:
        return worst([finding.verdict for finding in self.findings])

    @property
    def reason(self) -> str:
        """The findings that the verdict rests on."""
        if not self.findings:
            return "nothing to compare"
        told = [str(one) for one in self.findings if one.verdict is self.verdict]
        more = f" and {len(told) - MOST} more" if len(told) > MOST else ""
        return "; ".join(told[:MOST]) + more

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "statement": self.text,
            "source": self.source,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "findings": [
                {
                    "where": one.where,
                    "value": _finite(one.found.value),
                    "low": _finite(one.found.low),
                    "high": _finite(one.found.high),
                    "verdict": one.verdict.value,
                    "reason": one.reason,
                }
                for one in self.findings
            ],
        }


MOST: Final = 3  # findings that a reason names


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Refuted if one is, confirmed if all are and there are any.

    >>> worst([Verdict.CONFIRMED, Verdict.UNDECIDED]).value, worst([]).value
    ('undecided', 'undecided')
    """
    return next((verdict for verdict in WORST if verdict in verdicts), Verdict.UNDECIDED)


def at_most(found: SeedInterval, bound: float) -> Verdict:
    """Is the number at most the bound: the whole interval, or none of it?"""
    if not found.known:
        return Verdict.UNDECIDED
    return Verdict.CONFIRMED if found.high <= bound else Verdict.REFUTED if found.low > bound else Verdict.UNDECIDED


def negative(found: SeedInterval) -> Verdict:
    """Is the number below zero: the whole interval, or none of it?"""
    if not found.known:
        return Verdict.UNDECIDED
    return Verdict.CONFIRMED if found.high < 0 else Verdict.REFUTED if found.low >= 0 else Verdict.UNDECIDED


def within(found: SeedInterval, bound: float) -> Verdict:
    """Is the number within a bound of zero?"""
    if not found.known:
        return Verdict.UNDECIDED
    if max(-found.low, found.high) <= bound:
        return Verdict.CONFIRMED
    return Verdict.REFUTED if found.low > bound or found.high < -bound else Verdict.UNDECIDED


def _finite(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None
