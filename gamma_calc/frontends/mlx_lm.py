"""mlx-lm's YAML or adapter_config.json: the multiplier is written as it is, not as alpha over the rank."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from gamma_calc.errors import ConfigError
from gamma_calc.frontends.adapter_file import AdapterFile, TrainerSettings, misspelt
from gamma_calc.frontends.json_file import value_text

NAME: Final = "mlx-lm"
MARKS: Final = frozenset(["lora_parameters"])
TYPES: Final = ("lora", "dora")
WORDS: Final = {
    "r": "lora_parameters.rank",
    "lora_alpha": "lora_parameters.scale",
    "lora_dropout": "lora_parameters.dropout",
    "target_modules": "lora_parameters.keys",
    "use_dora": "fine_tune_type",
}
OWN: Final = ("rank", "scale", "alpha", "dropout", "keys")
DEFAULTS: Final = {"rank": 8, "scale": 20}


def read(path: Path, fields: Mapping[str, Any]) -> AdapterFile:
    """Raises ConfigError for training without adapters, and for parameters that are no mapping."""
    kind = fields.get("fine_tune_type", "lora")
    if kind not in TYPES:
        raise ConfigError(f"fine_tune_type is {kind!r}", hint=f"the reader knows {' and '.join(TYPES)}")
    own = fields["lora_parameters"]
    if not isinstance(own, dict):
        raise ConfigError(f"lora_parameters is {value_text(own)}", hint="write rank, scale and dropout below it")
    own = {**({} if "alpha" in own else DEFAULTS), **own}
    found = {"peft_type": "LORA", "r": own.get("rank"), "lora_alpha": _alpha(own), "use_dora": kind == "dora"}
    if own.get("keys"):
        found["target_modules"] = own["keys"]
    optimiser = fields.get("optimizer")
    return AdapterFile(
        path,
        NAME,
        found,
        WORDS,
        TrainerSettings(fields.get("learning_rate"), None if optimiser is None else str(optimiser)),
        misspelt(own, OWN, closed=True),
    )


def _alpha(own: Mapping[str, Any]) -> Any:
    """What peft would be told for the same multiplier."""
    scale, rank = own.get("scale"), own.get("rank")
    if scale is None:
        return own.get("alpha")
    numbers = isinstance(scale, int | Decimal) and isinstance(rank, int) and not isinstance(scale, bool)
    return scale * rank if numbers else scale
