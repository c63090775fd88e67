"""One cell: a model is made, gets its adapters, is trained, and what happens is written down."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import torch

from validation.coordinate_check.adapters import AdapterLayer, adapters, deltas, features, rows_of
from validation.coordinate_check.probe import label, watched
from validation.finetune.encoded import Arrays
from validation.finetune.inputs import FinetuneInputs, read_inputs
from validation.finetune.job import FinetuneRequest
from validation.finetune.libraries import library_versions, quiet
from validation.finetune.setting import DTYPES, REPEATED
from validation.finetune.starts import AdapterPlan
from validation.finetune.task import TASKS
from validation.sweep.errors import ExecutorError
from validation.sweep.measure import CellResult
from validation.sweep.versions import versions

TRACKED: Final = ("step", "train_loss", "held_loss", "held_accuracy")
SIZES: Final = ("Z_A", "A", "B", "Z_B", "delta1", "delta2", "delta3", "dZ_B")
APART: Final = 1_000_003  # between seeds, more than any width
FIRST_MOMENT: Final = 0.9  # Adam's coefficient of the mean, in all of these papers
TOGETHER: Final = 16  # held-out examples that go through a model at once


def all_versions() -> str:
    """Everything that decides numbers besides the settings."""
    return f"{versions()}, {library_versions()}"


def measure(request: FinetuneRequest) -> tuple[CellResult, ...]:
    """The one result. Raises ExecutorError where this process has other versions or files than the asking one."""
    if request.versions != all_versions():
        raise ExecutorError(
            f"the worker runs {all_versions()}, the experiment {request.versions}",
            hint="install the same versions on both",
        )
    given = read_inputs(request.setting, request.widths)
    if given.data.identity != request.data or given.source(request.width).identity != request.model:
        hint = "put the same files at the same places, and run the same again"
        raise ExecutorError(f"{request.setting.model} or {request.setting.data} is another one here", hint=hint)
    with _alone(request.setting.device), torch.random.fork_rng(), quiet():
        torch.manual_seed(request.seed * APART + request.width)
        return (_Run(request, given).result(),)


@contextmanager
def _alone(device: str) -> Iterator[None]:
    """One thread on a processor: sums of several come in an order that depends on how many there are."""
    before = torch.get_num_threads()
    if device == "cpu":
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@dataclass(eq=False)
class _Run:
    """The model with its adapters, and the rows so far."""

    request: FinetuneRequest
    given: FinetuneInputs
    rows: dict[int, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        asked, setting = self.request, self.request.setting
        self.task, data = TASKS[setting.task], self.given.data
        self.order = torch.Generator().manual_seed(asked.seed)  # the same batches at every width, from every start
        self.first = self._drawn(data.train)
        fields = {"num_labels": len(data.labels)} if data.labels else {}
        base = self.given.source(asked.width).made(self.task.auto, **fields)
        base.config.pad_token_id = base.config.pad_token_id or 0
        base.to(setting.device, DTYPES[setting.dtype])
        alpha = asked.rank * setting.multiplier(asked.rank)
        plan = AdapterPlan(self.task, asked.init, setting.targets, asked.rank, alpha, asked.seed)
        self.model = plan.added_to(base, self.first)
        self.layers = adapters(self.model)
        self.start = {layer: layer.copied() for layer in self.layers}
        self.optimiser = self._optimiser()

    def result(self) -> CellResult:
        """Every step, until the last one or an overflow."""
        steps, diverged = self.request.setting.steps, -1
        self.rows[0] = self._look(0, math.nan, self.start)
        for step in range(1, steps + 1):
            before = {layer: layer.copied() for layer in self.layers} if step in self.request.setting.recorded else {}
            loss = self._step(step)
            if not math.isfinite(loss):
                diverged = step
                break
            if before:
                self.rows[step] = self._look(step, loss, before)
        return self._as_result(diverged)

    def _step(self, step: int) -> float:
        batch = self.first if step <= REPEATED else self._drawn(self.given.data.train)
        for group in self.optimiser.param_groups:
            group["lr"] = self.request.setting.rate_at(step, group["initial"])
        self.model.train()
        self.optimiser.zero_grad()
        loss = self.model(**batch).loss
        loss.backward()
        self.optimiser.step()
        return float(loss)

    def _optimiser(self) -> torch.optim.Optimizer:
        """AdamW, with B at a rate of its own where one is asked for."""
        trained = [(n, p) for n, p in self.model.named_parameters() if p.requires_grad]
        of_b = [p for n, p in trained if "lora_B" in n]
        others = [p for n, p in trained if "lora_B" not in n]
        rates = zip((others, of_b), (self.request.rate, self.request.b_rate), strict=True)
        groups = [{"params": params, "lr": rate, "initial": rate} for params, rate in rates if params]
        setting = self.request.setting
        return torch.optim.AdamW(
            groups, betas=(FIRST_MOMENT, setting.second), eps=setting.epsilon, weight_decay=setting.decay
        )

    def _drawn(self, examples: Arrays) -> dict[str, torch.Tensor]:
        count = len(examples["input_ids"])
        some = torch.randint(count, (self.request.setting.batch,), generator=self.order)
        return self._placed({name: values[some] for name, values in examples.items()})

    def _placed(self, batch: Arrays) -> dict[str, torch.Tensor]:
        return {name: values.to(self.request.setting.device) for name, values in batch.items()}

    # -- looking ---------------------------------------------------------------------------------------------------

    def _look(self, step: int, loss: float, before: Mapping[AdapterLayer, Any]) -> Mapping[str, float]:
        held = self._held() if step in self.request.setting.evaluated else (math.nan, math.nan)
        return dict(zip(TRACKED, (step, loss, *held), strict=True)) | self._sizes(before)

    @torch.no_grad()
    def _held(self) -> tuple[float, float]:
        """Loss and accuracy on what is held out: means over examples and over answers."""
        self.model.eval()
        data, losses, right, of = self.given.data.held, 0.0, 0, 0
        count = len(data["input_ids"])
        for at in range(0, count, TOGETHER):
            batch = self._placed({name: values[at : at + TOGETHER] for name, values in data.items()})
            found = self.model(**batch)
            losses += float(found.loss) * len(batch["input_ids"])
            good, answers = self.task.right(found.logits, batch["labels"])
            right, of = right + good, of + answers
        return losses / count, right / max(of, 1)

    @torch.no_grad()
    def _sizes(self, before: Mapping[AdapterLayer, Any]) -> dict[str, float]:
        """Of every adapted layer, on the first batch; layers of one name count together, by their mean square."""
        self.model.eval()
        with watched(self.model, (), {layer.name for layer in self.layers}) as seen:
            self.model(**self.first)
        squares: dict[str, list[float]] = {}
        for layer in self.layers:
            z = rows_of(seen.inputs[layer.name]).to(layer.a.dtype)
            for name, size in (features(layer, z, self.start[layer]) | deltas(layer, z, before[layer])).items():
                squares.setdefault(f"{label(layer.name)} {name}", []).append(size**2)
        return {name: math.sqrt(sum(found) / len(found)) for name, found in squares.items()}

    def _as_result(self, diverged: int) -> CellResult:
        names = tuple(self.rows[0])
        steps = self.request.setting.recorded
        lost = dict.fromkeys(names, math.inf)
        rows = [self.rows.get(step, {**lost, "step": float(step)}) for step in steps]
        sizes = np.array([[row[name] for name in names] for row in rows])
        return CellResult(names, sizes, np.zeros_like(sizes), 0.0, diverged)
