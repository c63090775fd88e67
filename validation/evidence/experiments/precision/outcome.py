"""From which width on each size goes wrong in each arithmetic: derived, measured, and the verdict.

A size is c n^gamma. Gamma is derived; c is fitted to the medians in float64 at the smaller half of the widths, over
seeds, and the interval is that of one more seed. A size goes wrong at a width where half of its entries do.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Final

import numpy as np
from scipy.special import stdtrit

from gamma_calc.display.json import document
from validation.evidence.experiments.precision.formats import FORMATS, LayerFormats
from validation.evidence.experiments.precision.grid import EXACT, Precision
from validation.evidence.experiments.precision.hazards import HAZARDS, Hazard
from validation.statistics.slope import CONFIDENCE, FLOOR, Floats
from validation.statistics.verdict import WORST, Verdict
from validation.sweep.measure import CellResult

Results = Mapping[str, CellResult]
HALF: Final = 0.5  # of the entries
FEWEST: Final = 3  # widths that a constant is fitted to


@dataclass(frozen=True, slots=True)
class Range:
    """From ``low`` to ``high``; widths: 0 is from the first on, infinity never."""

    low: float
    high: float

    def meets(self, other: Range) -> bool:
        """Do the two overlap?

        >>> Range(512, 1024).meets(Range(700, 2000)), Range(0, 256).meets(Range(300, math.inf))
        (True, False)
        """
        return self.low <= other.high and other.low <= self.high

    def around(self, other: Range) -> Range:
        """The smallest range that holds both."""
        return Range(min(self.low, other.low), max(self.high, other.high))


NEVER: Final = Range(math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class RoundingFinding:
    """One size in one arithmetic. ``gamma`` and ``step`` are of the step at which it is derived to go wrong first.

    ``plain`` is the derived width if the constant is 1 (but for known factors), ``derived`` that with the fitted
    ``constant``. ``measured`` reaches from the last width at which no seed goes wrong to the first at which all do.
    """

    init: str
    arithmetic: LayerFormats
    hazard: Hazard
    gamma: Fraction
    step: int
    constant: Range
    plain: Range
    derived: Range
    measured: Range
    verdict: Verdict
    reason: str

    @property
    def place(self) -> str:
        """The format that decides."""
        return self.arithmetic.places[self.hazard.place].name

    def concerns(self, widest: float) -> bool:
        """Does it go wrong, or is it derived to, at a width up to this one?"""
        return min(self.measured.high, self.derived.low) <= widest

    @property
    def everywhere(self) -> bool:
        """Does it depend on no width?"""
        return self.gamma == 0


@dataclass(frozen=True, eq=False)
class PrecisionOutcome:
    """Every finding. ``broken``: by start and arithmetic, the first width at which a factor comes to hold no number."""

    grid: Precision
    findings: tuple[RoundingFinding, ...]
    broken: Mapping[tuple[str, LayerFormats], float]

    @property
    def verdict(self) -> Verdict:
        """Refuted if one is, confirmed if all are."""
        there = {f.verdict for f in self.findings}
        return next(v for v in WORST if v in there)

    def of(self, init: str, arithmetic: LayerFormats, hazard: str) -> RoundingFinding:
        """One by name."""
        return next(f for f in self.findings if (f.init, f.arithmetic, f.hazard.name) == (init, arithmetic, hazard))

    def first(self, init: str, arithmetic: LayerFormats) -> RoundingFinding | None:
        """What goes wrong at the smallest width, of what depends on the width; None where nothing was seen to."""
        here = [f for f in self.findings if (f.init, f.arithmetic) == (init, arithmetic) and not f.everywhere]
        seen = [f for f in here if math.isfinite(f.measured.high)]
        return min(seen, key=lambda f: f.measured.high, default=None)

    @cached_property
    def answer(self) -> Mapping[str, object]:
        """Plain data: what was run, the formats, each finding, the verdict."""
        g = self.grid
        asked = {"experiment": "precision", "widths": list(g.widths), "seeds": g.seeds, "steps": g.steps}
        formats = [
            {"name": f.name, "largest": f.largest, "normal": f.normal, "subnormal": f.subnormal, "roundoff": f.roundoff}
            for f in FORMATS.values()
        ]
        rows = [_as_data(f) for f in self.findings]
        first = [_first_as_data(self, *key) for key in self.broken]
        rates = {init: str(g.rate_of(init)) for init in g.inits}
        return asked | {
            "rates": rates,
            "formats": formats,
            "first": first,
            "rows": rows,
            "verdict": self.verdict.value,
        }

    def to_json(self) -> str:
        """``answer`` as JSON; a width that is never reached is null, one from the first on 0."""
        return document("experiment", self.answer)


def outcome(grid: Precision, results: Results) -> PrecisionOutcome:
    """What the cells of a grid say."""
    starts = [_Start(grid, results, init) for init in grid.inits]
    broken = {(s.init, a): s.tables(a)[2] for s in starts for a in grid.arithmetics}
    return PrecisionOutcome(grid, tuple(f for s in starts for f in s.findings()), broken)


class _Start:
    """The findings from one start."""

    def __init__(self, grid: Precision, results: Results, init: str) -> None:
        self.grid, self.results, self.init, self.orders = grid, results, init, grid.orders(init)
        self.widths = np.array(grid.widths, dtype=float)
        self.small = max(FEWEST, len(grid.widths) // 2)
        self.exact, _, _ = self.tables(EXACT)

    def findings(self) -> Iterator[RoundingFinding]:
        for arithmetic in self.grid.arithmetics:
            _, shares, broken = self.tables(arithmetic)
            for place, hazard in enumerate(HAZARDS):
                gammas = {t: g for t in range(self.grid.steps) if (g := self.orders.of(hazard, t)) is not None}
                if gammas:
                    yield self._finding(arithmetic, place, gammas, shares[..., place], broken)

    def tables(self, arithmetic: LayerFormats) -> tuple[Floats, Floats, float]:
        """Medians and shares: width x seed x step x hazard; and the first width at which a number is none."""
        seeds = range(self.grid.seeds)
        cells = [
            [self.results[self.grid.cell(self.init, arithmetic, n, s).key] for s in seeds] for n in self.grid.widths
        ]
        broken = [n for n, row in zip(self.grid.widths, cells, strict=True) if any(c.diverged >= 0 for c in row)]
        sizes, shares = (np.array([[getattr(c, kind) for c in row] for row in cells]) for kind in ("sizes", "aligned"))
        return sizes, shares, min(broken, default=math.inf)

    def _finding(
        self, arithmetic: LayerFormats, place: int, gammas: Mapping[int, Fraction], shares: Floats, broken: float
    ) -> RoundingFinding:
        hazard = HAZARDS[place]
        constants = {t: _constant(self.widths, self.exact[: self.small, :, t, place], g) for t, g in gammas.items()}
        derived = {t: hazard_widths(hazard, arithmetic, c, gammas[t]) for t, c in constants.items()}
        plain = {t: hazard_widths(hazard, arithmetic, Range(*[hazard.factor] * 2), g) for t, g in gammas.items()}
        first = min(gammas, key=lambda t: (derived[t].low, -t))
        told = earliest(derived), measured_widths(self.grid.widths, shares[..., list(gammas)].max(-1) >= HALF)
        verdict, reason = judged(*told, self.grid.widths, broken)
        facts = gammas[first], first, constants[first], earliest(plain), *told
        return RoundingFinding(self.init, arithmetic, hazard, *facts, verdict, reason)


def _constant(widths: Floats, sizes: Floats, gamma: Fraction) -> Range:
    """The interval of the constant at one more width and seed: sizes are width x seed. Zero is left out."""
    with np.errstate(divide="ignore"):
        logs = (np.log(sizes) - float(gamma) * np.log(widths[: len(sizes)])[:, None]).ravel()
    logs = logs[np.isfinite(logs)]
    if len(logs) < FEWEST:
        return Range(0.0, math.inf)
    spread = math.hypot(float(logs.std(ddof=1)), FLOOR) * math.sqrt(1 + 1 / len(logs))
    reach = float(stdtrit(len(logs) - 1, (1 + CONFIDENCE) / 2)) * spread
    return Range(math.exp(logs.mean() - reach), math.exp(logs.mean() + reach))


def hazard_widths(hazard: Hazard, arithmetic: LayerFormats, constant: Range, gamma: Fraction) -> Range:
    """The widths from which on a size with a constant in a range is past the limits."""
    corners = [
        hazard.width(c, float(gamma), limit)
        for c in (constant.low, constant.high)
        for limit in hazard.limits(arithmetic)
    ]
    return Range(min(corners), max(corners))


def earliest(widths: Mapping[int, Range]) -> Range:
    """Of several steps: the first that goes wrong decides."""
    return Range(min(w.low for w in widths.values()), min(w.high for w in widths.values()))


def measured_widths(widths: Sequence[int], wrong: Floats) -> Range:
    """``wrong``: width x seed."""
    some, every = wrong.any(1), wrong.all(1)
    if not some.any():
        return NEVER
    first = int(some.argmax())
    last = float(widths[int(every.argmax())]) if every.any() else math.inf
    return Range(float(widths[first - 1]) if first else 0.0, last)


def judged(derived: Range, measured: Range, widths: Sequence[int], broken: float) -> tuple[Verdict, str]:
    """The verdict and its reason; ``broken`` is the first width at which a factor comes to hold no number."""
    widest = widths[-1]
    if measured == NEVER:
        return _unseen(derived, widths, broken)
    if not derived.meets(measured):
        return Verdict.REFUTED, f"seen from {_told(measured)} on, derived from {_told(derived)} on"
    if math.isinf(measured.high):
        return Verdict.UNDECIDED, f"at some seeds only up to n = {widest}: add larger widths"
    return Verdict.CONFIRMED, "where it is derived"


def _unseen(derived: Range, widths: Sequence[int], broken: float) -> tuple[Verdict, str]:
    widest = widths[-1]
    if derived.low > widest:
        return Verdict.CONFIRMED, f"not seen up to n = {widest}, as derived"
    sound = max((n for n in widths if n < broken), default=0)
    if broken <= widest and sound < derived.high:
        return Verdict.UNDECIDED, f"a factor holds what is no number from n = {broken:g} on, before it could be seen"
    if derived.high <= widest:
        return Verdict.REFUTED, f"not seen up to n = {widest}, derived from {_told(derived)} on"
    return Verdict.UNDECIDED, f"derived from {_told(derived)} on, run up to n = {widest}: add larger widths"


def _told(widths: Range) -> str:
    return f"n = {widths.low:.3g} .. {widths.high:.3g}"


def _kept(arithmetic: LayerFormats) -> Mapping[str, object]:
    return {place: kept.name for place, kept in arithmetic.places.items()} | {"epsilon": arithmetic.epsilon}


def _first_as_data(found: PrecisionOutcome, init: str, arithmetic: LayerFormats) -> Mapping[str, object]:
    first, broken = found.first(init, arithmetic), found.broken[init, arithmetic]
    names = {"what": first and first.hazard.name, "by": first and first.measured.high}
    return {"init": init, **_kept(arithmetic), **names, "no_number_from": None if math.isinf(broken) else broken}


def _as_data(f: RoundingFinding) -> Mapping[str, object]:
    ranges = {"constant": f.constant, "plain": f.plain, "derived": f.derived, "measured": f.measured}
    return {
        "init": f.init,
        **_kept(f.arithmetic),
        "size": f.hazard.size,
        "kind": f.hazard.kind.name,
        "decided_by": f.hazard.place,
        "gamma": str(f.gamma),
        "step": f.step,
        **{name: [None if math.isinf(x) else float(f"{x:.6g}") for x in (r.low, r.high)] for name, r in ranges.items()},
        "verdict": f.verdict.value,
        "reason": f.reason,
    }
