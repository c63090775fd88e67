"""validate: derive a program, run it, and compare."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from gamma_calc.derivation.derivation import Derivation
from gamma_calc.exponents import Exponent
from gamma_calc.language.program import Program
from validation.errors import MeasurementError
from validation.executor.budget import check_memory
from validation.executor.cell import Cell, measure_cell
from validation.executor.memory import check_results
from validation.executor.plan import check_closed
from validation.executor.published import as_published, how_started
from validation.executor.settings import SPANS, Settings, checked_seeds, checked_widths, doubled
from validation.kinds import (
    check_callback,
    check_counts,
    check_number,
    check_point,
    check_rows,
    check_truth,
    checked_program,
)
from validation.measurement.predict import predictions
from validation.measurement.result import Interrupted, Validation
from validation.statistics.cause import Cause
from validation.statistics.slope import FEWEST_WIDTHS, Floats, root_mean_square
from validation.statistics.verdict import TOLERANCE, Prediction, Row, Verdict, holm, overall, row

WIDTHS: Final = tuple(2**k for k in range(8, 17))
FACTORS: Final = (1.0, 1 / 16, 16.0)  # constants in front of the learning rates; no exponent depends on them
MOST_SEEDS: Final = 256
CONSTANTS_SEEDS: Final = 8  # times the first seeds: the most that are run at other constants in front of the rates
ROW: Final = 128  # numbers that a row takes
EXACT: Final = {"float64": 1e-9, "float32": 1e-3}  # what a sum of parts may be off by, relative to the largest


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a validation is: cells done of one for each width, and the cell just finished.

    >>> Progress(done=1, planned=9, width=256, seeds=16, factors=(1.0,)).done
    1
    """

    done: int
    planned: int
    width: int
    seeds: int
    factors: tuple[float, ...]


def validate(
    program: Program | Derivation,
    at: Mapping[str, Exponent] | None = None,
    *,
    widths: Sequence[int] = WIDTHS,
    seeds: int = 16,
    steps: int = 4,
    device: str = "auto",
    dtype: str = "float64",
    sizes: Mapping[str, int] | None = None,
    tolerance: float = TOLERANCE,
    most_seeds: int = MOST_SEEDS,
    wider: Sequence[int] = (),
    memory: int | None = None,
    published: bool = False,
    only: Collection[tuple[str, int]] | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Validation:
    """Run a program at several widths and say of every derived exponent whether the measurement confirms it.

    Each watched quantity x is measured as the root mean square of its entries (and ``x.aligned`` as its projection on
    the loss gradient, scaled to be 1 where the two have one direction) after every step, for independent seeds at each
    width n. The slope of log size against log n, a pure number, is compared with the exponent of the derivation.

    Args:
        program: the program, or a derivation of it.
        at: values of the open exponents by name, exact: whole numbers, Fractions or texts such as "-1/2".
        widths: the widths n, at least four, increasing.
        seeds: repetitions at each width to start with; they are doubled while an interval is wider than ``tolerance``.
        steps: training steps of a run, which are also the steps at which is measured.
        device: "cpu", "cuda", or "auto" for the accelerator where there is one.
        dtype: "float64" or "float32".
        sizes: entries of fixed dimensions by name (5 where it does not say), and for a growing one the factor in front
            of its power of n (1 where it does not say).
        tolerance: what a slope may be off by.
        most_seeds: repetitions at each width to end with.
        wider: more widths, for rows that no constant in front of the learning rates makes clear; no exponent depends
            on such a constant, so a row that a crossover hides is measured with a larger and a smaller one first.
        memory: bytes that a cell may take at once; without it half of what is free. No number depends on it.
        published: make the factors as the initialisation is published, where the program says how and every width
            allows it, and not from independent draws of the same orders; the answer says which was run.
        only: the rows wanted, as (quantity, step): seeds are not added for the sake of others.
        on_progress: called after every cell.

    Returns:
        a row for each quantity and step, and the verdict on all.

    Raises:
        GammaError: what cannot be run, of a kind that says why: SettingError (also for an argument of a wrong type),
            ProgramError (an exponent left open), UnknownName, DeviceError, BudgetError (what does not fit in memory),
            MeasurementError (an operation whose meaning on arrays contradicts its derivative).
        Interrupted: on Ctrl-C, with what is measured.

    >>> from gamma_calc import lora
    >>> found = validate(lora(init="B", optimiser="sign"), at={"eta": -1}, widths=(64, 128, 256, 512), seeds=8, steps=1)
    >>> found.row("Z_B", 1).predicted
    Fraction(0, 1)
    """
    program = checked_program(program.program if isinstance(program, Derivation) else program)
    check_number("tolerance", tolerance)
    check_rows(only)
    check_truth("published", published)
    check_callback(on_progress)
    check_point({} if at is None else at)
    check_counts("wider", wider, "whole numbers above the widths")
    settings = Settings(steps=steps, dtype=dtype, device=device, sizes={} if sizes is None else sizes, memory=memory)
    checked_seeds(seeds, most_seeds)
    checked_widths(widths)
    fixed = program.substitute(at or {})
    check_closed(fixed)

    def wanted(some: Program, point: Mapping[str, Exponent]) -> list[Prediction]:
        return [p for p in predictions(some, point, steps) if only is None or (p.quantity, p.step) in only]

    all_widths = checked_widths((*widths, *wider))
    settings = as_published(fixed, all_widths, settings) if published else settings
    check_memory(fixed, all_widths[-1], settings)
    check_results(_numbers(fixed, len(widths) + len(wider), seeds, steps), f"{seeds} seeds of {steps} steps")
    leading = wanted(fixed, {})
    cells = Cells(fixed, checked_widths(widths), settings, on_progress)
    try:
        rows = _with_enough_seeds(cells, leading, seeds, most_seeds, tolerance)
        if overall(rows) is not Verdict.CONFIRMED:
            all_monomials = wanted(program, at or {})
            rows = _by_monomials(cells, all_monomials, rows, tolerance)
            rows = _at_other_constants(cells, all_monomials, rows, tolerance, CONSTANTS_SEEDS * seeds)
            rows = _at_larger_widths(cells, all_monomials, rows, tolerance, wider=tuple(wider), seeds=seeds)
        return _result(cells, leading, rows)
    except KeyboardInterrupt as stop:
        raise Interrupted(_so_far(cells, leading, seeds, tolerance)) from stop


def _numbers(program: Program, widths: int, seeds: int, steps: int) -> int:
    """How many are kept: a size and an alignment of every quantity at every step, and its row."""
    return 2 * len(program.quantities) * (steps + 1) * (widths * seeds + ROW)


def _result(cells: Cells, wanted: Sequence[Prediction], rows: Sequence[Row]) -> Validation:
    standing = holm(rows)
    means = {(r.quantity, r.step): cells.means(p, r.factor) for p, r in zip(wanted, standing, strict=True)}
    taken = check_memory(cells.program, cells.widths[-1], cells.settings)
    start = how_started(cells.program, cells.settings)
    return Validation(cells.program.name, tuple(standing), cells.widths, cells.most_seeds, means, taken, start)


def _so_far(cells: Cells, wanted: Sequence[Prediction], seeds: int, tolerance: float) -> Validation | None:
    """What the widths that are done say; None where they are too few for a slope."""
    cells.widths = tuple(width for width in cells.widths if cells.seeds(1.0, width) >= seeds)
    if len(cells.widths) < FEWEST_WIDTHS:
        return None
    return _result(cells, wanted, [cells.row(p, 1.0, tolerance) for p in wanted])


@dataclass(eq=False)
class Cells:
    """The cells measured so far, by the factor on the learning rates and the width."""

    program: Program
    widths: tuple[int, ...]
    settings: Settings
    on_progress: Callable[[Progress], None]
    done: dict[tuple[float, int], list[Cell]] = field(default_factory=dict)

    def run(self, factor: float, seeds: int) -> None:
        """Add what is missing of this many seeds at each width, with a factor on the learning rates."""
        for i, width in enumerate(self.widths, 1):
            first = self.seeds(factor, width)
            if first < seeds:
                measured = measure_cell(self.program, width, range(first, seeds), self.settings, rates=(factor,))
                self._check_sum(measured)
                self.done.setdefault((factor, width), []).append(measured)
                self.on_progress(Progress(i, len(self.widths), width, seeds, (factor,)))

    def seeds(self, factor: float, width: int) -> int:
        """How many seeds there are so far."""
        return sum(len(measured.seeds) for measured in self.done.get((factor, width), ()))

    @property
    def most_seeds(self) -> int:
        """The number of seeds where there are most of them."""
        return max(self.seeds(factor, width) for factor, width in self.done)

    def sizes(self, prediction: Prediction, factor: float) -> dict[int, Floats]:
        """The sizes of a quantity at a step: width to an array over seeds, for the widths run with the factor."""
        name, _, aligned = prediction.quantity.partition(".")
        kind = "aligned" if aligned else "sizes"
        by_width = {}
        for width in self.widths:
            parts = self.done.get((factor, width), [])
            if parts:
                which = parts[0].quantities.index(name)
                by_width[width] = np.concatenate([getattr(c, kind)[0, :, prediction.step, which] for c in parts])
        return by_width

    def row(self, prediction: Prediction, factor: float, tolerance: float, *, by_line: bool = False) -> Row:
        """The verdict on a prediction by the cells with a factor on the learning rates."""
        span = SPANS[self.settings.dtype]
        return row(prediction, self.sizes(prediction, factor), tolerance, by_line=by_line, span=span)

    def means(self, prediction: Prediction, factor: float) -> Floats:
        """The root mean square over seeds at each width; NaN where the factor was not run."""
        by_width = self.sizes(prediction, factor)
        return np.array([root_mean_square(by_width[n]) if n in by_width else np.nan for n in self.widths])

    def _check_sum(self, measured: Cell) -> None:
        worst = float(np.nanmax(measured.residual, initial=0.0))
        if worst > EXACT[self.settings.dtype]:
            raise MeasurementError(
                f"the parts of a change miss it by {worst:.1e} at width {measured.width}",
                where=f"program {self.program.name}",
                hint="use float64; in float64 this is a defect of a rule's meaning",
            )


def _with_enough_seeds(
    cells: Cells, wanted: Sequence[Prediction], seeds: int, most: int, tolerance: float
) -> list[Row]:
    """Double the seeds until no interval is too wide to decide by the straight line."""
    rows: list[Row] = []
    for last in doubled(seeds, most):
        cells.run(1.0, last)
        rows = [cells.row(p, 1.0, tolerance, by_line=True) for p in wanted]
        if not any(r.wants_seeds for r in rows):
            break
    return rows


def _by_monomials(cells: Cells, wanted: Sequence[Prediction], rows: Sequence[Row], tolerance: float) -> list[Row]:
    """Ask the sum of monomials of the rows that the straight line does not confirm."""
    return [
        judgement if judgement.verdict is Verdict.CONFIRMED else cells.row(p, 1.0, tolerance)
        for p, judgement in zip(wanted, rows, strict=True)
    ]


def _at_other_constants(
    cells: Cells, wanted: Sequence[Prediction], rows: Sequence[Row], tolerance: float, most: int
) -> list[Row]:
    """Ask again, at other constants in front of the rates, of the rows that are not confirmed for want of clarity.

    No exponent depends on that constant, so a row that one constant leaves undecided is confirmed where another shows
    its exponent, and a refutation needs a second constant that says the same.
    """
    others: list[list[Row]] = [[] for _ in rows]
    for factor in FACTORS[1:]:
        asked = [i for i, r in enumerate(rows) if agreed(r, others[i]).may_be_hidden]
        if asked:
            cells.run(factor, min(most, cells.most_seeds))
        for i in asked:
            others[i].append(replace(cells.row(wanted[i], factor, tolerance), factor=factor))
    return [agreed(first, rest) for first, rest in zip(rows, others, strict=True)]


def _at_larger_widths(
    cells: Cells,
    wanted: Sequence[Prediction],
    rows: Sequence[Row],
    tolerance: float,
    *,
    wider: tuple[int, ...],
    seeds: int,
) -> list[Row]:
    """Ask again, at more and larger widths, of the rows that no constant makes clear."""
    asked = [i for i, r in enumerate(rows) if r.may_be_hidden] if wider else []
    if not asked:
        return list(rows)
    cells.widths += wider
    cells.run(1.0, seeds)
    hidden = [wanted[i] for i in asked]
    again = [cells.row(p, 1.0, tolerance) for p in hidden]
    at_larger = dict(zip(asked, _at_other_constants(cells, hidden, again, tolerance, seeds), strict=True))
    return [at_larger.get(i, r) for i, r in enumerate(rows)]


def agreed(first: Row, others: Sequence[Row]) -> Row:
    """One verdict from those at several constants; a confirmation decides what is undecided, not what is refuted.

    But where updates undo each other exactly, that is an accident of the constants, which no order claims to exclude.
    """
    confirmed = [r for r in others if r.verdict is Verdict.CONFIRMED]
    if confirmed and (first.verdict is Verdict.UNDECIDED or first.undone):
        return confirmed[0]
    refuted = [r for r in others if r.verdict is Verdict.REFUTED and first.agrees_with(r)]
    if others and first.verdict is Verdict.REFUTED and not refuted:
        return first.because(Cause.ONE_CONSTANT, before=first.reason)
    return first
