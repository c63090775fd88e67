"""axolotl's YAML: its names of what peft's configuration holds, and of what the trainer is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from gamma_calc.errors import ConfigError
from gamma_calc.frontends.adapter_file import AdapterFile, TrainerSettings, misspelt

NAME: Final = "axolotl"
MARKS: Final = frozenset(["adapter", "lora_r", "lora_target_linear", "lora_target_modules", "lora_modules_to_save"])
WORDS: Final = {
    "r": "lora_r",
    "lora_alpha": "lora_alpha",
    "lora_dropout": "lora_dropout",
    "target_modules": "lora_target_modules",
    "target_parameters": "lora_target_parameters",
    "modules_to_save": "lora_modules_to_save",
    "layers_to_transform": "peft_layers_to_transform",
    "trainable_token_indices": "peft_trainable_token_indices",
    "use_dora": "peft_use_dora",
    "use_rslora": "peft_use_rslora",
    "init_lora_weights": "peft_init_lora_weights",
}
TRAINING: Final = ("learning_rate", "optimizer", "loraplus_lr_ratio")
EMBEDDINGS: Final = "embedding_lr"  # of modules trained whole, the readout among them
PLUS: Final = "loraplus_lr_embedding"  # of adapters on embeddings, where there is a ratio
PLUS_DEFAULT: Final = "1e-6"
OTHERS: Final = ("embedding_lr_scale", "optim_target_modules", "peft_use_relora")  # nearly the names of these
ADAPTERS: Final = ("lora", "qlora")


def read(path: Path, fields: Mapping[str, Any]) -> AdapterFile:
    """Raises ConfigError for another kind of training, and for a missing rank or alpha, which axolotl asks for."""
    if fields.get("adapter") not in ADAPTERS:
        raise ConfigError(f"adapter is {fields.get('adapter')!r}", hint=f"the readers know {' and '.join(ADAPTERS)}")
    found = {name: fields[word] for name, word in WORDS.items() if fields.get(word) is not None}
    if fields.get("lora_target_linear"):
        found["target_modules"] = "all-linear"
    for name in ("r", "lora_alpha"):
        if name not in found:
            raise ConfigError(f"no {WORDS[name]}", hint=f"write {WORDS[name]}: 16")
    known = (*WORDS.values(), *TRAINING, *OTHERS, EMBEDDINGS, PLUS, "adapter", "lora_target_linear")
    rate, optimiser, ratio = (fields.get(name) for name in TRAINING)
    return AdapterFile(
        path,
        NAME,
        {"peft_type": "LORA", **found},
        WORDS,
        TrainerSettings(rate, None if optimiser is None else str(optimiser), ratio, _own_rates(fields)),
        misspelt(fields, known, closed=False),
    )


def _own_rates(fields: Mapping[str, Any]) -> dict[str, object]:
    whole, plus = fields.get(EMBEDDINGS), fields.get(PLUS, PLUS_DEFAULT)
    own = {} if whole is None else {"embedding": whole, "head": whole}
    return own if fields.get("loraplus_lr_ratio") is None else own | {"embedding adapter": plus}
