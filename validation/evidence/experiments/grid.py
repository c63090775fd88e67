"""The grid of the teacher-student experiment, in the form that ``validation.sweep.run`` runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Any, Final, cast

from gamma_calc.catalogue.student import READOUTS, STARTS
from gamma_calc.errors import unknown
from validation.errors import SettingError
from validation.evidence.experiments.student import INPUTS, NAME, RANK, SAMPLES, Student, StudentBatch, measure
from validation.executor.settings import Settings, checked_seeds, checked_widths
from validation.sweep.grid import check_cells
from validation.sweep.job import CellSetting, Job, Jobs, together
from validation.sweep.measure import CellResult

WIDTHS: Final = (128, 256, 512, 1024, 2048)
FEWEST_RATES: Final = 3
LONGEST: Final = 1000  # rates of one batch


def rates_of(text: str) -> tuple[float, ...]:
    """Learning rates from "LOW:HIGH:COUNT", evenly spaced on a log axis, or from a list. Raises SettingError.

    >>> rates_of("1e-2:1:3"), rates_of("0.1,0.2,0.5")
    ((0.01, 0.1, 1.0), (0.1, 0.2, 0.5))
    """
    if ":" not in text:
        return tuple(_number(part, text) for part in text.split(","))
    low, high, count = (_number(part, text) for part in (*text.split(":"), "", "")[:3])
    if text.count(":") != 2 or not 0 < low < high or count not in range(FEWEST_RATES, LONGEST + 1):
        raise _no_rates(text)
    last = int(count) - 1
    return tuple(float(f"{low * (high / low) ** (k / last):.12g}") for k in range(last + 1))


def _number(part: str, text: str) -> float:
    try:
        return float(part)
    except ValueError:
        raise _no_rates(text) from None


def _no_rates(text: str) -> SettingError:
    hint = f"write LOW:HIGH:COUNT with 0 < LOW < HIGH and a COUNT from {FEWEST_RATES} to {LONGEST}, or a list"
    return SettingError(f"{text!r} is no range of rates", where="--rates", hint=hint)


@dataclass(frozen=True)
class TeacherStudent:
    """Students from some starts, with some readouts, at some widths, each trained at every learning rate.

    ``rates`` are the same numbers at every width, so the grid has to reach below the largest stable rate at the
    largest width and above it at the smallest. Raises GammaError for what cannot be run, when it is written.

    >>> len(TeacherStudent(inits=("A", "B"), readouts=("sp",), seeds=2).jobs)
    380
    """

    inits: Sequence[str] = ("A", "B", "AB")
    readouts: Sequence[str] = ("sp", "mup")
    widths: Sequence[int] = WIDTHS
    seeds: int = 8
    steps: int = 20
    rates: Sequence[float] = rates_of("1e-6:1:19")
    device: str = "auto"
    jobs: tuple[Job, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _refuse_unknown("initialisation", self.inits, STARTS)
        _refuse_unknown("readout", self.readouts, READOUTS)
        object.__setattr__(self, "device", Settings(steps=self.steps, device=self.device).device)
        checked_widths(self.widths)
        checked_seeds(self.seeds, self.seeds)
        if not FEWEST_RATES <= len(self.rates) <= LONGEST or not _increasing((0, *self.rates, math.inf)):
            listed = ", ".join(f"{rate:g}" for rate in self.rates) or "none"
            raise SettingError(f"rates {listed}", hint="give three or more, positive and increasing")
        each = (self.inits, self.readouts, self.widths, self.rates)
        check_cells(math.prod(map(len, each)) * self.seeds, self.steps)
        points = product(self.inits, self.readouts, self.widths, range(self.seeds), self.rates)
        object.__setattr__(self, "jobs", tuple(self.student(*point) for point in points))

    def student(self, init: str, readout: str, width: int, seed: int, rate: float) -> Student:
        """The cell of one student."""
        axes = (("init", init), ("readout", readout), ("rate", repr(rate)))
        sizes = (("d", INPUTS), ("r", RANK), ("samples", SAMPLES))
        return Student(CellSetting(NAME, axes, self.steps, "float32", self.device, sizes), width, seed)

    def batches(self, jobs: Iterable[Job]) -> list[Jobs]:
        """Students that differ in their rate alone."""
        return together(jobs, lambda job: (job.setting.axes[:2], job.width, job.seed), LONGEST)

    def task(self, jobs: Jobs) -> tuple[Callable[[Any], tuple[CellResult, ...]], StudentBatch]:
        """What trains them, and what it is given."""
        return measure, StudentBatch.of(cast("tuple[Student, ...]", jobs))


def _increasing(numbers: Iterable[float]) -> bool:
    return all(a < b for a, b in pairwise(numbers))


def _refuse_unknown(kind: str, names: Sequence[str], known: Iterable[str]) -> None:
    known = tuple(known)
    if not names or len(set(names)) < len(names):
        raise SettingError(f"{kind}s {', '.join(names) or 'none'}", hint="name at least one, each once")
    for name in names:
        if name not in known:
            raise unknown(kind, name, known)
