"""From measured sizes to a verdict on each predicted exponent.

A row is *confirmed* when the interval of its exponent lies within the tolerance of the prediction and the slope has
settled; *refuted* when the data exclude every exponent within the tolerance, all rows of a table considered (Holm);
*undecided* otherwise, with the reason and what to add. The straight line is asked first, at all widths and, where there
are enough, at the larger half of them: an exponent is a statement on large widths. Where the derivation knows lower
monomials, the sum of monomials is asked next.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from typing import Final

import numpy as np
from scipy.stats import chi2
from scipy.stats import t as student

from validation.statistics.slope import FEWEST_WIDTHS, Crossover, Floats, Line, Points, crossover, line

TOLERANCE: Final = 0.05
LEVEL: Final = 0.05  # of all refutations of one table together
ENOUGH: Final = 0.5  # share of the leading term at the largest width from which a crossover fit can confirm
ADD_SEEDS: Final = "add seeds"
LATE: Final = "line at the largest widths"
ABSENT: Final = 1e-2  # share below which a leading term that should have a constant of order one is not there


class Verdict(Enum):
    """What the measurement says of a prediction."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Prediction:
    """The derived exponent of a quantity at a step (None: identically zero), and the lower ones, largest first.

    ``bound``: an upper bound only, since a parameter's own movement turns its updates round, or sign steps tie.
    """

    quantity: str
    step: int
    exponent: Fraction | None
    lower: tuple[Fraction, ...] = ()
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity at one step.

    Exponents are numbers here; None stands for -oo (exactly zero at every width) in ``predicted`` and, where nothing
    could be fitted, for nothing in the others. ``doubt`` is the probability of data this far from the prediction if it
    is right to within the tolerance. ``share`` is the leading term's part of the square at the largest width,
    ``misfit`` the relative misfit of the straight line, ``factor`` the constant in front of the learning rates.
    """

    quantity: str
    step: int
    predicted: Fraction | None
    measured: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    reason: str
    method: str = "line"
    doubt: float = 1.0
    share: float | None = None
    misfit: float | None = None
    factor: float = 1.0

    @property
    def wants_seeds(self) -> bool:
        """Would more seeds help to decide?"""
        return self.verdict is Verdict.UNDECIDED and self.reason.endswith(ADD_SEEDS)

    def agrees_with(self, other: Row) -> bool:
        """Are both measured exponents the same, to within the tolerance?"""
        if self.low is None or self.high is None or other.low is None or other.high is None:
            return self.method == other.method
        return self.low - TOLERANCE <= other.high and other.low - TOLERANCE <= self.high

    @property
    def undone(self) -> bool:
        """Is it exactly zero where an exponent is predicted?"""
        return self.method == "exact" and self.predicted is not None

    @property
    def may_be_hidden(self) -> bool:
        """Could another constant in front of the learning rates show the exponent?"""
        hidden = self.predicted is not None and not self.wants_seeds
        return self.verdict is not Verdict.CONFIRMED and hidden


def row(
    prediction: Prediction, sizes: Mapping[int, Floats], tolerance: float = TOLERANCE, *, by_line: bool = False
) -> Row:
    """The verdict on one prediction from the sizes of every seed (and nothing else) at each width.

    ``by_line`` leaves out the sum of monomials, which is slow.
    """
    found = _compared(prediction, sizes, tolerance, by_line=by_line)
    return _at_most(found, tolerance) if prediction.bound else found


def _compared(prediction: Prediction, sizes: Mapping[int, Floats], tolerance: float, *, by_line: bool) -> Row:
    overflow = [n for n, s in sizes.items() if not np.isfinite(s).all()]
    finite = {n: s for n, s in sizes.items() if n not in overflow}
    zero = [n for n, s in finite.items() if not s.any()]
    empty = _empty(prediction)
    if prediction.exponent is None or zero:
        return _exact(empty, zero, len(finite), overflow)
    if len(finite) < FEWEST_WIDTHS:
        return replace(empty, reason=_overflowed(overflow) + "; use smaller widths, fewer steps or float64")
    points = Points.of(list(finite), list(finite.values()))
    found = judged(replace(prediction, lower=()) if by_line else prediction, points, tolerance)
    return replace(found, reason=f"{found.reason}; {_overflowed(overflow)}") if overflow else found


def judged(prediction: Prediction, points: Points, tolerance: float = TOLERANCE) -> Row:
    """The verdict on one prediction from means at each width: by the line, then by the sum of monomials."""
    empty = _empty(prediction)
    by_line = _by_lines(empty, points, tolerance)
    lower = [float(g) for g in prediction.lower]
    if by_line.verdict is Verdict.CONFIRMED or not lower:
        return by_line
    return _by_crossover(by_line, crossover(points, _number(empty), lower, tolerance), points, tolerance)


def holm(rows: Sequence[Row], level: float = LEVEL) -> list[Row]:
    """Refutations that stand when all rows of a table are considered; the others become undecided."""
    doubtful = sorted((r.doubt, i) for i, r in enumerate(rows) if r.verdict is Verdict.REFUTED)
    result, standing = list(rows), True
    for rank, (doubt, i) in enumerate(doubtful):
        standing = standing and doubt <= level / (len(rows) - rank)
        if not standing:
            reason = f"{rows[i].reason}; not significant among {len(rows)} rows: {ADD_SEEDS}"
            result[i] = replace(rows[i], verdict=Verdict.UNDECIDED, reason=reason)
    return result


def overall(rows: Sequence[Row]) -> Verdict:
    """Refuted if one row is, confirmed if every row is."""
    verdicts = {r.verdict for r in rows}
    if Verdict.REFUTED in verdicts:
        return Verdict.REFUTED
    return Verdict.CONFIRMED if verdicts == {Verdict.CONFIRMED} else Verdict.UNDECIDED


def _empty(prediction: Prediction) -> Row:
    return Row(prediction.quantity, prediction.step, prediction.exponent, None, None, None, Verdict.UNDECIDED, "")


def _at_most(found: Row, tolerance: float) -> Row:
    """A prediction that is an upper bound is confirmed by anything that is not larger."""
    zero = found.method == "exact" and found.measured is None and found.reason.startswith("exactly zero")
    below = found.high is not None and found.high <= _number(found) + tolerance
    if found.verdict is not Verdict.CONFIRMED and (zero or below):
        return replace(found, verdict=Verdict.CONFIRMED, reason=f"an upper bound: {found.reason}")
    return found


def _exact(empty: Row, zero: Sequence[int], finite: int, overflow: Sequence[int]) -> Row:
    """-oo is a statement about every number: exactly zero at every width, or not."""
    if empty.predicted is None:
        if len(zero) == finite and not overflow:
            return replace(empty, verdict=Verdict.CONFIRMED, reason="exactly zero at every width", method="exact")
        return replace(empty, verdict=Verdict.REFUTED, reason="predicted zero, is not", method="exact", doubt=0.0)
    if len(zero) == finite:
        return replace(empty, verdict=Verdict.REFUTED, reason="exactly zero at every width", method="exact", doubt=0.0)
    return replace(empty, reason=f"exactly zero at n = {', '.join(map(str, zero))}: {ADD_SEEDS}", method="exact")


def _by_lines(empty: Row, points: Points, tolerance: float) -> Row:
    """The line at all widths; where it does not confirm, that of the larger half may, or of the fewest for a line."""
    everywhere = _by_line(empty, line(points), points, tolerance)
    count = max(FEWEST_WIDTHS, len(points.widths) // 2)
    if everywhere.verdict is Verdict.CONFIRMED or count == len(points.widths):
        return everywhere
    upper = points.widest(count)
    late = _by_line(empty, line(upper), upper, tolerance)
    return replace(late, reason=LATE) if late.verdict is Verdict.CONFIRMED else everywhere


def _by_line(empty: Row, fit: Line, points: Points, tolerance: float) -> Row:
    reach = points.quantile * fit.error
    found = replace(empty, measured=fit.slope, low=fit.slope - reach, high=fit.slope + reach, misfit=fit.misfit)
    off, late_off = abs(fit.slope - _number(empty)), abs(fit.late - _number(empty))
    late_reach = points.quantile * fit.late_error
    if off + reach <= tolerance:
        if late_off > tolerance + late_reach:
            return replace(found, reason=f"the slope is {fit.late:+.3f} at the largest widths: add larger widths")
        return replace(found, verdict=Verdict.CONFIRMED, reason="line")
    if off - reach <= tolerance:
        if reach > tolerance / 2:
            return replace(found, reason=f"the interval is too wide for the tolerance {tolerance}: {ADD_SEEDS}")
        return replace(found, reason="the slope is at the edge of the tolerance: add larger widths")
    if late_off < off - max(tolerance / 5, late_reach) or late_off - late_reach <= tolerance:
        return replace(found, reason="the slope still moves towards the prediction: add larger widths")
    doubt = float(2 * student.sf((off - tolerance) / fit.error, points.seeds - 1))
    return replace(found, verdict=Verdict.REFUTED, reason="a straight line of another slope", doubt=doubt)


def _by_crossover(by_line: Row, fit: Crossover, points: Points, tolerance: float) -> Row:
    found = replace(by_line, verdict=Verdict.UNDECIDED, method="crossover", share=fit.share)
    predicted = _number(by_line)
    if max(predicted - fit.low, fit.high - predicted) <= tolerance and fit.share >= ENOUGH:
        return replace(
            found, measured=fit.slope, low=fit.low, high=fit.high, verdict=Verdict.CONFIRMED, reason="sum of monomials"
        )
    doubted = by_line.verdict is Verdict.REFUTED and not points.heavy
    if fit.most < ABSENT and doubted:
        return replace(by_line, share=fit.share, reason="the leading monomial is not there")
    doubt = float(chi2.sf(fit.excess, 1))
    if fit.excess > points.quantile**2 and doubted:
        return replace(by_line, share=fit.share, doubt=max(doubt, by_line.doubt), reason="no sum of monomials fits")
    if fit.share < ENOUGH:
        return replace(found, reason=f"crossover: the leading monomial has {fit.share:.0%} at the largest width")
    return replace(found, reason=f"crossover: near ties leave the exponent between {fit.low:.2f} and {fit.high:.2f}")


def _number(found: Row) -> float:
    """The predicted exponent of a row that is fitted: never -oo."""
    return float(found.predicted or 0)


def _overflowed(widths: Sequence[int]) -> str:
    return f"overflow at n = {', '.join(map(str, widths))}" if widths else ""
