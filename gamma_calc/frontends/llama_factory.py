"""LLaMA-Factory's YAML: its names of what peft's configuration holds, and of what the trainer is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from gamma_calc.errors import ConfigError
from gamma_calc.frontends.adapter_file import AdapterFile, TrainerSettings, misspelt

NAME: Final = "LLaMA-Factory"
MARKS: Final = frozenset(["finetuning_type", "lora_rank", "lora_target"])
WORDS: Final = {
    "r": "lora_rank",
    "lora_alpha": "lora_alpha",
    "lora_dropout": "lora_dropout",
    "target_modules": "lora_target",
    "modules_to_save": "additional_target",
    "use_dora": "use_dora",
    "use_rslora": "use_rslora",
}
START: Final = ("pissa_init", "pissa_iter")
TRAINING: Final = ("learning_rate", "optim", "loraplus_lr_ratio")
PLUS: Final = "loraplus_lr_embedding"  # of adapters on embeddings, where there is a ratio
PLUS_DEFAULT: Final = "1e-6"
OTHERS: Final = ("galore_target",)  # nearly the name of one of these
LISTS: Final = ("target_modules", "modules_to_save")  # written as one text with commas
RANK: Final = 8  # where the file names none; alpha is then twice the rank


def read(path: Path, fields: Mapping[str, Any]) -> AdapterFile:
    """Raises ConfigError for a kind of fine-tuning without adapters."""
    kind = fields.get("finetuning_type", "lora")
    if kind != "lora":
        raise ConfigError(f"finetuning_type is {kind!r}", hint="the reader knows lora")
    found = dict(_fields(fields))
    rate, optimiser, ratio = (fields.get(name) for name in TRAINING)
    known = (*WORDS.values(), *START, *TRAINING, *OTHERS, PLUS, "finetuning_type")
    own = {} if ratio is None else {"embedding adapter": fields.get(PLUS, PLUS_DEFAULT)}
    return AdapterFile(
        path,
        NAME,
        {"peft_type": "LORA", **found},
        {**WORDS, "init_lora_weights": START[0]},
        TrainerSettings(rate, None if optimiser is None else str(optimiser), ratio, own),
        misspelt(fields, known, closed=False),
    )


def _fields(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    rank = fields.get(WORDS["r"], RANK)
    yield "r", rank
    yield "lora_alpha", 2 * rank if isinstance(rank, int) else rank
    for name, word in WORDS.items():
        if fields.get(word) is not None:
            yield name, _listed(fields[word]) if name in LISTS else fields[word]
    if fields.get(START[0]):
        steps = fields.get(START[1], 16)
        yield "init_lora_weights", "pissa" if steps == -1 else f"pissa_niter_{steps}"


def _listed(value: object) -> object:
    if not isinstance(value, str):
        return value
    return "all-linear" if value == "all" else [part.strip() for part in value.split(",")]
