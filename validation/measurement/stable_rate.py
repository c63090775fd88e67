"""The largest stable learning rate: at each width, the largest with every output at most 1 at every step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np

from gamma_calc.derivation.derivation import Derivation, derive
from gamma_calc.display.blocks import Block
from gamma_calc.display.json import document
from gamma_calc.display.showing import SelfShowing
from gamma_calc.errors import ProgramError
from gamma_calc.exponents import Exponent, Order
from gamma_calc.language.program import Program, Role
from validation.executor.budget import check_memory
from validation.executor.memory import check_results
from validation.executor.published import as_published, how_started
from validation.executor.settings import Settings, checked_seeds, checked_settings, checked_widths, doubled
from validation.kinds import check_callback, check_number, check_point, checked_program
from validation.measurement.predict import lower_monomials
from validation.measurement.rate_search import RATES, Search
from validation.measurement.result import Interrupted, Validation
from validation.measurement.validate import MOST_SEEDS, Progress
from validation.statistics.slope import FEWEST_WIDTHS, Floats, Points, line
from validation.statistics.verdict import TOLERANCE, Prediction, Row, Verdict, judged

STEPS: Final = 5
WIDTHS: Final = tuple(2**k for k in range(8, 16))


@dataclass(frozen=True, eq=False)
class StableRate(SelfShowing):
    """The largest stable rate at each width, and the verdict on its exponent.

    ``found`` has one row, the rate's. ``loss_optimal`` is the slope of the rate with the least final loss, for
    information: it depends on the readout and on constants. None where the loss has no minimum among the rates tried.
    """

    found: Validation
    loss_optimal: float | None

    @property
    def row(self) -> Row:
        """The exponent of the rate: derived, measured, judged."""
        return self.found.rows[0]

    @property
    def rates(self) -> Floats:
        """The rate at each width: 1 over the root mean square, over seeds, of 1 over the rate."""
        return self.found.sizes[self.row.quantity, self.row.step]

    @property
    def widths(self) -> tuple[int, ...]:
        """The widths measured."""
        return self.found.widths

    @property
    def seeds(self) -> int:
        """Repetitions at each width."""
        return self.found.seeds

    @property
    def verdict(self) -> Verdict:
        """Of the row: what the loss prefers is reported, and judged by nobody."""
        return self.found.verdict

    def to_json(self) -> str:
        """As a validation's, with the rate at each width and the slope of the rate that the loss prefers."""
        more = {"rates": self.rates.tolist(), "loss_optimal": self.loss_optimal}
        return document("validate", self.found.as_data() | more)

    def figure(self, path: str | Path) -> None:
        """Draw the rates with the derived slope; the ending of the path is the format. Needs matplotlib."""
        self.found.figure(path)

    def blocks(self, dialect: str) -> Iterator[Block]:
        """The slope of the rate, the rates, and last the verdict."""
        *slope, verdict = self.found.blocks(dialect)
        yield from slope
        yield Block("Rates", tuple((line,) for line in self._beside))
        yield verdict

    @property
    def _beside(self) -> Iterator[str]:
        optimal = "none among the rates tried" if self.loss_optimal is None else f"slope {self.loss_optimal:+.3f}"
        yield f"largest stable rates: {', '.join(f'{rate:.2e}' for rate in self.rates)}"
        yield f"rate of the least loss, for information: {optimal}"


def largest_stable_rate(
    program: Program,
    *,
    at: Mapping[str, Exponent] | None = None,
    widths: Sequence[int] = WIDTHS,
    seeds: int = 16,
    most_seeds: int = MOST_SEEDS,
    settings: Settings = Settings(steps=STEPS),  # noqa: B008 - immutable
    tolerance: float = TOLERANCE,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> StableRate:
    """Measure the largest learning rate that keeps every output within 1 at every step, and compare its exponent.

    ``at`` fixes all exponents but one, the learning rate's. The prediction is the largest value of that exponent in
    the derived stable region. Seeds are doubled, up to ``most_seeds``, while the interval is too wide to decide.
    Raises ProgramError where not exactly one exponent is open, or none is stable; Interrupted on Ctrl-C.

    >>> from gamma_calc import lora
    >>> found = largest_stable_rate(lora(init="B", optimiser="sign"), widths=(64, 128, 256, 512), seeds=8)
    >>> found.row.predicted
    Fraction(-1, 1)
    """
    program = checked_program(program)
    check_number("tolerance", tolerance)
    check_callback(on_progress)
    check_point({} if at is None else at)
    checked_settings(settings)
    checked_seeds(seeds, most_seeds)
    checked_widths(widths)
    check_results(RATES * seeds * len(widths) * settings.steps, f"{seeds} seeds of {settings.steps} steps")
    rest = program.substitute(at) if at else program
    wanted = largest_rate(rest, settings.steps)
    at_zero = with_plain_rates(rest)
    settings = as_published(at_zero, widths, settings) if settings.published else settings
    check_memory(at_zero, checked_widths(widths)[-1], settings)
    searches = [Search(at_zero, width, settings) for width in widths]
    try:
        for last in doubled(seeds, most_seeds):
            for i, search in enumerate(searches, 1):
                search.add(last)
                on_progress(Progress(i, len(searches), search.width, last, (1.0,)))
            if not _more_seeds_may_decide(judged(replace(wanted, lower=()), _points(searches), tolerance), tolerance):
                break
        return StableRate(_result(wanted, searches, tolerance), _loss_optimal(searches))
    except KeyboardInterrupt as stop:
        there = [search for search in searches if len(search.found) >= seeds]
        raise Interrupted(_result(wanted, there, tolerance) if len(there) >= FEWEST_WIDTHS else None) from stop


# -- what is derived ---------------------------------------------------------------------------------------------------


def largest_rate(program: Program, steps: int) -> Prediction:
    """The exponent of 1 over the largest stable rate, with those that monomials other than the leading one would give.

    An output of n^g eta^p alone is 1 at eta = n^(-g/p), so 1 over the rate is a sum over monomials of about n^(g/p).
    """
    rate = _only_open(program)
    derivation = derive(program)
    largest = largest_exponent(derivation, rate)
    each = set(_reciprocals(derivation, rate, largest, steps))
    return Prediction(rate, steps, -largest, lower_monomials(-largest, each))


def largest_exponent(derivation: Derivation, rate: str) -> Fraction:
    """The largest value of a rate's exponent in the stable region. Raises ProgramError where there is none."""
    stable = derivation.conditions["stable"]
    largest = None if stable.empty else stable.largest[rate].value
    if largest is None:
        raise ProgramError(
            f"no largest stable {rate}: {'no rate is stable' if stable.empty else 'every rate is'}",
            where=f"program {derivation.program.name}",
            hint="choose another initialisation or scaling",
        )
    return largest


def _only_open(program: Program) -> str:
    if len(program.variables) != 1:
        raise ProgramError(
            f"{len(program.variables)} exponents are open ({', '.join(program.variables) or 'none'})",
            where=f"program {program.name}",
            hint="leave open the learning rate's alone; at={...} fixes the others",
        )
    (name,) = program.variables
    if not any(name in p.rate.variables for p in program.parameters):
        raise ProgramError(
            f"{name} is open, and is no learning rate", where=f"program {program.name}", hint="leave a rate open"
        )
    return name


def _reciprocals(derivation: Derivation, rate: str, at: Fraction, steps: int) -> Iterator[Fraction]:
    """g/p of every monomial n^g eta^p of an output or of a part of its change, at any step."""
    program = derivation.program
    names = [q.name for q in program.quantities.values() if q.role not in (Role.OTHER, Role.INTERNAL)]
    for step in range(1, steps + 1):
        orders = derivation.at_step(step)
        for name in names:
            yield from _of_order(orders[name], rate, at)


def _of_order(found: Order, rate: str, at: Fraction) -> Iterator[Fraction]:
    below = max(found.below, key=lambda form: form.at({rate: at}))
    for form in (above - below for above in found.above):
        if form.coefficient(rate) > 0:
            yield form.constant / form.coefficient(rate)


# -- what is measured --------------------------------------------------------------------------------------------------


def with_plain_rates(program: Program) -> Program:
    """The outputs alone, with the exponent of the learning rate at 0: the rates of a run are its factors then."""
    outputs = [tuple(q for q in group if q.role is Role.OUTPUT) for group in program.watch]
    return program.replaced(watch=outputs).substitute({_only_open(program): 0})


def _more_seeds_may_decide(row: Row, tolerance: float) -> bool:
    """Where the slope is within the tolerance, a narrower interval may be so too."""
    off = abs(float((row.predicted or 0) - (row.measured or 0)))
    return row.wants_seeds or (row.verdict is Verdict.UNDECIDED and off < tolerance)


def _result(wanted: Prediction, searches: Sequence[Search], tolerance: float) -> Validation:
    """One row, on the rate, from the verdict on 1 over the rate; beside it the rates."""
    points = _points(searches)
    by_line = judged(replace(wanted, lower=()), points, tolerance)
    row = turned(by_line if by_line.wants_seeds else judged(wanted, points, tolerance))
    largest = max(1 / min(search.found) for search in searches)  # the unit of the points
    means = {(row.quantity, row.step): 1 / (largest * np.sqrt(points.squares))}
    widths = tuple(search.width for search in searches)
    start = how_started(searches[0].program, searches[0].settings)
    return Validation(searches[0].program.name, (row,), widths, points.seeds, means, start=start)


def _points(searches: Sequence[Search]) -> Points:
    """1 over the rates."""
    return Points.of([search.width for search in searches], [1 / np.array(search.found) for search in searches])


def turned(row: Row) -> Row:
    """The row of a rate from that of 1 over it."""
    measured, low, high = (None if x is None else -x for x in (row.measured, row.high, row.low))
    reason = f"1/{row.quantity}: {row.reason}"
    return replace(row, predicted=-(row.predicted or Fraction()), measured=measured, low=low, high=high, reason=reason)


def _loss_optimal(searches: Sequence[Search]) -> float | None:
    best: list[float] = []
    for search in searches:
        rate = search.least_loss()
        if rate is None:
            return None
        best.append(rate)
    sizes = [np.array([rate, rate]) for rate in best]
    return line(Points.of([search.width for search in searches], sizes)).slope
