"""The teacher and the student in numbers: what one cell of the experiment is, and how a batch of cells is measured."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

import numpy as np
import torch

from gamma_calc.catalogue.student import student
from gamma_calc.language.program import Program
from validation.arrays.draws import Draws
from validation.evidence.experiments.batch import SampleRecord, SampleRun, train
from validation.executor.graph import identity
from validation.executor.plan import Plan
from validation.sweep.errors import ExecutorError
from validation.sweep.job import Job
from validation.sweep.measure import CellResult
from validation.sweep.versions import versions

NAME: Final = "teacher-student"
INPUTS: Final = 5
SAMPLES: Final = 128
RANK: Final = 4
TEACHER_WIDTH, TEACHER_RANK = 1000, 20
QUANTITIES: Final = ("Z_A", "Z_B", "loss")
AT_ONCE: Final = 2**21  # numbers of one array on a processor: larger ones are given back to the system at each use

_ONE_ON_THE_ACCELERATOR: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class Student(Job):
    """One student trained at one learning rate: one row of a store."""

    @property
    def key(self) -> str:
        """A hash of everything that decides the numbers."""
        s, axes = self.setting, dict(self.setting.axes)
        facts = [_identities(axes["init"], axes["readout"]), axes["rate"], self.width, self.seed, s.steps, s.device]
        return hashlib.sha256(json.dumps([*facts, s.sizes, TEACHER_WIDTH, TEACHER_RANK]).encode()).hexdigest()

    @property
    def rate(self) -> float:
        return float(dict(self.setting.axes)["rate"])


@dataclass(frozen=True, slots=True)
class StudentBatch:
    """Students that differ in their learning rate alone. ``versions`` are those of the process that asks."""

    init: str
    readout: str
    width: int
    seed: int
    steps: int
    device: str
    rates: tuple[float, ...]
    versions: str

    @classmethod
    def of(cls, jobs: Sequence[Student]) -> StudentBatch:
        """The batch of students that differ in their rate alone."""
        first = jobs[0]
        axes, s = dict(first.setting.axes), first.setting
        rates = tuple(job.rate for job in jobs)
        return cls(axes["init"], axes["readout"], first.width, first.seed, s.steps, s.device, rates, versions())


def measure(batch: StudentBatch) -> tuple[CellResult, ...]:
    """One result for each rate. Raises ExecutorError where this process is of another version than the asking one."""
    if batch.versions != versions():
        raise ExecutorError(
            f"the worker runs {versions()}, the experiment {batch.versions}", hint="install the same versions on both"
        )
    with _ONE_ON_THE_ACCELERATOR if batch.device != "cpu" else nullcontext(), torch.inference_mode():
        return tuple(one for record in _trained(batch) for one in _measured(record))


def program_of(init: str, readout: str) -> Program:
    """The student with its rates as numbers (exponent 0), and the features that the experiment measures."""
    whole = student(init, readout=readout)
    return whole.replaced(watch=[(whole.quantity(name),) for name in ("Z_A", "Z_B", "f")]).substitute({"eta": 0})


def _trained(batch: StudentBatch) -> Iterator[SampleRecord]:
    """Rates in groups of which one array fits where it is fast; no number depends on the grouping."""
    device = torch.device(batch.device)
    plan = Plan(program_of(batch.init, batch.readout), batch.width, {"d": INPUTS, "r": RANK}, with_loss=True)
    samples = teacher_samples(batch.seed, device)
    fit = max(1, AT_ONCE // (batch.width * SAMPLES)) if device.type == "cpu" else len(batch.rates)
    for i in range(0, len(batch.rates), fit):
        draws = Draws(NAME, batch.width, (batch.seed,), 1, torch.float32, device)
        yield train(plan, draws, samples, batch.rates[i : i + fit], batch.steps)


def teacher_samples(seed: int, device: torch.device) -> Mapping[str, torch.Tensor]:
    """Normal inputs of length one, and what a student of larger rank with random factors makes of them, of size one.

    The same at every width, from every initialisation and with every readout.
    """
    plan = Plan(program_of("false", "sp"), TEACHER_WIDTH, {"d": INPUTS, "r": TEACHER_RANK}, with_loss=True)
    draws = Draws(f"{NAME} teacher", TEACHER_WIDTH, (seed,), 1, torch.float32, device)
    x = draws.normal("x", (SAMPLES, INPUTS))[0] / INPUTS**0.5
    (f,) = (watch.place for watch in plan.watches if watch.name == "f")
    assert f is not None
    y = SampleRun(plan, draws, {"x": x}, (0.0,)).value(f)[0]
    return {"x": x, "y": y / y.square().mean().sqrt()}


def _measured(record: SampleRecord) -> Iterator[CellResult]:
    """Each rate's sizes: step from 0 x quantity. Nothing is aligned or added up here."""
    wanted = [record.quantities.index(name) for name in QUANTITIES[:-1]]
    numbers = torch.cat([record.sizes[..., wanted], record.losses[..., None]], -1).to("cpu", torch.float64).numpy()
    for sizes in numbers:
        broken = ~np.isfinite(sizes).all(-1)
        yield CellResult(QUANTITIES, sizes, np.zeros_like(sizes), 0.0, int(broken.argmax()) if broken.any() else -1)


@lru_cache(maxsize=64)
def _identities(init: str, readout: str) -> str:
    return identity(program_of(init, readout)) + _teacher_identity()


@cache
def _teacher_identity() -> str:
    return identity(program_of("false", "sp"))
