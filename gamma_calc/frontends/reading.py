"""Any file or folder that describes an adapter: which trainer's it is, told by what is in it, and its reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from gamma_calc.errors import ConfigError, GammaError
from gamma_calc.frontends import axolotl, llama_factory, mlx_lm, sd_scripts
from gamma_calc.frontends.adapter_file import AdapterFile, misspelt
from gamma_calc.frontends.json_file import named, read_object
from gamma_calc.frontends.peft_config import CONFIG, KNOWN, config_in
from gamma_calc.frontends.safetensors_header import SavedTensors, read_header
from gamma_calc.frontends.yaml_file import read_mapping

PEFT: Final = "Hugging Face peft"
WEIGHTS: Final = ("adapter_model.safetensors", "adapters.safetensors")
PICKLES: Final = ("adapter_model.bin", "adapter_model.pt")  # which would run what they hold
YAML: Final = (".yaml", ".yml")

Reader = Callable[[Path, Mapping[str, Any]], AdapterFile]
LAYOUTS: Final[tuple[tuple[frozenset[str], Reader], ...]] = (
    (mlx_lm.MARKS, mlx_lm.read),
    (llama_factory.MARKS, llama_factory.read),
    (axolotl.MARKS, axolotl.read),
)


def read_adapter(path: Path | str) -> AdapterFile:
    """The adapter that a configuration, a folder of saved weights, or a safetensors file of sd-scripts describes.

    Raises ConfigError, with the path in front.
    """
    path = named(path)
    try:
        if not path.exists():
            raise ConfigError("no such file", hint="name a configuration, or the folder of a saved adapter")
        if path.is_dir():
            return _folder(path)
        if path.suffix == ".safetensors":
            return _weights(path)
        return _config(path)
    except GammaError as error:
        raise error.at(str(path)) from error
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror}", where=str(path), hint="name a readable file or folder"
        ) from None


def _folder(path: Path) -> AdapterFile:
    weights = next((path / name for name in WEIGHTS if (path / name).exists()), None)
    found = _config(config_in(path))
    if weights is not None:
        return replace(found, saved=_header(weights))
    return replace(found, unread=next((name for name in PICKLES if (path / name).exists()), ""))


def _header(path: Path) -> SavedTensors:
    try:
        return read_header(path)
    except GammaError as error:
        raise error.at(path.name) from error


def _weights(path: Path) -> AdapterFile:
    saved = read_header(path)
    if sd_scripts.MARK in saved.metadata:
        return sd_scripts.read(path, saved)
    beside = path.parent / CONFIG
    if not beside.exists():
        raise ConfigError(f"weights with no {CONFIG} beside them", hint="alpha is nowhere: name the adapter's folder")
    return replace(_config(beside), saved=saved)


def _config(path: Path) -> AdapterFile:
    if path.suffix in YAML:
        return _trainers(path, read_mapping(path))
    fields = read_object(path)
    if not any(fields.keys() >= {mark} for mark in mlx_lm.MARKS):
        return AdapterFile(path, PEFT, fields, misspelt=misspelt(fields, tuple(sorted(KNOWN)), closed=True))
    return _trainers(path, fields)


def _trainers(path: Path, fields: Mapping[str, Any]) -> AdapterFile:
    for marks, read in LAYOUTS:
        if marks & fields.keys():
            return read(path, fields)
    raise ConfigError(
        "the config of no trainer that is known here",
        hint="axolotl names an adapter, LLaMA-Factory a finetuning_type, mlx-lm its lora_parameters",
    )
