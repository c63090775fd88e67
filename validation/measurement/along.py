"""Slopes at one width, along an exponent of the program: each value of it is a cell of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from gamma_calc.language.program import Program
from validation.executor.budget import check_memory
from validation.executor.cell import measure_cell
from validation.executor.settings import Settings
from validation.measurement.rate_search import Search
from validation.measurement.stable_rate import STEPS, with_plain_rates
from validation.measurement.validate import MOST_SEEDS, Progress
from validation.statistics.slope import Floats
from validation.statistics.verdict import TOLERANCE, Prediction, Row, row


@dataclass(frozen=True, slots=True, eq=False)
class SlopeRows:
    """A row for each quantity, with slopes for exponents, and the number of seeds behind them.

    ``sizes`` holds the rates of a "rate" at each value of the exponent.
    """

    rows: Mapping[str, Row]
    seeds: int
    sizes: Mapping[str, Floats] = field(default_factory=dict)


def slopes_along(
    program: Program,
    exponent: str,
    values: Sequence[Fraction],
    expected: Mapping[str, Fraction],
    *,
    width: int,
    step: int,
    tolerance: float = TOLERANCE,
    seeds: int = 16,
    most_seeds: int = MOST_SEEDS,
) -> SlopeRows:
    """Measure quantities after a step as powers of n^exponent at one width, against the powers expected.

    ``exponent`` is the one that the program has open; along "eta" the powers are degrees in the learning rate, along
    "rho" exponents in the rank. Seeds are doubled, up to ``most_seeds``, while an interval is too wide to decide.

    >>> from gamma_calc import lora
    >>> rates = [Fraction(-2), Fraction(-7, 4), Fraction(-3, 2), Fraction(-5, 4)]
    >>> expected = {"delta1": Fraction(2)}
    >>> slopes_along(lora("A", optimiser="sign"), "eta", rates, expected, width=64, step=2).rows["delta1"].reason
    'line'
    """
    programs = [program.substitute({exponent: value}) for value in values]
    bases = [float(width) ** float(value) for value in values]
    wanted = [Prediction(name, step, power) for name, power in expected.items()]
    measured: dict[str, list[list[Floats]]] = {p.quantity: [[] for _ in values] for p in wanted}
    first = 0
    while True:
        for i, each in enumerate(programs):
            found = measure_cell(each, width, range(first, seeds), Settings(steps=step))
            for name, sizes in measured.items():
                sizes[i].append(found.sizes[0, :, step, found.quantities.index(name)])
        rows = {p.quantity: row(p, _joined(bases, measured[p.quantity]), tolerance) for p in wanted}
        if seeds == most_seeds or not any(r.wants_seeds for r in rows.values()):
            return SlopeRows(rows, seeds)
        first, seeds = seeds, min(2 * seeds, most_seeds)


def largest_rate_along(
    program: Program,
    exponent: str,
    values: Sequence[Fraction],
    expected: Fraction,
    *,
    width: int,
    tolerance: float = TOLERANCE,
    seeds: int = 16,
    most_seeds: int = MOST_SEEDS,
    settings: Settings = Settings(steps=STEPS),  # noqa: B008 - immutable
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> SlopeRows:
    """Measure the largest stable learning rate as a power of n^exponent at one width, against the power expected.

    The program has two exponents open, this one and that of the rate. The row is that of the "rate".
    """
    programs = [with_plain_rates(program.substitute({exponent: value})) for value in values]
    for each in programs:
        check_memory(each, width, settings)
    searches = [Search(each, width, settings) for each in programs]
    bases = [float(width) ** float(value) for value in values]
    while True:
        for i, search in enumerate(searches, 1):
            search.add(seeds)
            on_progress(Progress(i, len(searches), width, seeds, (1.0,)))
        sizes = [[np.array(search.found)] for search in searches]
        found = row(Prediction("rate", settings.steps, expected), _joined(bases, sizes), tolerance)
        if seeds == most_seeds or not found.wants_seeds:
            rates = [1 / np.sqrt(np.mean(1 / np.array(search.found) ** 2)) for search in searches]
            return SlopeRows({"rate": found}, seeds, {"rate": np.array(rates)})
        seeds = min(2 * seeds, most_seeds)


def _joined(bases: Sequence[float], parts: Sequence[Sequence[Floats]]) -> dict[Any, Floats]:
    """By base: any positive number serves where a row has widths."""
    return {base: np.concatenate(some) for base, some in zip(bases, parts, strict=True)}
