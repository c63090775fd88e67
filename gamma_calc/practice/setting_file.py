"""What the file of a trainer, or the folder of a saved adapter, says of a setting."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gamma_calc.errors import ConfigError, GammaError
from gamma_calc.frontends.adapter_file import TrainerSettings
from gamma_calc.frontends.peft_config import PeftConfig
from gamma_calc.frontends.reading import read_adapter
from gamma_calc.practice.setting_values import read_number


def from_file(path: Path, said: Mapping[str, Any], *, with_rates: bool) -> dict[str, Any]:
    """The words of a setting that are said, with those that a file adds. Raises GammaError with the path in front.

    ``with_rates``: the trainer's learning rate as well, where none is said; LoRA+'s ratio makes two of one.
    """
    file = read_adapter(path)
    try:
        found = _adapter(file.config, said) | _optimiser(file.trainer) | dict(said)
        return found | (_rates(file.trainer, found) if with_rates else _as_lora_plus(file.trainer))
    except GammaError as error:
        raise error.at(str(path)) from error


def _adapter(config: PeftConfig, said: Mapping[str, Any]) -> dict[str, Any]:
    """What is trained, with its rank and alpha. Raises ConfigError where groups of modules differ in them."""
    groups = {(group.rank, group.alpha.numerator / group.alpha.denominator, group.rs) for group in config.groups}
    if len(groups) > 1 and not {"r", "alpha"} <= said.keys():
        raise ConfigError(
            f"{len(groups)} groups of modules differ in r or alpha",
            hint="write the numbers of one of them beside the path: r=8 alpha=16",
        )
    gone = {"alpha", "rslora"} if "s" in said else set()
    numbers = {name: value for group in groups for name, value in zip(("r", "alpha", "rslora"), group, strict=True)}
    found = {"adapter": config.target, "init": config.init or None, **numbers}
    return {name: value for name, value in found.items() if value is not None and name not in gone}


def _optimiser(trainer: TrainerSettings) -> dict[str, Any]:
    return {} if trainer.optimiser is None else {"optimiser": trainer.optimiser}


def _rates(trainer: TrainerSettings, found: Mapping[str, Any]) -> dict[str, Any]:
    """One learning rate, or two where there is a ratio; None for the one that they take the place of."""
    lr = found.get("lr") or (None if trainer.rate is None else read_number("lr", str(trainer.rate)))
    if lr is None or {"lr_A", "lr_B"} & found.keys():
        return {}
    if trainer.ratio is None:
        return {"lr": lr}
    return {"lr": None, "lr_A": lr, "lr_B": lr * read_number("ratio", str(trainer.ratio))}


def _as_lora_plus(trainer: TrainerSettings) -> dict[str, Any]:
    return {} if trainer.ratio is None else {"adapter": "lora+"}
