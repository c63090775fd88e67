"""What a cell is made of, read once in each process: the models by width, and the data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch

from gamma_calc.errors import ConfigError, unknown
from validation.errors import BudgetError
from validation.executor.memory import allowed, gigabytes
from validation.finetune.checkpoint_tokens import tokens_of
from validation.finetune.checkpoint_weights import check_weights
from validation.finetune.encoded import EncodedData, encoded, texts_of
from validation.finetune.model_source import ModelSource, model_sources
from validation.finetune.records import read_records
from validation.finetune.setting import FinetuneSetting
from validation.finetune.small_models import FAMILIES
from validation.finetune.task import TASKS

COPIES = 4  # of a model's numbers, in bytes of four: weights, what an optimiser and a pass hold, and some room


@dataclass(frozen=True, slots=True, eq=False)
class FinetuneInputs:
    """The models, the smallest first, and the data."""

    sources: tuple[ModelSource, ...]
    data: EncodedData

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(source.width for source in self.sources)

    def source(self, width: int) -> ModelSource:
        """The model of a width."""
        return next(source for source in self.sources if source.width == width)


@lru_cache(maxsize=4)
def read_inputs(setting: FinetuneSetting, widths: tuple[int, ...]) -> FinetuneInputs:
    """The models and the data of a setting. Raises GammaError for what is not there or does not fit."""
    task, sources = TASKS[setting.task], model_sources(setting.model, widths)
    _check_length(setting, sources[0])
    split = read_records(setting.data)
    tokens = tokens_of(sources[0], texts_of(split, task, setting.named))
    data = encoded(
        split, task, tokens, setting.length, columns=setting.named, where=setting.data, held=setting.held_out
    )
    return FinetuneInputs(sources, data)


def default_targets(source: ModelSource, where: str) -> tuple[str, ...]:
    """The modules that get adapters where nothing is said. Raises ConfigError for a kind of which that is not known."""
    if source.kind not in FAMILIES:
        raise ConfigError(
            f"no usual targets of {source.kind}", where=where, hint="name some with --targets, as in q_proj,v_proj"
        )
    return FAMILIES[source.kind].targets


def check_models(setting: FinetuneSetting, sources: tuple[ModelSource, ...]) -> None:
    """Refuse models without the targets, of no use for the task, or that do not fit. Raises GammaError."""
    task = TASKS[setting.task]
    for source in (sources[0], sources[-1]):
        try:
            hollow = source.hollow(task.auto)
        except (ValueError, KeyError) as error:
            hint = f"transformers has no {task.auto} of {source.kind}; take another --task"
            raise ConfigError(f"no model for {task.name}", where=setting.model, hint=hint) from error
        if source.folder:
            check_weights(hollow, source.folder)
        linear = {n.rpartition(".")[2] for n, m in hollow.named_modules() if type(m).__name__ in ("Linear", "Conv1D")}
        for target in setting.targets:
            if target not in linear:
                raise unknown("target module", target, linear).at(setting.model)
        _check_memory(_bytes_of(hollow), source, setting)


def _bytes_of(hollow: torch.nn.Module) -> int:
    """What the training of a model takes."""
    return 4 * COPIES * sum(p.numel() for p in hollow.parameters())


def _check_memory(needed: int, source: ModelSource, setting: FinetuneSetting) -> None:
    there = allowed(setting.device)
    if needed > there:
        raise BudgetError(
            f"the model of width {source.width} takes about {gigabytes(needed)}, and {gigabytes(there)} may be taken",
            where=setting.model,
            hint=f"take one of {there // (4 * COPIES) // 10**6} million numbers or fewer",
        )


def check_processes(setting: FinetuneSetting, widest: ModelSource, count: int) -> None:
    """Refuse more processes than there is room for on this machine. Raises BudgetError."""
    if count == 1 or setting.device == "cuda":  # where each has an accelerator to itself
        return
    one, there = _bytes_of(widest.hollow(TASKS[setting.task].auto)), allowed(setting.device)
    if count * one > there:
        raise BudgetError(
            f"{count} processes take about {gigabytes(count * one)}, and {gigabytes(there)} may be taken",
            where=setting.model,
            hint=f"take --jobs {there // one}",
        )


def _check_length(setting: FinetuneSetting, source: ModelSource) -> None:
    room = source.fields.get("max_position_embeddings")
    if isinstance(room, int) and setting.length > room - 2:
        raise ConfigError(
            f"texts of {setting.length} tokens, and a model of {room} positions",
            where=setting.model,
            hint=f"take --length {room - 2} or less",
        )
