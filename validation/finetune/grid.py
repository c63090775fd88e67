"""The grid of a fine-tuning experiment, in the form that ``validation.sweep.run`` runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Any, Final

from gamma_calc.errors import ConfigError
from validation.errors import SettingError
from validation.executor.settings import found_device
from validation.finetune.inputs import FinetuneInputs, check_models, check_processes, default_targets, read_inputs
from validation.finetune.job import NAME, FinetuneJob, FinetuneRequest, axes_of
from validation.finetune.model_source import model_sources
from validation.finetune.setting import FinetuneSetting
from validation.finetune.starts import check_start
from validation.finetune.training import SIZES, TRACKED, all_versions, measure
from validation.sweep.grid import check_cells
from validation.sweep.job import CellSetting, Job, Jobs
from validation.sweep.measure import CellResult

FEWEST_RATES: Final = 2
LONGEST: Final = 1000  # rates of one axis


@dataclass(frozen=True)
class Finetune:
    """Models of some widths from some starts, each trained at every rate with every rank.

    ``rates`` are numbers, the same at every width; ``ratios`` are the rate of B over that of A, numbers or ``n``; an
    empty ``widths`` takes those of the checkpoints, or the usual ones of a family; without ``targets`` of the setting
    the family's are taken. Raises GammaError for what cannot be run, when it is written.
    """

    setting: FinetuneSetting
    inits: Sequence[str] = ("A", "B", "AB")
    ratios: Sequence[str] = ("1",)
    ranks: Sequence[int] = (4,)
    rates: Sequence[float] = (1e-3, 1e-2, 1e-1)
    widths: tuple[int, ...] = ()
    seeds: int = 3
    jobs: tuple[Job, ...] = field(init=False, repr=False)
    given: FinetuneInputs = field(init=False, repr=False, compare=False)
    requests: dict[Job, FinetuneRequest] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._check_axes()
        self._settle()
        given = read_inputs(self.setting, self.widths)
        object.__setattr__(self, "given", given)
        check_models(self.setting, given.sources)
        points = product(self.inits, self.ratios, self.ranks, given.widths, self.rates, range(self.seeds))
        requests = [self._request(point) for point in points]
        object.__setattr__(self, "requests", {self._job(request): request for request in requests})
        object.__setattr__(self, "jobs", tuple(self.requests))

    def check_processes(self, count: int) -> None:
        """Refuse more processes than there is room for on this machine. Raises BudgetError."""
        check_processes(self.setting, self.given.sources[-1], count)

    @property
    def device(self) -> str:
        """Where cells are computed."""
        return self.setting.device

    def batches(self, jobs: Iterable[Job]) -> list[Jobs]:
        """One at a time: a kill loses the cell that runs."""
        return [(job,) for job in jobs]

    def task(self, jobs: Jobs) -> tuple[Callable[[Any], tuple[CellResult, ...]], FinetuneRequest]:
        """What trains a cell, and what it is given."""
        return measure, self.requests[jobs[0]]

    # -- inside ---------------------------------------------------------------------------------------------------

    def _check_axes(self) -> None:
        for name in self.inits:
            check_start(name)
        for what, values in (("inits", self.inits), ("ranks", self.ranks), ("ratios", self.ratios)):
            if not values or len(set(values)) < len(values):
                listed = ", ".join(map(str, values)) or "none"
                raise SettingError(f"{what} {listed}", hint="name at least one, each once")
        if any(rank < 1 for rank in self.ranks):
            raise SettingError(f"ranks {', '.join(map(str, self.ranks))}", hint="a rank is at least 1")
        if not all(a < b for a, b in pairwise((0.0, *self.rates, math.inf))) or len(self.rates) > LONGEST:
            listed = ", ".join(f"{rate:g}" for rate in self.rates) or "none"
            raise SettingError(f"rates {listed}", where="--lrs", hint="give them positive and increasing")
        if len(self.rates) < FEWEST_RATES:
            raise SettingError(
                "one rate only", where="--lrs", hint="a best rate needs several: write LOW:HIGH or LOW:HIGH:COUNT"
            )
        if self.seeds < 2:
            raise SettingError(f"{self.seeds} seed", where="--seeds", hint="an interval needs at least two")
        for ratio in self.ratios:
            _check_ratio(ratio)

    def _settle(self) -> None:
        """What is left open in the setting: the device, and the targets."""
        setting, sources = self.setting, model_sources(self.setting.model, self.widths)
        targets = setting.targets or default_targets(sources[0], setting.model)
        changed = {"targets": targets, "device": found_device(setting.device)}
        object.__setattr__(self, "setting", FinetuneSetting(**{**_fields(setting), **changed}))
        widest, rank = sources[0].width, max(self.ranks)
        if rank > widest:
            raise SettingError(f"rank {rank} at width {widest}", where="--ranks", hint="a rank is at most the width")
        count = math.prod(map(len, (self.inits, self.ratios, self.ranks, sources, self.rates))) * self.seeds
        check_cells(count, len(setting.recorded) * (len(TRACKED) + len(targets) * len(SIZES)) // 32 + 1)

    def _request(self, point: tuple[str, str, int, int, float, int]) -> FinetuneRequest:
        init, ratio, rank, width, rate, seed = point
        return FinetuneRequest(
            setting=self.setting,
            model=self.given.source(width).identity,
            data=self.given.data.identity,
            init=init,
            ratio=ratio,
            rank=rank,
            rate=rate,
            width=width,
            seed=seed,
            widths=self.widths,
            versions=all_versions(),
        )

    def _job(self, asked: FinetuneRequest) -> FinetuneJob:
        arm = {"init": asked.init, "ratio": asked.ratio, "rank": asked.rank, "rate": asked.rate}
        axes = axes_of(self.setting, asked.model, asked.data, arm)
        s = self.setting
        return FinetuneJob(CellSetting(NAME, axes, s.steps, s.dtype, s.device), asked.width, asked.seed)


def _fields(setting: FinetuneSetting) -> dict[str, Any]:
    return {name: getattr(setting, name) for name in FinetuneSetting.__slots__}


def _check_ratio(text: str) -> None:
    if text == "n":
        return
    try:
        good = 0 < float(text) < math.inf
    except ValueError:
        good = False
    if not good:
        raise ConfigError(f"{text!r} is no ratio of rates", where="--b-rate", hint="write a number, or n for the width")


def rates_between(text: str) -> tuple[float, ...]:
    """Rates from "LOW:HIGH" (half-decades), "LOW:HIGH:COUNT" (even on a log axis), or a list. Raises SettingError.

    >>> rates_between("1e-3:1e-1"), rates_between("0.1,0.2")
    ((0.001, 0.0031622776601684, 0.01, 0.031622776601684, 0.1), (0.1, 0.2))
    """
    hint = "write LOW:HIGH, LOW:HIGH:COUNT with 0 < LOW < HIGH, or a list"
    wrong = SettingError(f"{text!r} is no range of rates", where="--lrs", hint=hint)
    try:
        numbers = [float(part) for part in text.replace(":", ",").split(",")]
    except ValueError:
        raise wrong from None
    if ":" not in text:
        return tuple(numbers)
    low, high, *count = numbers
    if "," in text or len(count) > 1 or not 0 < low < high < math.inf:
        raise wrong
    last = count[0] - 1 if count else round(2 * math.log10(high / low))
    if not 1 <= last < LONGEST or last != int(last):
        raise wrong
    return tuple(float(f"{low * (high / low) ** (k / last):.14g}") for k in range(int(last) + 1))
