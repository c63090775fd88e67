"""The cells of the precision experiment: one layer in one arithmetic, at one width, for one seed."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from typing import Any, Final, cast

import numpy as np
import torch

from validation.errors import BudgetError, SettingError
from validation.evidence.experiments.precision.formats import FORMATS, LayerFormats
from validation.evidence.experiments.precision.hazards import HAZARDS
from validation.evidence.experiments.precision.layer import LayerOrders, checked_inits, default_rate, layer_orders
from validation.evidence.experiments.precision.simulate import NAME, LayerSize, RoundedLayer, summaries
from validation.executor.memory import allowed, gigabytes
from validation.executor.settings import Settings, checked_seeds, checked_widths
from validation.sweep.errors import ExecutorError
from validation.sweep.grid import check_cells
from validation.sweep.job import CellSetting, Job, Jobs, together
from validation.sweep.measure import CellResult
from validation.sweep.versions import versions

RANK: Final = 5  # odd, as everywhere: so many signs never add to zero
BYTES: Final = 400  # for an entry of a factor, with all that is seen of it
FAST: Final = 2**29  # bytes of a batch on a processor
QUANTITIES: Final = tuple(h.name for h in HAZARDS)
EXACT: Final = LayerFormats.of("float64", "same", "same", 0.0)  # what constants are fitted in


def epsilons_of(text: str) -> tuple[float, ...]:
    """Adam's epsilons from a list. Raises SettingError.

    >>> epsilons_of("0,1e-8")
    (0.0, 1e-08)
    """
    try:
        return tuple(map(float, text.split(",")))
    except ValueError:
        hint = "write one as in 0,1e-8"
        raise SettingError(f"{text!r} is no list of numbers", where="--epsilon", hint=hint) from None


@dataclass(frozen=True, slots=True)
class RoundedCell(Job):
    """One layer in one arithmetic: one row of a store."""

    @property
    def key(self) -> str:
        """A hash of everything that decides the numbers."""
        s = self.setting
        facts = [NAME, s.axes, s.steps, s.device, s.sizes, self.width, self.seed, QUANTITIES]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class RoundedBatch:
    """Cells that differ in their seeds alone. ``versions`` are those of the process that asks."""

    setting: CellSetting
    width: int
    seeds: tuple[int, ...]
    versions: str


@dataclass(frozen=True)
class Precision:
    """Layers from some starts in some arithmetics, at some widths, each at one learning rate n^rate.

    Where no ``rate`` is given, it is the largest stable one of each start. The layer in float64 without an epsilon is
    always run as well. Raises GammaError for what cannot be run, when it is written.

    >>> grid = Precision(("A",), ("bfloat16",), widths=(16, 32, 64, 128), seeds=2, device="cpu")
    >>> len(grid.arithmetics), len(grid.jobs)
    (4, 40)
    """

    inits: Sequence[str] = ("A",)
    formats: Sequence[str] = ("float16", "bfloat16", "float32", "float64")
    widths: Sequence[int] = tuple(2**k for k in range(8, 17))
    seeds: int = 4
    steps: int = 4
    sums: Sequence[str] = ("same", "float32")
    weights: Sequence[str] = ("same", "float32")
    epsilons: Sequence[float] = (1e-8,)
    rate: Fraction | None = None
    device: str = "auto"
    arithmetics: tuple[LayerFormats, ...] = field(init=False, repr=False)
    jobs: tuple[Job, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        checked_inits(self.inits)
        checked_widths(self.widths)
        checked_seeds(self.seeds, self.seeds)
        object.__setattr__(self, "device", Settings(steps=self.steps, device=self.device).device)
        object.__setattr__(self, "arithmetics", self._arithmetics())
        check_cells(len(self.inits) * (len(self.arithmetics) + 1) * len(self.widths) * self.seeds, self.steps)
        _check_memory(self.widths, self.device)
        points = product(self.inits, dict.fromkeys((*self.arithmetics, EXACT)), self.widths, range(self.seeds))
        object.__setattr__(self, "jobs", tuple(self.cell(*point) for point in points))

    def _arithmetics(self) -> tuple[LayerFormats, ...]:
        axes = (("formats", self.formats), ("sums", self.sums), ("weights", self.weights), ("epsilons", self.epsilons))
        for name, values in axes:
            if not values:
                raise SettingError(f"no {name}", hint="name at least one")
        for epsilon in self.epsilons:
            if not 0 <= epsilon < math.inf:
                raise SettingError(f"epsilon {epsilon:g}", hint="give 0 or a small positive number")
        points = product(self.formats, self.sums, self.weights, self.epsilons)
        return tuple(dict.fromkeys(LayerFormats.of(*point) for point in points))

    def rate_of(self, init: str) -> Fraction:
        return default_rate(init) if self.rate is None else self.rate

    def orders(self, init: str) -> LayerOrders:
        """What is derived for a start."""
        return layer_orders(init, self.rate_of(init), self.steps)

    def cell(self, init: str, arithmetic: LayerFormats, width: int, seed: int) -> RoundedCell:
        """The cell of one layer."""
        kept = [(place, f.name) for place, f in arithmetic.places.items()]
        axes = (("init", init), ("rate", str(self.rate_of(init))), *kept, ("epsilon", repr(arithmetic.epsilon)))
        return RoundedCell(
            CellSetting(NAME, axes, self.steps, arithmetic.layer.name, self.device, (("r", RANK),)), width, seed
        )

    def batches(self, jobs: Iterable[Job]) -> list[Jobs]:
        """Cells that differ in their seeds alone, as many as fit."""
        jobs = tuple(jobs)
        widest = max((job.width for job in jobs), default=1)
        return together(jobs, lambda job: (job.setting, job.width), max(1, FAST // _bytes(widest)))

    def task(self, jobs: Jobs) -> tuple[Callable[[Any], tuple[CellResult, ...]], RoundedBatch]:
        """What measures them, and what it is given."""
        first = cast("RoundedCell", jobs[0])
        return measure, RoundedBatch(first.setting, first.width, tuple(job.seed for job in jobs), versions())


def computed(grid: Precision) -> Mapping[str, CellResult]:
    """Everything a grid asks for, computed here and now, by the keys of its cells."""
    done = [(jobs, *grid.task(jobs)) for jobs in grid.batches(grid.jobs)]
    return {job.key: found for jobs, work, batch in done for job, found in zip(jobs, work(batch), strict=True)}


def measure(batch: RoundedBatch) -> tuple[CellResult, ...]:
    """One result for each seed.

    ``sizes`` are medians, ``aligned`` the shares that went wrong, in the update after each step from 0; ``diverged`` is
    the first step after which a factor holds what is no number.

    Raises ExecutorError where this process is of another version than the asking one.
    """
    if batch.versions != versions():
        raise ExecutorError(
            f"the worker runs {versions()}, the experiment {batch.versions}", hint="install the same versions on both"
        )
    with torch.inference_mode():
        rows = list(_run(batch))
    sizes, shares = (np.stack([row[i] for row in rows], 1) for i in (0, 1))
    broken = np.stack([row[2] for row in rows], 1)
    first = np.where(broken.any(1), broken.argmax(1) + 1, -1)
    return tuple(CellResult(QUANTITIES, sizes[i], shares[i], 0.0, int(first[i])) for i in range(len(batch.seeds)))


def _run(batch: RoundedBatch) -> Iterator[tuple[Any, Any, Any]]:
    """Step by step: seed x hazard medians, the same of shares, and which seeds are broken."""
    axes = dict(batch.setting.axes)
    layer, sums, weights = (FORMATS[axes[place]] for place in ("layer", "sums", "weights"))
    arithmetic = LayerFormats(layer, sums, weights, float(axes["epsilon"]))
    rate = Fraction(axes["rate"])
    starts = layer_orders(axes["init"], rate, 1).starts
    deviations = {name: 0.0 if e is None else batch.width ** float(e) for name, e in starts.items()}
    size = LayerSize(batch.width, RANK, deviations, batch.width ** float(rate))
    run = RoundedLayer(size, arithmetic, batch.seeds, batch.setting.device)
    for step in range(1, batch.setting.steps + 1):
        found = {name: (size, share) for name, size, share in summaries(run.take_step(step))}
        table = torch.stack([torch.stack(found[name], 1) for name in QUANTITIES], 1).cpu().numpy()
        yield table[..., 0], table[..., 1], run.broken.cpu().numpy()


def _bytes(width: int) -> int:
    return width * RANK * BYTES


def _check_memory(widths: Sequence[int], device: str) -> None:
    """One seed of the largest width must fit. Raises BudgetError."""
    there = allowed(device)
    fit = 2 ** int(math.log2(max(2, there // (RANK * BYTES))))
    if _bytes(widths[-1]) > there:
        need = f"width {widths[-1]} takes {gigabytes(_bytes(widths[-1]))}, more than {gigabytes(there)}"
        raise BudgetError(f"{need}, half of what is free", where="--widths", hint=f"widths to {fit} fit")
