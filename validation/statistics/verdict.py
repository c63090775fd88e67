"""From measured sizes to a verdict on each predicted exponent.

A row is *confirmed* when the interval of its exponent lies within the tolerance of the prediction and the slope has
settled; *refuted* when the data exclude every exponent within the tolerance, all rows of a table considered (Holm);
*undecided* otherwise, with the reason and what to add. The straight line is asked first, at all widths and, where there
are enough, at the larger half of them: an exponent is a statement on large widths. Where the derivation knows lower
monomials, the sum of monomials is asked next.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from typing import Final

import numpy as np
from scipy.special import chdtrc, stdtr

from validation.statistics.cause import Cause, Remedy, listed
from validation.statistics.slope import FEWEST_WIDTHS, Crossover, Floats, LineFit, Points, crossover, line

TOLERANCE: Final = 0.05
LEVEL: Final = 0.05  # of all refutations of one table together
ENOUGH: Final = 0.5  # share of the leading term at the largest width from which a crossover fit can confirm
ABSENT: Final = 1e-2  # share below which a leading term that should have a constant of order one is not there


class Verdict(Enum):
    """What the measurement says of a prediction.

    >>> [verdict.value for verdict in Verdict]
    ['confirmed', 'refuted', 'undecided']
    """

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


WORST: Final = (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.CONFIRMED)


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
    extremes: tuple[Fraction, ...] = ()  # exponents of the smallest and of the largest numbers computed on the way


@dataclass(frozen=True, slots=True)
class Span:
    """Numbers from ``low`` to ``high``: those of which a kind of number can hold the squares."""

    low: float = 0.0
    high: float = math.inf

    def left_by(self, width: float, exponent: Fraction) -> bool:
        """Does n^exponent lie outside?"""
        return not math.log(self.low or math.ulp(0.0)) <= float(exponent) * math.log(width) <= math.log(self.high)


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity at one step: what is derived, what is measured, and the verdict with its reason.

    Exponents are numbers here; None stands for -oo (exactly zero at every width) in ``predicted`` and, where nothing
    could be fitted, for nothing in the others. ``p_value`` is the probability of data this far from the prediction if
    it is right to within the tolerance. ``share`` is the leading term's part of the square at the largest width,
    ``misfit`` the relative misfit of the straight line, ``factor`` the constant in front of the learning rates.
    ``reason`` is the text of ``cause`` with the row's numbers.

    >>> Row("Z_B", 1, Fraction(0), 0.01, -0.01, 0.03, Verdict.CONFIRMED, "line").wants_seeds
    False
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
    p_value: float = 1.0
    share: float | None = None
    misfit: float | None = None
    factor: float = 1.0
    cause: Cause = Cause.NONE

    @property
    def wants_seeds(self) -> bool:
        """Would more seeds help to decide?"""
        return self.verdict is Verdict.UNDECIDED and self.cause.remedy is Remedy.SEEDS

    def agrees_with(self, other: Row) -> bool:
        """Are both measured exponents the same, to within the tolerance?"""
        if self.low is None or self.high is None or other.low is None or other.high is None:
            return self.method == other.method
        return self.low - TOLERANCE <= other.high and other.low - TOLERANCE <= self.high

    def because(self, cause: Cause, verdict: Verdict = Verdict.UNDECIDED, **numbers: object) -> Row:
        """The same row with this verdict, for this reason."""
        return replace(self, verdict=verdict, cause=cause, reason=cause.text(**numbers))

    @property
    def undone(self) -> bool:
        """Is it exactly zero where an exponent is predicted?"""
        return self.method == "exact" and self.predicted is not None

    @property
    def may_be_hidden(self) -> bool:
        """Could another constant in front of the learning rates show the exponent?"""
        hidden = self.predicted is not None and not self.wants_seeds and self.cause is not Cause.OUT_OF_RANGE
        return self.verdict is not Verdict.CONFIRMED and hidden


def row(
    prediction: Prediction,
    sizes: Mapping[int, Floats],
    tolerance: float = TOLERANCE,
    *,
    by_line: bool = False,
    span: Span = Span(),
) -> Row:
    """The verdict on one prediction from the sizes of every seed (and nothing else) at each width.

    ``by_line`` leaves out the sum of monomials, which is slow. Where numbers on the way leave the ``span``, what is
    measured may still confirm, and refutes nothing.
    """
    judgement = _compared(prediction, sizes, tolerance, by_line=by_line)
    judgement = _at_most(judgement, tolerance) if prediction.bound else judgement
    return _in_range(judgement, prediction, list(sizes), span)


def _compared(prediction: Prediction, sizes: Mapping[int, Floats], tolerance: float, *, by_line: bool) -> Row:
    empty = _empty(prediction)
    finite = {n: s for n, s in sizes.items() if np.isfinite(s).all()}
    overflow = [n for n in sizes if n not in finite]
    zero = [n for n, s in finite.items() if not s.any()]
    if prediction.exponent is None or zero:
        return _exact(empty, zero, len(finite), overflow)
    if len(finite) < FEWEST_WIDTHS:
        return empty.because(Cause.OVERFLOW, widths=listed(overflow))
    points = Points.of(list(finite), list(finite.values()))
    judgement = judged(replace(prediction, lower=()) if by_line else prediction, points, tolerance)
    more = f"; overflow at n = {listed(overflow)}" if overflow else ""
    return replace(judgement, reason=judgement.reason + more)


def _in_range(judgement: Row, prediction: Prediction, widths: Sequence[int], span: Span) -> Row:
    """Numbers whose squares underflow count as zero, and those whose squares overflow as infinite, in the run alone."""
    for exponent in prediction.extremes:
        outside = [n for n in widths if span.left_by(n, exponent)]
        if outside and (judgement.verdict is Verdict.REFUTED or judgement.wants_seeds):
            return judgement.because(Cause.OUT_OF_RANGE, order=exponent, widths=listed(outside))
    return judgement


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
    doubtful = sorted((r.p_value, i) for i, r in enumerate(rows) if r.verdict is Verdict.REFUTED)
    result, standing = list(rows), True
    for rank, (p_value, i) in enumerate(doubtful):
        standing = standing and p_value <= level / (len(rows) - rank)
        if not standing:
            result[i] = rows[i].because(Cause.NOT_SIGNIFICANT, before=rows[i].reason, rows=len(rows))
    return result


def worst_first(rows: Iterable[Row]) -> tuple[Row, ...]:
    """The rows: refuted before undecided before confirmed, and in their order within each."""
    return tuple(sorted(rows, key=lambda row: WORST.index(row.verdict)))


def counted(rows: Iterable[Row]) -> str:
    """How many rows have which verdict, the worst first.

    >>> counted([])
    'no rows'
    """
    counts = Counter(row.verdict for row in rows)
    return ", ".join(f"{counts[v]} {v.value}" for v in WORST if counts[v]) or "no rows"


def overall(rows: Sequence[Row]) -> Verdict:
    """Refuted if one row is, confirmed if every row is."""
    verdicts = {r.verdict for r in rows}
    if Verdict.REFUTED in verdicts:
        return Verdict.REFUTED
    return Verdict.CONFIRMED if verdicts == {Verdict.CONFIRMED} else Verdict.UNDECIDED


def _empty(prediction: Prediction) -> Row:
    return Row(prediction.quantity, prediction.step, prediction.exponent, None, None, None, Verdict.UNDECIDED, "")


def _at_most(judgement: Row, tolerance: float) -> Row:
    """A prediction that is an upper bound is confirmed by anything that is not larger.

    Zero at every width is not larger. Zero at some is no power of n, and what the others show says nothing of those.
    """
    zero = judgement.method == "exact" and judgement.cause is Cause.ZERO
    below = judgement.high is not None and judgement.high <= _number(judgement) + tolerance
    if judgement.verdict is not Verdict.CONFIRMED and (zero or below):
        return replace(judgement, verdict=Verdict.CONFIRMED, reason=f"an upper bound: {judgement.reason}")
    return judgement


def _exact(empty: Row, zero: Sequence[int], finite: int, overflow: Sequence[int]) -> Row:
    """-oo is a statement about every number: exactly zero at every width, or not."""
    exact = replace(empty, method="exact")
    if len(zero) == finite and (empty.predicted is not None or not overflow):
        if empty.predicted is None:
            return exact.because(Cause.ZERO, Verdict.CONFIRMED)
        return replace(exact, p_value=0.0).because(Cause.ZERO, Verdict.REFUTED)
    if empty.predicted is None:
        return replace(exact, p_value=0.0).because(Cause.NOT_ZERO, Verdict.REFUTED)
    return exact.because(Cause.SOME_ZERO, widths=listed(zero))


def _by_lines(empty: Row, points: Points, tolerance: float) -> Row:
    """The line at all widths; where it does not confirm, that of the larger half may, or of the fewest for a line."""
    everywhere = _by_line(empty, line(points), points, tolerance)
    count = max(FEWEST_WIDTHS, len(points.widths) // 2)
    if everywhere.verdict is Verdict.CONFIRMED or count == len(points.widths):
        return everywhere
    upper = points.widest(count)
    late = _by_line(empty, line(upper), upper, tolerance)
    return late.because(Cause.LATE_LINE, Verdict.CONFIRMED) if late.verdict is Verdict.CONFIRMED else everywhere


def _by_line(empty: Row, fit: LineFit, points: Points, tolerance: float) -> Row:
    reach = points.quantile * fit.error
    measured = replace(empty, measured=fit.slope, low=fit.slope - reach, high=fit.slope + reach, misfit=fit.misfit)
    off, late_off = abs(fit.slope - _number(empty)), abs(fit.late - _number(empty))
    late_reach = points.quantile * fit.late_error
    if off + reach <= tolerance:
        if late_off > tolerance + late_reach:
            return measured.because(Cause.LATE_SLOPE, late=fit.late)
        return measured.because(Cause.LINE, Verdict.CONFIRMED)
    if off - reach <= tolerance:
        if reach > tolerance / 2:
            return measured.because(Cause.TOO_WIDE, tolerance=tolerance)
        return measured.because(Cause.EDGE)
    if late_off < off - max(tolerance / 5, late_reach) or late_off - late_reach <= tolerance:
        return measured.because(Cause.MOVING)
    p_value = float(2 * stdtr(points.seeds - 1, (tolerance - off) / fit.error))
    return replace(measured, p_value=p_value).because(Cause.OTHER_SLOPE, Verdict.REFUTED)


def _by_crossover(by_line: Row, fit: Crossover, points: Points, tolerance: float) -> Row:
    undecided = replace(by_line, verdict=Verdict.UNDECIDED, method="crossover", share=fit.share)
    predicted = _number(by_line)
    if max(predicted - fit.low, fit.high - predicted) <= tolerance and fit.share >= ENOUGH:
        fitted = replace(undecided, measured=fit.slope, low=fit.low, high=fit.high)
        return fitted.because(Cause.MONOMIALS, Verdict.CONFIRMED)
    doubted = by_line.verdict is Verdict.REFUTED and not points.heavy
    refuted = replace(by_line, share=fit.share)
    if fit.most < ABSENT and doubted:
        return refuted.because(Cause.LEADING_ABSENT, Verdict.REFUTED)
    p_value = float(chdtrc(1, fit.excess))
    if fit.excess > points.quantile**2 and doubted:
        worse = replace(refuted, p_value=max(p_value, by_line.p_value))
        return worse.because(Cause.NO_MONOMIALS, Verdict.REFUTED)
    if fit.share < ENOUGH:
        return undecided.because(Cause.LEADING_SMALL, share=fit.share)
    return undecided.because(Cause.NEAR_TIES, low=fit.low, high=fit.high)


def _number(judgement: Row) -> float:
    """The predicted exponent of a row that is fitted: never -oo."""
    return float(judgement.predicted or 0)
