"""How best rates move with one column inside groups: one slope for all groups, each with its own height."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import ndtri, stdtrit

from validation.statistics.slope import CONFIDENCE, Floats
from validation.statistics.verdict import Verdict

Group = tuple[str, ...]
FLAT: Final = 1e-9  # of logarithms: no difference


@dataclass(frozen=True, slots=True)
class Trend:
    """The slope of log rate against the log of a column, with its 95 % interval, None where nothing is left to tell.

    >>> Trend("rank", -0.5, -0.6, -0.4, groups=3, cells=9).judged(-0.52, 0.1)
    <Verdict.UNDECIDED: 'undecided'>
    """

    column: str
    slope: float
    low: float | None
    high: float | None
    groups: int
    cells: int

    def judged(self, predicted: float, tolerance: float) -> Verdict:
        """Confirmed where the interval is within the tolerance of a slope, refuted where it is beyond it altogether."""
        if self.low is None or self.high is None:
            return Verdict.UNDECIDED
        if max(predicted - self.low, self.high - predicted) <= tolerance:
            return Verdict.CONFIRMED
        outside = self.low > predicted + tolerance or self.high < predicted - tolerance
        return Verdict.REFUTED if outside else Verdict.UNDECIDED


def trend(column: str, groups: Sequence[Group], x: Floats, y: Floats, errors: Sequence[float | None]) -> Trend | None:
    """Least squares inside groups; None where the column differs in none of them.

    The interval is Student's, from the scatter about the lines, which holds the noise of the cells; where as many lines
    as cells leave no scatter, it is from the errors of the cells.
    """
    kept = [i for i, group in enumerate(groups) if _differs(x, groups, group)]
    if not kept:
        return None
    names = sorted({groups[i] for i in kept})
    inside = np.array([names.index(groups[i]) for i in kept])
    across, rates = _centred(x[kept], inside), _centred(y[kept], inside)
    slope, rest = _line(across, rates)
    freedom = len(kept) - len(names) - 1
    reach = _reach(across, rest, freedom) if freedom > 0 else _carried(across, [errors[i] for i in kept])
    low, high = (None, None) if reach is None else (slope - reach, slope + reach)
    return Trend(column, slope, low, high, len(names), len(kept))


def slope_of(groups: Sequence[Group], x: Floats, y: Floats) -> float:
    """The slope alone, of numbers that are exact."""
    found = trend("", groups, x, y, [None] * len(y))
    return math.nan if found is None else found.slope


def _differs(x: Floats, groups: Sequence[Group], group: Group) -> bool:
    values = [value for value, its in zip(x, groups, strict=True) if its == group]
    return bool(max(values) - min(values) > FLAT)


def _centred(values: Floats, inside: Floats) -> Floats:
    """What is left when each group has lost its mean."""
    means = np.bincount(inside, values) / np.bincount(inside)
    centred: Floats = values - means[inside]
    return centred


def _line(across: Floats, rates: Floats) -> tuple[float, float]:
    """The slope of a line through the origin, and the sum of the squares that it leaves."""
    slope, rest, _, _ = np.linalg.lstsq(across[:, None], rates, rcond=None)
    return float(slope[0]), float(rest[0])


def _reach(across: Floats, rest: float, freedom: int) -> float:
    """Half the interval; the groups have taken their part of the freedom."""
    error = math.sqrt(rest / freedom / float(np.sum(across**2)))
    return error * float(stdtrit(freedom, (1 + CONFIDENCE) / 2))


def _carried(across: Floats, errors: Sequence[float | None]) -> float | None:
    known = [error for error in errors if error is not None]
    if len(known) < len(errors):
        return None
    spread = math.sqrt(float(np.sum((across * np.array(known)) ** 2))) / float(np.sum(across**2))
    return spread * float(ndtri((1 + CONFIDENCE) / 2))
