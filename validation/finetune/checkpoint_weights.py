"""The weights of a checkpoint by their headers alone: are all files there and whole, and do they fit the model?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from gamma_calc.errors import ConfigError
from gamma_calc.frontends.safetensors_header import read_header

WEIGHTS: Final = "*.safetensors"
INDEX: Final = "model.safetensors.index.json"
AGAIN: Final = "get the checkpoint again, or save it again with save_pretrained"
Shapes = Mapping[str, tuple[int, ...]]


def weight_files(folder: Path) -> list[Path]:
    """Those there. Raises ConfigError where the list of shards names one that is not."""
    found = sorted(folder.glob(WEIGHTS))
    for name in sorted(_listed(folder / INDEX)):
        if folder / name not in found:
            raise ConfigError(f"lacks {name}, which {INDEX} names", where=str(folder), hint=AGAIN)
    return found


def _listed(index: Path) -> set[str]:
    if not index.exists():
        return set()
    try:
        return {str(name) for name in json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError("is no list of shards", where=str(index), hint=AGAIN) from error


def saved_shapes(folder: Path) -> Shapes:
    """Of every tensor, by name. Raises ConfigError for a file that is damaged."""
    found: dict[str, tuple[int, ...]] = {}
    for file in weight_files(folder):
        try:
            found |= {one.name: one.shape for one in read_header(file).tensors.values()}
        except ConfigError as error:
            raise error.at(str(file)) from error
    return found


def check_weights(hollow: Any, folder: str) -> None:
    """Do they fit a model without numbers? What a task adds may be missing. Raises ConfigError."""
    there, before = saved_shapes(Path(folder)), f"{hollow.base_model_prefix}."
    wanted = {name: tuple(tensor.shape) for name, tensor in hollow.state_dict().items()}
    same = [
        (name, shape, found)
        for name, shape in wanted.items()
        if (found := there.get(name, there.get(name.removeprefix(before)))) is not None
    ]
    if not same:
        raise ConfigError("its weights are those of another model", where=folder, hint=AGAIN)
    for name, shape, found in same:
        if found != shape:
            what = f"its weights do not fit its configuration ({name} is {_told(found)}, not {_told(shape)})"
            raise ConfigError(what, where=folder, hint=AGAIN)


def _told(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
