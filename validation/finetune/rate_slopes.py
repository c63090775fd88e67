"""How the best, the largest usable and the largest stable rate move with the width, and whether they are in order."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final

import numpy as np

from validation.finetune.best_rates import SettingRates
from validation.finetune.cells import AdapterArm, CellTable
from validation.finetune.predicted import largest_rate_exponent
from validation.finetune.statement import SeedInterval, Statement, StatementFinding, negative
from validation.recorded_runs.trend import Trend, trend
from validation.statistics.slope import Floats
from validation.statistics.verdict import Verdict

FIRST: Final = "arXiv 2406.08447"
TOLERANCE: Final = 0.1  # of an exponent
FEWEST: Final = 3  # widths for a slope with an interval
KINDS: Final = {
    "stable": ("the largest rate at which Z_B stays within one over the first steps", "derived"),
    "usable": ("the largest usable rate", "derived of the largest stable rate"),
    "best": ("the best rate", f"{FIRST}, figures of best rates"),
}


def rate_statements(settings: Sequence[SettingRates], table: CellTable) -> Iterator[Statement]:
    """A slope for each start and kind of rate, and the order of the starts for each kind."""
    for arm in table.arms:
        yield from _slopes([s for s in settings if s.arm == arm], arm, table.widths)
    yield from _order(settings, table)


# -- slopes ------------------------------------------------------------------------------------------------------------


def _slopes(its: Sequence[SettingRates], arm: AdapterArm, widths: Sequence[int]) -> Iterator[Statement]:
    exponent = largest_rate_exponent(arm)
    if exponent is None or len(widths) < FEWEST:
        return
    for kind, (what, source) in KINDS.items():
        text = f"from {arm}, {what} moves as n^({exponent})"
        yield Statement(f"{kind} {arm}", text, source, (_slope(its, kind, float(exponent)),))


@dataclass(frozen=True, slots=True)
class _Point:
    """A rate that lies within those tried, as a logarithm with its error where one is known."""

    width: int
    group: tuple[str, str]
    log_rate: float
    error: float | None


def _points(its: Sequence[SettingRates], kind: str) -> list[_Point]:
    """One for each seed, or one for all: every rank and seed is a group with a height of its own."""
    return [
        _Point(s.width, (str(s.rank), str(seed)), float(rate), s.optimum.error if kind == "best" else None)
        for s in its
        for seed, rate in enumerate(_logs(s, kind))
        if math.isfinite(rate)
    ]


def _logs(setting: SettingRates, kind: str) -> Floats:
    """Logarithms of a rate, one for each seed; of the best rate there is one."""
    if kind == "best":
        return np.array([np.nan if setting.optimum.rate is None else setting.optimum.rate])
    logs: Floats = np.log(setting.stable if kind == "stable" else setting.usable)
    return logs


def _slope(its: Sequence[SettingRates], kind: str, predicted: float) -> StatementFinding:
    """One slope for all ranks and seeds, judged with the one at the larger widths."""
    points = _points(its, kind)
    where = f"{len({(p.group[0], p.width) for p in points})} of {len(its)} settings"
    widths = sorted({p.width for p in points})
    found = _fitted(points)
    if found is None or found.low is None or found.high is None or len(widths) < FEWEST:
        nothing = SeedInterval(np.nan, np.nan, np.nan)
        return StatementFinding(where, nothing, Verdict.UNDECIDED, "too few rates lie within those tried")
    upper = _upper(widths)
    late = _fitted([p for p in points if p.width in upper])
    verdict, reason = settled(found, late, predicted)
    told = filter(None, (_shown(late, upper), reason))
    return StatementFinding(where, SeedInterval(found.slope, found.low, found.high), verdict, "; ".join(told))


def _shown(late: Trend | None, widths: Sequence[int]) -> str:
    if late is None or late.low is None or late.high is None:
        return ""
    return f"{late.slope:+.3f} ({late.low:+.3f} .. {late.high:+.3f}) at n = {widths[0]} .. {widths[-1]}"


def _upper(widths: Sequence[int]) -> Sequence[int]:
    """The larger half, and three of four, since two widths show no scatter."""
    return widths[1:] if len(widths) < 5 else widths[len(widths) // 2 :]


def _fitted(points: Sequence[_Point]) -> Trend | None:
    if not points:
        return None
    x = np.log(np.array([p.width for p in points], dtype=float))
    y = np.array([p.log_rate for p in points])
    return trend("width", [p.group for p in points], x, y, [p.error for p in points])


def settled(found: Trend, late: Trend | None, predicted: float) -> tuple[Verdict, str]:
    """The verdict on a slope, undecided where that at the larger widths says another thing, with the reason.

    An exponent is a statement on large widths: what is off everywhere but not at the larger widths refutes nothing, and
    what is right everywhere but off at the larger widths confirms nothing.

    >>> flat, steep = (Trend("width", s, s - 0.02, s + 0.02, 1, 9) for s in (-0.2, -0.5))
    >>> settled(flat, steep, -0.5)[0].value, settled(flat, flat, -0.5)[0].value, settled(steep, flat, -0.5)[0].value
    ('undecided', 'refuted', 'undecided')
    """
    verdict = found.judged(predicted, TOLERANCE)
    if verdict is Verdict.UNDECIDED:
        return verdict, "the interval is too wide: add seeds or widths"
    if late is None or late.low is None or late.high is None:
        return Verdict.UNDECIDED, "too few rates to tell whether it has settled: add widths"
    at_large = late.judged(predicted, TOLERANCE)
    nearer = abs(late.slope - predicted) < abs(found.slope - predicted) - TOLERANCE / 5
    moves = nearer or at_large is not Verdict.REFUTED if verdict is Verdict.REFUTED else at_large is Verdict.REFUTED
    return (Verdict.UNDECIDED, "it still moves: add larger widths") if moves else (verdict, "")


# -- order -------------------------------------------------------------------------------------------------------------


def _order(settings: Sequence[SettingRates], table: CellTable) -> Iterator[Statement]:
    """Of two starts the one with the larger exponent has the larger rates at the largest width."""
    widest = {(s.arm, s.rank): s for s in settings if s.width == table.widths[-1]}
    for kind, (what, _) in KINDS.items():
        findings = tuple(_pairs(widest, table, kind))
        if findings:
            text = f"at the largest width {what} is in the derived order of the starts"
            yield Statement(f"order {kind}", text, "derived", findings)


def _pairs(
    widest: dict[tuple[AdapterArm, int], SettingRates], table: CellTable, kind: str
) -> Iterator[StatementFinding]:
    derived = {arm: largest_rate_exponent(arm) for arm in table.arms}
    for rank, (one, other) in product(table.ranks, combinations(table.arms, 2)):
        first, second = derived[one], derived[other]
        if first is None or second is None or first == second:
            continue
        larger, smaller = (one, other) if first > second else (other, one)
        ratio = _log_ratio(widest[larger, rank], widest[smaller, rank], kind)
        outside = "" if ratio.known else "a rate lies outside those tried"
        where = f"log {larger} / {smaller}, r = {rank}, n = {table.widths[-1]}"
        yield StatementFinding(where, ratio, negative(-ratio), outside)


def _log_ratio(one: SettingRates, other: SettingRates, kind: str) -> SeedInterval:
    if kind != "best":
        return SeedInterval.of(_logs(one, kind) - _logs(other, kind))
    logs = [s.optimum.interval for s in (one, other)]
    value = float((_logs(one, kind) - _logs(other, kind))[0])
    if logs[0] is None or logs[1] is None or not np.isfinite(value):
        return SeedInterval(np.nan, np.nan, np.nan)
    reach = math.hypot(*((high - low) / 2 for low, high in (logs[0], logs[1])))
    return SeedInterval(value, value - reach, value + reach)
