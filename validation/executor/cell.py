"""One cell of an experiment: a program at one width, for some seeds; a pure function of its arguments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from gamma_calc.language.program import Program
from validation.arrays.draws import Draws
from validation.errors import SettingError
from validation.executor.budget import AT_ONCE, bytes_of, repetitions
from validation.executor.execute import NOTHING_GIVEN, execute
from validation.executor.plan import Plan
from validation.executor.published import arrays
from validation.executor.settings import DTYPES, Settings, checked_settings
from validation.kinds import check_count, check_counts, check_numbers, checked_program

Floats = npt.NDArray[np.float64]
FAST: Final = 2**24  # bytes of a batch on a processor: larger ones only leave its caches


@dataclass(frozen=True, eq=False)
class Cell:
    """What one cell measured: sizes, and projections on the loss gradient, for every factor, seed and step.

    ``sizes`` and ``aligned`` have the axes learning-rate factor, seed, step from 0 (the start), quantity, and the unit
    of an entry: a size is the root mean square of a quantity's entries, an aligned size its projection on the gradient
    of the loss with respect to it, divided by as much as an aligned quantity of size 1 would have, and 0 for what is
    not trained. ``losses`` has the same axes but the last, where asked for; ``residual`` (factor, seed) is the largest
    relative error of a change against the sum of its parts, a check of the arithmetic.

    >>> from gamma_calc import lora
    >>> program = lora(init="A", optimiser="sign").substitute({"eta": -1})
    >>> found = measure_cell(program, 64, seeds=range(3), settings=Settings(steps=2), rates=(1.0, 0.5))
    >>> found.sizes.shape == (2, 3, 3, len(found.quantities)), found.diverged.tolist()
    (True, [[-1, -1, -1], [-1, -1, -1]])
    """

    identity: str
    width: int
    seeds: tuple[int, ...]
    rates: tuple[float, ...]
    quantities: tuple[str, ...]
    sizes: Floats
    aligned: Floats
    residual: Floats
    losses: Floats | None = None

    @cached_property
    def diverged(self) -> npt.NDArray[np.int64]:
        """The first step at which a number overflows, for each factor and seed; -1 where none does."""
        broken = ~np.isfinite(self.sizes).all(-1)
        return np.where(broken.any(-1), broken.argmax(-1), -1)


def measure_cell(
    program: Program,
    width: int,
    seeds: Sequence[int],
    settings: Settings = Settings(),  # noqa: B008 - immutable
    *,
    rates: Sequence[float] = (1.0,),
    with_loss: bool = False,
) -> Cell:
    """Run a program whose exponents are all fixed at one width, for each seed and each factor on the learning rates.

    The numbers of a seed depend on the program, the width, the seed, the factor, the sizes and the kind of numbers,
    not on what else runs with it. Sizes are root mean squares over entries, so they have the unit of an entry.

    Args:
        program: with no exponent open.
        width: n, from 2 on.
        seeds: numbers from 0 on, one for each repetition.
        settings: steps, kind of numbers, device, sizes of dimensions, memory.
        rates: factors on all learning rates.
        with_loss: keep the loss too.

    Raises:
        SettingError: an argument of a wrong type or value.
        ProgramError: an exponent left open.
        BudgetError: one seed does not fit in memory.

    >>> from gamma_calc import lora
    >>> at_half = lora(init="A", optimiser="sign").substitute({"eta": "-1/2"})
    >>> found = measure_cell(at_half, 256, seeds=[0, 1])
    >>> found.sizes.shape == (1, 2, 5, len(found.quantities))
    True
    """
    check_count("width", width)
    check_counts("seeds", seeds, "whole numbers from 0 on, as in range(16)")
    if width < 2 or not len(seeds) or min(seeds) < 0:
        raise SettingError(f"width {width}, {len(seeds)} seeds", hint="give a width from 2 on and seeds from 0 on")
    check_numbers("rates", rates, "positive factors on the learning rates, as in (1.0,)")
    plan = Plan(checked_program(program), width, checked_settings(settings).sizes, bool(with_loss))
    name = plan.storage.name
    parts = [
        [_run(plan, name, some, factors, settings) for some in _split(seeds, at_once)]
        for at_once, factors in _groups(plan, rates, settings)
    ]

    def joined(kind: str) -> Floats:
        return np.concatenate([np.concatenate([part[kind] for part in row], 1) for row in parts], 0)

    numbers = {kind: joined(kind) for kind in parts[0][0]}
    return Cell(name, width, tuple(seeds), tuple(rates), tuple(w.name for w in plan.watches), **numbers)


def _run(plan: Plan, name: str, seeds: Sequence[int], rates: Sequence[float], settings: Settings) -> dict[str, Floats]:
    """Some seeds at some factors in one batch: what was measured, as ``Cell`` names it.

    A batch of one is run as two equal ones: the libraries under torch add in another order where there is only one.
    """
    factors = tuple(rates) * (2 if len(seeds) * len(rates) == 1 else 1)
    dtype, device = DTYPES[settings.dtype], torch.device(settings.device)
    draws = Draws(name, plan.width, tuple(seeds), len(factors), dtype, device)
    each = torch.tensor(factors, dtype=dtype, device=device).repeat_interleave(len(seeds))
    with torch.inference_mode():
        given = arrays(plan, draws) if settings.published else NOTHING_GIVEN
        record = execute(plan, draws, settings.steps, each, given)

    def cut(x: torch.Tensor) -> Floats:
        shaped = x.reshape(len(factors), len(seeds), *x.shape[1:])[: len(rates)]
        return shaped.to("cpu", torch.float64).numpy()

    return {kind: cut(x) for kind, x in record.measured.items()}


def _groups(plan: Plan, rates: Sequence[float], settings: Settings) -> Iterator[tuple[int, Sequence[float]]]:
    """How many seeds run at once, with which factors, within the memory allowed."""
    fit = repetitions(plan, settings)
    if settings.device == "cpu":
        fit = min(fit, max(AT_ONCE, FAST // bytes_of(plan, settings)))
    if fit >= len(rates):
        yield fit // len(rates), rates
    else:
        yield from ((1, factors) for factors in _split(rates, fit))


def _split(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for i in range(0, len(items), size):
        yield items[i : i + size]
