"""What a worker does: measure a batch of cells that differ in their seeds alone, from plain data to plain data."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

from validation.errors import MeasurementError
from validation.executor.cell import Cell, Floats, measure_cell
from validation.executor.settings import Settings
from validation.measurement.validate import EXACT
from validation.sweep.errors import ExecutorError
from validation.sweep.job import CellSetting, Job, program_of
from validation.sweep.versions import versions

_ONE_ON_THE_ACCELERATOR: Final = threading.Lock()  # a worker with several threads would fill its memory


@dataclass(frozen=True, slots=True)
class Batch:
    """Cells of one setting and width. ``versions`` are those of the process that asks."""

    setting: CellSetting
    width: int
    seeds: tuple[int, ...]
    memory: int | None
    versions: str

    @classmethod
    def of(cls, jobs: Sequence[Job], memory: int | None) -> Batch:
        """The batch of jobs that differ in their seeds alone."""
        return cls(jobs[0].setting, jobs[0].width, tuple(j.seed for j in jobs), memory, versions())


@dataclass(frozen=True, slots=True, eq=False)
class CellResult:
    """What one cell measured. ``sizes`` and ``aligned``: step from 0 x quantity.

    ``residual`` is the largest relative error of a sum of parts, ``diverged`` the first step at which a number
    overflows, -1 where none does.
    """

    quantities: tuple[str, ...]
    sizes: Floats
    aligned: Floats
    residual: float
    diverged: int


def measure(batch: Batch) -> tuple[CellResult, ...]:
    """One result for each seed. Raises ExecutorError where this process is of another version than the asking one."""
    if batch.versions != versions():
        raise ExecutorError(
            f"the worker runs {versions()}, the sweep {batch.versions}", hint="install the same versions on both"
        )
    s = batch.setting
    settings = Settings(s.steps, s.dtype, s.device, dict(s.sizes), batch.memory)
    with _ONE_ON_THE_ACCELERATOR if settings.device != "cpu" else nullcontext():
        measured = measure_cell(program_of(s.target, s.axes), batch.width, batch.seeds, settings)
    return tuple(_one(measured, i, EXACT[s.dtype]) for i in range(len(batch.seeds)))


def _one(measured: Cell, i: int, exact: float) -> CellResult:
    residual, diverged = float(measured.residual[0, i]), int(measured.diverged[0, i])
    if diverged < 0 and residual > exact:
        raise MeasurementError(
            f"the parts of a change miss it by {residual:.1e} at width {measured.width}",
            hint="use float64; in float64 this is a defect of a rule's meaning",
        )
    return CellResult(measured.quantities, measured.sizes[0, i], measured.aligned[0, i], residual, diverged)
