"""The largest stable learning rate: at each width, the largest with every output at most 1 at every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from gamma_calc.derivation import derive
from gamma_calc.errors import ProgramError
from gamma_calc.language.program import Program, Role
from gamma_calc.orders.order import Exponent
from validation.cell import Cell, cell
from validation.predict import Prediction
from validation.settings import Settings, checked_seeds, checked_widths
from validation.slope import Floats, Points, line
from validation.verdict import Row, judged

RATES: Final = 24  # rates of one round, all in one batch
ROUNDS: Final = 3
WIDEST: Final = (-3.0, 1.0)  # exponents between which the first round looks, at each width
TOLERANCE: Final = 0.05
WIDTHS: Final = tuple(2**k for k in range(8, 16))


@dataclass(frozen=True, eq=False)
class StableRate:
    """The largest stable rate at each width, and the verdict on its exponent.

    ``rates`` are geometric means over seeds. ``loss_optimal`` is the slope of the rate with the least final loss, for
    information: it depends on the readout and on constants. None where the loss has no minimum among the rates tried.
    """

    widths: tuple[int, ...]
    seeds: int
    rates: Floats = field(repr=False)
    row: Row
    loss_optimal: float | None

    def __str__(self) -> str:
        r = self.row
        optimal = "none in range" if self.loss_optimal is None else f"{self.loss_optimal:+.3f}"
        return (
            f"largest stable rate: slope {r.measured:+.3f} ({r.low:+.3f} .. {r.high:+.3f}), derived {r.predicted}: "
            f"{r.verdict.value}, {r.reason}; loss-optimal rate: slope {optimal}"
        )


def largest_stable_rate(
    program: Program,
    *,
    at: Mapping[str, Exponent] | None = None,
    widths: Sequence[int] = WIDTHS,
    seeds: int = 16,
    settings: Settings = Settings(steps=5),  # noqa: B008 - immutable
    tolerance: float = TOLERANCE,
) -> StableRate:
    """Measure the largest learning rate that keeps every output within 1 at every step, and compare its exponent.

    ``at`` fixes all exponents but one, the learning rate's. The prediction is the largest value of that exponent in
    the derived stable region. Raises ProgramError where not exactly one exponent is open, or none is stable.

    >>> from gamma_calc import lora
    >>> found = largest_stable_rate(lora(init="B", optimiser="sign"), widths=(64, 128, 256, 512), seeds=8)
    >>> found.row.predicted
    Fraction(-1, 1)
    """
    checked_seeds(seeds, seeds)
    given = at or {}
    rest = program.fix(given) if given else program
    rate = _only_open(rest)
    stable = derive(rest).conditions["stable"]
    if stable.empty or stable.largest[rate].value is None:
        raise ProgramError(
            f"no largest stable {rate}: {'no rate is stable' if stable.empty else 'every rate is'}",
            where=f"program {program.name}",
            mend="choose another initialisation or scaling",
        )
    outputs = [tuple(q for q in group if q.role is Role.OUTPUT) for group in rest.watch]
    at_zero = rest.but(watch=outputs).fix({rate: 0})  # the rates themselves are the factors
    found = [_search(at_zero, width, seeds, settings) for width in checked_widths(widths)]
    logs = [np.log(rates) for rates, _ in found]
    optimal = [best for _, best in found]
    row = judged(Prediction(rate, settings.steps, stable.largest[rate].value), _points(widths, logs), tolerance)
    return StableRate(
        tuple(widths),
        seeds,
        np.exp([x.mean() for x in logs]),
        row,
        None if any(best is None for best in optimal) else _slope(widths, [b for b in optimal if b is not None]),
    )


def _only_open(program: Program) -> str:
    if len(program.variables) != 1:
        raise ProgramError(
            f"{len(program.variables)} exponents are open ({', '.join(program.variables) or 'none'})",
            where=f"program {program.name}",
            mend="leave open the learning rate's alone; at={...} fixes the others",
        )
    return program.variables[0]


def _search(program: Program, width: int, seeds: int, settings: Settings) -> tuple[Floats, float | None]:
    """The largest stable rate of each seed, and the rate of the least mean loss; rates are narrowed round by round."""
    low, high = (float(width) ** e for e in WIDEST)
    optimal = None
    for round_number in range(ROUNDS):
        rates = np.geomspace(low, high, RATES)
        found = cell(program, width, range(seeds), settings, rates=tuple(rates), with_loss=round_number == 0)
        if found.losses is not None:
            optimal = _least_loss(rates, found.losses)
        largest = _largest(found)
        below = (largest <= 1).argmin(0) - 1  # the last rate before the first that is too large
        if (largest[-1] <= 1).any() or (below < 0).any():
            raise ProgramError(
                f"no rate between n^{WIDEST[0]:g} and n^{WIDEST[1]:g} is the largest stable one at n = {width}",
                where=f"program {program.name}",
                mend="an output that starts above 1, or that no rate moves, has no largest stable rate",
            )
        low, high = rates[below.min()], rates[below.max() + 1]
    return _crossing(rates, largest, below), optimal


def _largest(found: Cell) -> Floats:
    """Rate x seed: the largest output over the steps; overflow counts as larger than any number."""
    sizes: Floats = np.nan_to_num(found.sizes, nan=np.inf).max((2, 3))
    return sizes


def _crossing(rates: Floats, largest: Floats, below: Floats) -> Floats:
    """Where log size, taken straight between two rates, passes 0; the lower rate where the upper one overflows."""
    at = below.astype(int)
    seed = np.arange(largest.shape[1])
    under, over = np.log(largest[at, seed]), np.log(largest[at + 1, seed])
    part = np.where(np.isfinite(over) & np.isfinite(under), -under / (over - under), 0.0)
    crossing: Floats = np.exp(np.log(rates[at]) + part * np.log(rates[at + 1] / rates[at]))
    return crossing


def _least_loss(rates: Floats, losses: Floats) -> float | None:
    mean = np.nan_to_num(losses[..., -1], nan=np.inf).mean(1)
    best = int(mean.argmin())
    return float(rates[best]) if 0 < best < len(rates) - 1 and np.isfinite(mean).all() else None


def _points(widths: Sequence[int], logs: Sequence[Floats]) -> Points:
    """Geometric means over seeds, as the squares of a size."""
    means = np.array([x.mean() for x in logs])
    errors = np.array([x.std(ddof=1) for x in logs]) / len(logs[0]) ** 0.5
    floor = 1e-3
    return Points(np.array(widths, dtype=float), np.exp(2 * means), 2 * np.hypot(errors, floor), len(logs[0]))


def _slope(widths: Sequence[int], rates: Sequence[float]) -> float:
    return line(_points(widths, [np.log([rate, rate]) for rate in rates])).slope
