"""A grid: every combination of the values of some axes, at some widths, for some seeds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from math import prod
from typing import Any, Final

from gamma_calc.catalogue.targets import TARGETS
from gamma_calc.errors import GammaError, unknown
from gamma_calc.exponents import Exponent, order
from validation.errors import SettingError
from validation.executor.budget import check_memory
from validation.executor.memory import check_results
from validation.executor.settings import Settings, found_device
from validation.kinds import check_axes, check_count, check_counts, check_text
from validation.sweep.job import Axes, CellSetting, Job, Jobs, options_of, program_of, together
from validation.sweep.measure import Batch, CellResult, measure

LARGEST: Final = 2**63 - 1  # what a store can hold
CELL, STEP = 64, 32  # numbers that a cell takes, and each of its steps
TOGETHER: Final = 8  # seeds of one batch: a cell alone costs almost as much


@dataclass(frozen=True)
class Grid:
    """The cells of a sweep: one for each combination of values, width and seed.

    ``axes`` maps a name to its values: options of the target (init, optimiser, lr, rank, scaling) and exponents (eta,
    eta_A, eta_B, rho, sigma, a0, b0). ``seeds`` is a number of seeds, from 0 on, or the seeds themselves;
    ``memory`` the bytes that a worker may use for a cell, half of what is free there if None; no number depends on it.
    Raises GammaError for what cannot be run, when it is written.

    >>> grid = Grid(axes={"init": ["A", "B"], "eta": ["-1/2", -1]}, widths=[64, 128], seeds=4)
    >>> len(grid.jobs)
    32
    """

    target: str = "lora"
    axes: Mapping[str, Sequence[Exponent]] = field(default_factory=dict)
    widths: Sequence[int] = (256, 512, 1024, 2048, 4096)
    seeds: int | Sequence[int] = 8
    steps: int = 4
    dtype: str = "float64"
    device: str = "cpu"
    sizes: Mapping[str, int] = field(default_factory=dict)
    memory: int | None = None
    jobs: tuple[Job, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        check_text("target", self.target, "the name of a program, such as 'lora'")
        check_axes(self.axes)
        check_counts("widths", self.widths, "increasing whole numbers")
        if isinstance(self.seeds, int):
            check_count("seeds", self.seeds)
        else:
            check_counts("seeds", self.seeds, "a number of seeds, or the seeds")
        if self.target not in TARGETS:
            raise unknown("target", self.target, TARGETS)
        settings = Settings(steps=self.steps, dtype=self.dtype, sizes=self.sizes, memory=self.memory)
        device = found_device("auto") if self.device == "auto" else self.device  # "cuda" may be there for a worker
        sizes = tuple(sorted(self.sizes.items()))
        widths, count = _widths(self.widths), self.seeds if isinstance(self.seeds, int) else len(self.seeds)
        check_cells(prod(map(len, self.axes.values())) * len(widths) * count, self.steps)
        seeds = _seeds(self.seeds)
        jobs = [
            Job(CellSetting(self.target, axes, self.steps, self.dtype, device, sizes), width, seed)
            for axes in self._points(widths[-1], settings)
            for width in widths
            for seed in seeds
        ]
        object.__setattr__(self, "jobs", tuple(jobs))

    def batches(self, jobs: Iterable[Job]) -> list[Jobs]:
        """Cells that differ in their seeds alone, a few at a time."""
        return together(jobs, lambda job: (job.setting, job.width), TOGETHER)

    def task(self, jobs: Jobs) -> tuple[Callable[[Any], tuple[CellResult, ...]], Batch]:
        """What computes a batch, and the batch as plain data."""
        return measure, Batch.of(jobs, self.memory)

    def _points(self, widest: int, settings: Settings) -> Iterator[Axes]:
        options = options_of(TARGETS[self.target])
        columns = [[(name, _text(name, v, name in options)) for v in vs] for name, vs in self.axes.items()]
        for name, column in zip(self.axes, columns, strict=True):
            if not column:
                raise SettingError(f"axis {name} has no values", hint="give at least one")
        for axes in dict.fromkeys(product(*columns)):
            check_memory(program_of(self.target, axes), widest, settings)
            yield axes


def _text(name: str, value: Exponent, is_option: bool) -> str:
    try:
        return str(value if is_option else order(value))
    except GammaError as error:
        raise error.at(f"axis {name}") from error


def _widths(widths: Sequence[int]) -> tuple[int, ...]:
    if not widths or widths[0] < 2 or widths[-1] > LARGEST or any(a >= b for a, b in pairwise(widths)):
        listed = ", ".join(map(str, widths)) or "none"
        raise SettingError(f"widths {listed}", hint="give them increasing, from 2 on")
    return tuple(widths)


def _seeds(seeds: int | Sequence[int]) -> tuple[int, ...]:
    chosen = range(seeds) if isinstance(seeds, int) else seeds
    if not chosen or min(chosen) < 0 or max(chosen) > LARGEST:
        raise SettingError(f"seeds {seeds}", hint="give at least one, from 0 on")
    return tuple(dict.fromkeys(chosen))


def check_cells(count: int, steps: int) -> None:
    """Refuse a grid whose cells would not fit in memory, before they are listed. Raises BudgetError."""
    check_results(count * (CELL + STEP * steps), f"{count} cells of {steps} steps")
