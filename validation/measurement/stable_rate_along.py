"""The largest stable learning rate at one width, along the rank, the number of samples or whatever else grows with it.

An example: along beta from 1/4 to 3/4 at n = 1024 the largest rate of Init[A] grows as the fourth root of the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from gamma_calc.derivation.derivation import derive
from gamma_calc.display.blocks import Block
from gamma_calc.display.figure import save
from gamma_calc.display.json import document
from gamma_calc.display.showing import SelfShowing
from gamma_calc.errors import ProgramError, pick, require
from gamma_calc.exponents import Exponent, order
from gamma_calc.language.program import Program
from validation.errors import SettingError
from validation.executor.settings import Settings, checked_seeds, checked_settings
from validation.kinds import check_callback, check_number, check_point, checked_program
from validation.measurement.along import largest_rate_along
from validation.measurement.figure import panels
from validation.measurement.stable_rate import STEPS, largest_exponent
from validation.measurement.validate import MOST_SEEDS, Progress
from validation.statistics.slope import FEWEST_WIDTHS, Floats
from validation.statistics.verdict import TOLERANCE, Row, Verdict

BASES: Final[Mapping[str, str]] = {"rho": "r", "beta": "N", "sigma": "s"}  # what n to the exponent is


@dataclass(frozen=True, eq=False)
class StableRateAlong(SelfShowing):
    """The largest stable rate at one width, and the verdict on its power of n^``exponent``."""

    program: str
    exponent: str
    values: tuple[Fraction, ...]
    width: int
    row: Row
    seeds: int
    rates: Floats = field(repr=False)

    @property
    def verdict(self) -> Verdict:
        """Of the one row."""
        return self.row.verdict

    @property
    def base(self) -> str:
        """What n to the exponent is: r, N, s, or n^name."""
        return BASES.get(self.exponent, f"n^{self.exponent}")

    @property
    def bases(self) -> Floats:
        """Its value in each run."""
        return np.array([float(self.width) ** float(value) for value in self.values])

    def to_json(self) -> str:
        """One object: program, width, along, values, bases, rates, the row and the verdict."""
        row = {
            "quantity": self.row.quantity,
            "predicted": str(self.row.predicted),
            "measured": self.row.measured,
            "low": self.row.low,
            "high": self.row.high,
            "reason": self.row.reason,
        }
        about = {"program": self.program, "width": self.width, "seeds": self.seeds, "along": self.exponent}
        runs = {"values": list(map(str, self.values)), "bases": self.bases.tolist(), "rates": self.rates.tolist()}
        return document("validate", about | runs | {"row": row, "verdict": self.verdict.value})

    def figure(self, path: str | Path) -> None:
        """Draw the rates with the derived slope; the ending of the path is the format. Needs matplotlib."""
        require(path, str | Path, "path", "name a file such as 'slopes.svg'", SettingError)
        title = f"{self.program}, n = {self.width}, along {self.base}: {self.verdict.value}"
        sizes = {(self.row.quantity, self.row.step): self.rates}
        save(panels(title, (self.row,), self.bases, sizes), Path(path))

    def blocks(self, dialect: str) -> Iterator[Block]:
        """The slope, the rates, and last the verdict."""
        one = self.row
        heads = ("in", "predicted", "measured", "95 % interval", "verdict")
        interval = "" if one.low is None else f"{one.low:+.3f} .. {one.high:+.3f}"
        slope = (self.base, str(one.predicted), f"{one.measured:+.3f}", interval, one.verdict.value)
        yield Block(f"Program {self.program}: power of the largest stable rate at n = {self.width}", (slope,), heads)
        rates = zip(self.values, self.bases, self.rates, strict=True)
        rows = tuple((str(value), f"{base:.4g}", f"{rate:.2e}") for value, base, rate in rates)
        yield Block("Rates", rows, (self.exponent, self.base, "largest stable rate"))
        yield Block("Verdict", ((f"{one.verdict.value}: {one.reason} ({self.seeds} seeds)",),))


def stable_rate_along(
    program: Program,
    exponent: str,
    values: Sequence[Exponent],
    *,
    width: int,
    at: Mapping[str, Exponent] | None = None,
    seeds: int = 16,
    most_seeds: int = MOST_SEEDS,
    settings: Settings = Settings(steps=STEPS),  # noqa: B008 - immutable
    tolerance: float = TOLERANCE,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> StableRateAlong:
    """Measure the largest stable rate at one width and several values of an exponent, against the derived law.

    ``at`` fixes all exponents but this one and the learning rate's. Raises ProgramError where others are open, where
    there are fewer than four values, and where the derived law has a knee between them.

    >>> from gamma_calc import lora
    >>> program = lora("A", optimiser="sign", rank="growing", scaling="1")
    >>> found = stable_rate_along(program, "rho", ["0", "1/6", "1/3", "1/2"], width=64, seeds=4, most_seeds=4)
    >>> found.row.predicted
    Fraction(-1, 2)
    """
    check_number("tolerance", tolerance)
    check_callback(on_progress)
    check_point({} if at is None else at)
    checked_settings(settings)
    checked_seeds(seeds, most_seeds)
    rest = checked_program(program).substitute(at) if at else checked_program(program)
    pick("exponent to go along", exponent, {name: name for name in rest.variables if name not in rest.open_rates})
    points = tuple(order(value).rational for value in values)
    expected = _derived_slope(rest, exponent, points)
    found = largest_rate_along(
        rest,
        exponent,
        points,
        expected,
        width=width,
        tolerance=tolerance,
        seeds=seeds,
        most_seeds=most_seeds,
        settings=settings,
        on_progress=on_progress,
    )
    return StableRateAlong(rest.name, exponent, points, width, found.rows["rate"], found.seeds, found.sizes["rate"])


def _derived_slope(program: Program, exponent: str, values: Sequence[Fraction]) -> Fraction:
    """The slope of the derived law between the values, which has one."""
    if len(set(values)) < FEWEST_WIDTHS:
        raise ProgramError(
            f"{len(set(values))} values of {exponent}; a slope and its drift need at least four",
            hint=f"write {exponent}=0,1/8,1/4,1/2",
        )
    rates = [_largest(program.substitute({exponent: value}), f"{exponent} = {value}") for value in values]
    steps = zip(pairwise(values), pairwise(rates), strict=True)
    slopes = {(high - low) / (after - before) for (before, after), (low, high) in steps}
    if len(slopes) > 1:
        raise ProgramError(
            f"the derived law has a knee between these values of {exponent}: slopes "
            f"{', '.join(map(str, sorted(slopes)))}",
            hint="give values on one side of it",
        )
    return slopes.pop()


def _largest(program: Program, where: str) -> Fraction:
    """The exponent of the largest stable rate."""
    if len(program.variables) != 1:
        listed = ", ".join(program.variables) or "none"
        raise ProgramError(f"open are {listed}", where=where, hint="fix all exponents but the learning rate's")
    return largest_exponent(derive(program), program.variables[0])
