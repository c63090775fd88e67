"""validate: derive a program, run it, and compare."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from gamma_calc.derivation import Derivation
from gamma_calc.language.program import Program
from gamma_calc.orders.order import Exponent
from validation.cell import Cell, cell
from validation.errors import MeasurementError
from validation.plan import refuse_what_is_open
from validation.predict import Prediction, predictions
from validation.result import Validation
from validation.settings import Settings, checked_seeds, checked_widths
from validation.slope import Floats, root_mean_square
from validation.verdict import TOLERANCE, Row, Verdict, holm, row

WIDTHS: Final = tuple(2**k for k in range(8, 17))
FACTORS: Final = (1.0, 16.0, 1 / 16)  # constants in front of the learning rates; no exponent depends on them
MOST_SEEDS: Final = 256
EXACT: Final = {"float64": 1e-9, "float32": 1e-3}  # what a sum of parts may be off by, relative to the largest


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a validation is: cells done of one for each width, and the cell just finished."""

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
    only: Collection[tuple[str, int]] | None = None,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> Validation:
    """Measure every watched quantity of a program at each step and say what becomes of its derived exponent.

    ``at`` gives the open exponents their values. Seeds are doubled, up to ``most_seeds``, while an interval is wider
    than ``tolerance``; a row that a crossover hides is measured again with larger and smaller constants in front of
    the learning rates, on which no exponent depends. ``only`` names the rows wanted, as (quantity, step): seeds are not
    added for the sake of others. Raises GammaError for settings that cannot be used.

    >>> from gamma_calc import lora
    >>> found = validate(lora(init="B", optimiser="sign"), at={"eta": -1}, widths=(64, 128, 256, 512), seeds=8, steps=1)
    >>> found.row("Z_B", 1).predicted
    Fraction(0, 1)
    """
    if isinstance(program, Derivation):
        program = program.program
    settings = Settings(steps=steps, dtype=dtype, device=device, sizes=sizes or {})
    checked_seeds(seeds, most_seeds)
    fixed = program.fix(at or {})
    refuse_what_is_open(fixed)
    wanted = [p for p in predictions(program, at or {}, steps) if only is None or (p.quantity, p.step) in only]
    cells = Cells(fixed, checked_widths(widths), settings, on_progress)
    rows = _with_enough_seeds(cells, wanted, seeds, most_seeds, tolerance)
    rows = _at_other_constants(cells, wanted, rows, tolerance)
    rows = holm(rows)
    means = {(r.quantity, r.step): cells.means(p, r.factor) for p, r in zip(wanted, rows, strict=True)}
    return Validation(fixed.name, tuple(rows), cells.widths, cells.seeds, means)


@dataclass(eq=False)
class Cells:
    """The cells measured so far, by the factor on the learning rates and the width."""

    program: Program
    widths: tuple[int, ...]
    settings: Settings
    on_progress: Callable[[Progress], None]
    seeds: int = 0
    done: dict[tuple[float, int], list[tuple[int, Cell]]] = field(default_factory=dict)

    def run(self, factors: tuple[float, ...], first: int, last: int) -> None:
        """Add the seeds from first up to last at every width, with each factor on the learning rates."""
        for i, width in enumerate(self.widths, 1):
            found = cell(self.program, width, range(first, last), self.settings, rates=factors)
            self._refuse_a_wrong_sum(found)
            for at, factor in enumerate(factors):
                self.done.setdefault((factor, width), []).append((at, found))
            self.on_progress(Progress(i, len(self.widths), width, last, factors))
        self.seeds = max(self.seeds, last)

    def sizes(self, prediction: Prediction, factor: float) -> dict[int, Floats]:
        """The sizes of a quantity at a step: width to an array over seeds."""
        name, _, aligned = prediction.quantity.partition(".")
        kind = "aligned" if aligned else "sizes"
        found = {}
        for width in self.widths:
            parts = self.done[factor, width]
            which = parts[0][1].quantities.index(name)
            found[width] = np.concatenate([getattr(c, kind)[at, :, prediction.step, which] for at, c in parts])
        return found

    def means(self, prediction: Prediction, factor: float) -> Floats:
        """The root mean square over seeds at each width."""
        return np.array([root_mean_square(s) for s in self.sizes(prediction, factor).values()])

    def _refuse_a_wrong_sum(self, found: Cell) -> None:
        worst = float(np.nanmax(found.residual, initial=0.0))
        if worst > EXACT[self.settings.dtype]:
            raise MeasurementError(
                f"the parts of a change miss it by {worst:.1e} at width {found.width}",
                where=f"program {self.program.name}",
                mend="use float64; in float64 this is a defect of a rule's meaning",
            )


def _with_enough_seeds(
    cells: Cells, wanted: Sequence[Prediction], seeds: int, most: int, tolerance: float
) -> list[Row]:
    """Double the seeds until no undecided row's interval is wider than the tolerance."""
    last = 0
    while last < most:
        cells.run(FACTORS[:1], last, seeds)
        rows = [row(p, cells.sizes(p, 1.0), tolerance, by_line=True) for p in wanted]
        if not any(r.wants_seeds for r in rows):
            break
        last, seeds = seeds, min(2 * seeds, most)
    return [
        found if found.verdict is Verdict.CONFIRMED else row(p, cells.sizes(p, 1.0), tolerance)
        for p, found in zip(wanted, rows, strict=True)
    ]


def _at_other_constants(cells: Cells, wanted: Sequence[Prediction], rows: Sequence[Row], tolerance: float) -> list[Row]:
    """Ask again, at other constants in front of the rates, of the rows that are not confirmed for want of clarity.

    No exponent depends on that constant, so a row is confirmed where one constant shows its exponent, and a refutation
    needs a second constant that says the same.
    """
    asked = [i for i, r in enumerate(rows) if r.may_be_hidden]
    result = list(rows)
    if asked:
        cells.run(FACTORS[1:], 0, cells.seeds)
    for i in asked:
        others = [
            replace(row(wanted[i], cells.sizes(wanted[i], factor), tolerance), factor=factor) for factor in FACTORS[1:]
        ]
        result[i] = _agreed(rows[i], others)
    return result


def _agreed(first: Row, others: Sequence[Row]) -> Row:
    """One verdict from those at several constants."""
    confirmed = [r for r in others if r.verdict is Verdict.CONFIRMED]
    if confirmed:
        return confirmed[0]
    if first.verdict is Verdict.REFUTED and all(r.verdict is not Verdict.REFUTED for r in others):
        reason = f"{first.reason}, at one constant in front of the rates and not at others: add larger widths"
        return replace(first, verdict=Verdict.UNDECIDED, reason=reason)
    return first
