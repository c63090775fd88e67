"""The metadata that sd-scripts writes into a safetensors file: the network's dimension, its alpha, and the rates."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gamma_calc.display.shown import shown
from gamma_calc.errors import ConfigError
from gamma_calc.frontends.adapter_file import AdapterFile, TrainerSettings
from gamma_calc.frontends.json_file import LONGEST
from gamma_calc.frontends.plain_text import number_or_text
from gamma_calc.frontends.safetensors_header import SavedTensors

NAME: Final = "sd-scripts"
MARK: Final = "ss_network_dim"
PLAIN: Final = "networks.lora"  # and networks.lora_flux and others, which differ in what they adapt
WORDS: Final = {"r": MARK, "lora_alpha": "ss_network_alpha"}
RATES: Final = ("ss_unet_lr", "ss_learning_rate")


def read(path: Path, saved: SavedTensors) -> AdapterFile:
    """All values are texts there, None for what is not given. Raises ConfigError for another network."""
    told = {name: value for name, value in saved.metadata.items() if value != "None"}
    module = told.get("ss_network_module", PLAIN)
    if not module.startswith(PLAIN):
        raise ConfigError(f"ss_network_module is {shown(module, LONGEST)!r}", hint=f"the reader knows {PLAIN}")
    optimiser = told.get("ss_optimizer")
    fields = {
        "peft_type": "LORA",
        "r": number_or_text(told[MARK]),
        "lora_alpha": number_or_text(told.get(WORDS["lora_alpha"], "1")),
    }
    rate = next((told[name] for name in RATES if name in told), None)
    return AdapterFile(
        path,
        NAME,
        fields,
        WORDS,
        TrainerSettings(rate, None if optimiser is None else _class_name(optimiser)),
        saved=saved,
    )


def _class_name(text: str) -> str:
    """The last name of a path such as torch.optim.adamw.AdamW(weight_decay=0.1)."""
    return text.partition("(")[0].rpartition(".")[2]
