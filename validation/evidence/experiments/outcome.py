"""What the experiment found: rates and features against the width, beside the exponents that are derived for them.

The largest stable rate is judged. The rate of the least loss is reported: it depends on the readout, on the number of
steps and on constants. Its derived exponent is that of the largest rate at which the network's output f stays O(1).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import product
from typing import Final

import numpy as np
from scipy.special import stdtrit

from gamma_calc.catalogue.student import student
from gamma_calc.derivation.derivation import derive
from gamma_calc.display.json import document
from gamma_calc.exponents import order, where
from validation.evidence.experiments.grid import TeacherStudent
from validation.evidence.experiments.student import QUANTITIES
from validation.measurement.rate_search import crossing
from validation.measurement.stable_rate import largest_rate, turned
from validation.statistics.cause import Cause, listed
from validation.statistics.slope import Floats, Points
from validation.statistics.verdict import Prediction, Row, Verdict, holm, judged, overall
from validation.sweep.measure import CellResult
from validation.sweep.store import Store

HORIZONS: Final = (5, 20)  # steps over which Z_B is to stay within 1
TOLERANCE: Final = 0.1
STABLE, OPTIMAL = "largest stable rate", "rate of the least loss"
FEATURES: Final = ("Z_A", "Z_B")  # of the students at their rate of the least loss


Results = Mapping[str, CellResult]  # by the key of a cell


@dataclass(frozen=True, eq=False)
class Curves:
    """The students from one start with one readout: width x seed x rate x step from 0; overflow is infinite."""

    init: str
    readout: str
    Z_A: Floats = field(repr=False)
    Z_B: Floats = field(repr=False)
    loss: Floats = field(repr=False)


@dataclass(frozen=True, eq=False)
class Exponent:
    """One exponent, measured and derived. ``sizes``: what was found, width x seed; not a number where it was not.

    ``reported``: not judged; the verdict of its row counts for nothing.
    """

    init: str
    readout: str
    row: Row
    sizes: Floats
    reported: bool = True

    @property
    def values(self) -> Floats:
        """The geometric mean over seeds at each width."""
        means: Floats = np.exp(np.log(self.sizes).mean(1))
        return means


@dataclass(frozen=True, slots=True)
class StartRatio:
    """A quantity from one start over that from another: its least and largest mean over seeds among some widths.

    ``low`` and ``high`` bound the least of the 95 % intervals of these means, seed against seed.
    """

    least: float
    most: float
    low: float
    high: float

    @property
    def above_one(self) -> str:
        """Is the ratio above one at every width: "confirmed", "refuted" or "undecided"."""
        if not np.isfinite(self.low):
            return Verdict.UNDECIDED.value
        verdict = Verdict.CONFIRMED if self.low > 1 else Verdict.REFUTED if self.high < 1 else Verdict.UNDECIDED
        return verdict.value

    @property
    def reason(self) -> str:
        return f"the least ratio is between {self.low:.3g} and {self.high:.3g}"


@dataclass(frozen=True, eq=False)
class ExperimentOutcome:
    """Every curve, and every exponent found in them."""

    grid: TeacherStudent
    curves: tuple[Curves, ...]
    exponents: tuple[Exponent, ...]

    @property
    def verdict(self) -> Verdict:
        """Of the largest stable rates."""
        return overall([e.row for e in self.exponents if not e.reported])

    def of(self, init: str, readout: str, quantity: str, steps: int) -> Exponent:
        """One exponent by name."""
        wanted = (init, readout, quantity, steps)
        return next(e for e in self.exponents if (e.init, e.readout, e.row.quantity, e.row.step) == wanted)

    def ratio(self, readout: str, quantity: str, steps: int, starts: tuple[str, str], width: int) -> StartRatio:
        """A quantity from one start over that from another, at the widths from ``width`` on."""
        one, two = (np.log(self.of(init, readout, quantity, steps).sizes) for init in starts)
        logs = (one - two)[np.array(self.grid.widths) >= width]
        mean, seeds = logs.mean(1), logs.shape[1]
        reach = stdtrit(seeds - 1, 0.975) * logs.std(1, ddof=1) / seeds**0.5
        at = int((mean - reach).argmin())
        return StartRatio(*(float(np.exp(x)) for x in (mean.min(), mean.max(), (mean - reach)[at], (mean + reach)[at])))

    def to_json(self) -> str:
        """One object: what was run, a row for each exponent, the verdict."""
        g = self.grid
        asked = {"experiment": "teacher-student", "widths": g.widths, "seeds": g.seeds, "steps": g.steps}
        rows = [_as_data(e) for e in self.exponents]
        return document("experiment", asked | {"rates": g.rates, "rows": rows, "verdict": self.verdict.value})


def computed(grid: TeacherStudent) -> Results:
    """Everything a grid asks for, computed here and now."""
    done = [(jobs, *grid.task(jobs)) for jobs in grid.batches(grid.jobs)]
    return {job.key: found for jobs, work, batch in done for job, found in zip(jobs, work(batch), strict=True)}


def stored(store: Store) -> Results:
    """What a store has."""
    return {row.key: row.measured for row in store.rows()}


def outcome(grid: TeacherStudent, results: Results) -> ExperimentOutcome:
    """The exponents of a grid, and the verdicts, from the results of all its cells."""
    curves = tuple(_curves(grid, results))
    found = [e for one in curves for e in _exponents(grid, one)]
    rows = iter(holm([e.row for e in found if not e.reported]))
    return ExperimentOutcome(grid, curves, tuple(e if e.reported else replace(e, row=next(rows)) for e in found))


def _curves(grid: TeacherStudent, results: Results) -> Iterator[Curves]:
    shape = (len(grid.widths), grid.seeds, len(grid.rates), grid.steps + 1)
    for init, readout in product(grid.inits, grid.readouts):
        points = product(grid.widths, range(grid.seeds), grid.rates)
        found = [results[grid.student(init, readout, *point).key].sizes for point in points]
        numbers = np.nan_to_num(np.array(found), nan=np.inf, posinf=np.inf)
        parts = {name: numbers[..., i].reshape(shape) for i, name in enumerate(QUANTITIES)}
        yield Curves(init, readout, **parts)


# -- the exponents of one start and readout ----------------------------------------------------------------------------


def _exponents(grid: TeacherStudent, curves: Curves) -> Iterator[Exponent]:
    program = student(curves.init, readout=curves.readout)
    rates = np.array(grid.rates)
    for steps in sorted({min(horizon, grid.steps) for horizon in HORIZONS}):
        edge = _each(_edge, rates, curves.Z_B[..., : steps + 1].max(-1))
        wanted = largest_rate(program, steps)
        row = turned(_row(grid, replace(wanted, quantity=STABLE), 1 / edge))
        yield Exponent(curves.init, curves.readout, row, edge, reported=False)
    best = _each(_least, rates, curves.loss[..., -1])
    largest = largest_with_bounded_output(curves.init, curves.readout)
    yield Exponent(curves.init, curves.readout, _row(grid, Prediction(OPTIMAL, grid.steps, largest), best), best)
    orders = derive(program).orders
    for name, sizes in zip(FEATURES, (curves.Z_A, curves.Z_B), strict=True):
        there = _taken(rates, sizes[..., -1], best)
        wanted = Prediction(name, grid.steps, orders[name].substitute({"eta": largest}).rational)
        yield Exponent(curves.init, curves.readout, _row(grid, wanted, there), there)


def largest_with_bounded_output(init: str, readout: str) -> Fraction:
    """The exponent of the largest rate at which f stays O(1), from the derived order of f.

    >>> [str(largest_with_bounded_output(init, readout)) for init in "AB" for readout in ("sp", "mup")]
    ['-3/4', '-1/2', '-1', '-1/2']
    """
    f = derive(student(init, readout=readout)).orders["f"]
    value = where(f, "<=", order(0)).largest("eta").value
    assert value is not None  # f grows with the rate
    return value


def _row(grid: TeacherStudent, wanted: Prediction, sizes: Floats) -> Row:
    """The verdict on a prediction from one size for each width and seed."""
    missing = [n for n, found in zip(grid.widths, sizes, strict=True) if not np.isfinite(found).all()]
    if missing:
        empty = Row(wanted.quantity, wanted.step, wanted.exponent, None, None, None, Verdict.UNDECIDED, "")
        return empty.because(Cause.OUTSIDE, widths=listed(missing))
    return judged(wanted, Points.of(grid.widths, list(sizes)), TOLERANCE)


# -- one width and seed ------------------------------------------------------------------------------------------------


def _each(find: Callable[[Floats, Floats], float], rates: Floats, numbers: Floats) -> Floats:
    """A function of the rates and of one number for each, for every width and seed."""
    return np.array([[find(rates, of_seed) for of_seed in of_width] for of_width in numbers])


def _edge(rates: Floats, sizes: Floats) -> float:
    """Where the size passes 1; not a number where it does so at no rate between the smallest and the largest."""
    return crossing(rates, sizes) if sizes[0] <= 1 < sizes[-1] else np.nan


def _least(rates: Floats, losses: Floats) -> float:
    """The rate of the least loss, by the parabola through its logarithm there and at both neighbours."""
    best = int(losses.argmin())
    if not 0 < best < len(rates) - 1 or not np.isfinite(losses[best - 1 : best + 2]).all():
        return np.nan
    x, y = np.log(rates[best - 1 : best + 2]), np.log(losses[best - 1 : best + 2])
    curvature, slope, _ = np.polyfit(x - x[1], y, 2)
    return float(np.exp(x[1] - slope / (2 * curvature)))


def _taken(rates: Floats, sizes: Floats, at: Floats) -> Floats:
    """Sizes (width x seed x rate) at a rate of each width and seed, straight between neighbours on log axes."""
    logs, flat = np.log(rates), sizes.reshape(-1, len(rates))
    found = [np.interp(np.log(rate), logs, np.log(of_rate)) for rate, of_rate in zip(at.flat, flat, strict=True)]
    return np.exp(np.array(found).reshape(at.shape))


def _as_data(e: Exponent) -> Mapping[str, object]:
    r = e.row
    return {
        "init": e.init,
        "readout": e.readout,
        "quantity": r.quantity,
        "steps": r.step,
        "derived": str(r.predicted),
        "measured": r.measured,
        "low": r.low,
        "high": r.high,
        "verdict": "reported" if e.reported else r.verdict.value,
        "reason": r.reason,
        "values": [None if np.isnan(x) else x for x in e.values.tolist()],
    }
