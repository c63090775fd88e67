"""Where a model comes from: a checkpoint folder, a folder of checkpoints of several widths, or a configuration."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch

from gamma_calc.errors import ConfigError, unknown
from validation.finetune.checkpoint_weights import weight_files
from validation.finetune.libraries import quiet, transformers
from validation.finetune.small_models import FAMILIES, WidthFamily

PICKLES: Final = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
CONFIG: Final = "config.json"
MOST_BYTES: Final = 2**20  # of a configuration
WIDTHS: Final = (64, 128, 256, 512)  # of a family, where nothing is said


@dataclass(frozen=True, slots=True)
class ModelSource:
    """One model of one width: ``folder`` has its weights, "" where they are drawn; ``config`` is JSON in one spelling.

    ``identity`` stands for everything that decides its numbers.
    """

    width: int
    folder: str
    config: str
    identity: str

    @property
    def fields(self) -> dict[str, Any]:
        """The configuration."""
        return dict(json.loads(self.config))

    @property
    def kind(self) -> str:
        """What transformers calls model_type."""
        return str(self.fields["model_type"])

    def made(self, auto: str, **fields: Any) -> Any:
        """The model by the name of a class of transformers, read or drawn; the caller seeds. ``fields`` are changed."""
        library = transformers()
        with quiet():
            if not self.folder:
                return getattr(library, auto).from_config(self.configuration(**fields))
            settings = {"use_safetensors": True, "local_files_only": True, "dtype": torch.float32}
            settings["ignore_mismatched_sizes"] = "num_labels" in fields  # a head of other classes is made anew
            return getattr(library, auto).from_pretrained(self.folder, **settings, **fields)

    def hollow(self, auto: str) -> torch.nn.Module:
        """The model without numbers."""
        with torch.device("meta"), quiet():
            hollow: torch.nn.Module = getattr(transformers(), auto).from_config(self.configuration())
        return hollow

    def configuration(self, **fields: Any) -> Any:
        """As transformers has it."""
        given = self.fields | fields
        return transformers().AutoConfig.for_model(given.pop("model_type"), **given)


def model_sources(path: str, widths: tuple[int, ...] = ()) -> tuple[ModelSource, ...]:
    """The models that a path or a name stands for, the smallest first. ``widths`` are those of a family, all if empty.

    Raises ConfigError for what is none, with a pickle only, or of widths that cannot be made; UnknownName.

    >>> [source.width for source in model_sources("llama", (32, 64))]
    [32, 64]
    """
    place = Path(path)
    if path in FAMILIES and not place.exists():
        return _family({"model_type": path, **FAMILIES[path].small}, widths, path)
    if place.is_file() and place.suffix == ".json":
        return _family(_read(place), widths, path)
    if not place.is_dir():
        hint = f"name a checkpoint folder, a config.json, or one of {', '.join(FAMILIES)}"
        raise ConfigError("no such model", where=path, hint=hint)
    there = tuple(sorted(_checkpoints(place), key=lambda source: source.width))
    return _chosen(there, widths, path)


# -- checkpoints -------------------------------------------------------------------------------------------------------


def _checkpoints(folder: Path) -> Iterator[ModelSource]:
    """The folder itself, or those in it: a family of checkpoints."""
    if (folder / CONFIG).exists():
        yield _checkpoint(folder)
        return
    inside = sorted(found.parent for found in folder.glob(f"*/{CONFIG}"))
    if not inside:
        raise ConfigError(f"has no {CONFIG}", where=str(folder), hint="name a folder that save_pretrained wrote")
    found = [_checkpoint(one) for one in inside]
    if len({source.width for source in found}) < len(found) or len({source.kind for source in found}) > 1:
        raise ConfigError(
            "holds several checkpoints of one width, or of several kinds",
            where=str(folder),
            hint="name one of them, or keep one kind at each width",
        )
    yield from found


def _chosen(there: tuple[ModelSource, ...], widths: tuple[int, ...], where: str) -> tuple[ModelSource, ...]:
    """Those of the widths asked for."""
    for width in widths:
        if all(source.width != width for source in there):
            listed = ", ".join(str(source.width) for source in there)
            raise ConfigError(f"has no checkpoint of width {width}", where=where, hint=f"there are {listed}")
    return tuple(source for source in there if not widths or source.width in widths)


def _checkpoint(folder: Path) -> ModelSource:
    fields, weights = _read(folder / CONFIG), weight_files(folder)
    if not weights:
        pickles = [found.name for kind in PICKLES for found in folder.glob(kind)]
        what = f"has its weights in {pickles[0]} only, which can run code when read" if pickles else "has no weights"
        raise ConfigError(
            what, where=str(folder), hint="save it with save_pretrained of transformers 5, as model.safetensors"
        )
    text = json.dumps(fields, sort_keys=True)
    hashed = hashlib.sha256(text.encode())
    for one in weights:
        with one.open("rb") as file:
            hashed.update(hashlib.file_digest(file, "sha256").digest())
    return ModelSource(_width(fields, str(folder)), str(folder), text, hashed.hexdigest())


def _width(fields: Mapping[str, Any], where: str) -> int:
    kind = FAMILIES.get(str(fields.get("model_type")))
    value = fields.get(kind.width if kind else "hidden_size", fields.get("d_model"))
    if not isinstance(value, int) or value < 2:
        raise ConfigError("says no hidden_size", where=where, hint="name a configuration of a transformers model")
    return value


def _read(path: Path) -> dict[str, Any]:
    """A configuration; nothing in it is run."""
    if path.stat().st_size > MOST_BYTES:
        raise ConfigError("is too large for a configuration", where=str(path), hint="name a config.json")
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ConfigError("is no JSON", where=str(path), hint="name a config.json") from error
    if not isinstance(fields, dict) or "model_type" not in fields:
        raise ConfigError("says no model_type", where=str(path), hint="name a configuration of a transformers model")
    if "auto_map" in fields:
        raise ConfigError("asks for code of its own", where=str(path), hint="name a model that transformers has itself")
    _check_kind(str(fields["model_type"]), str(path))
    return fields


def _check_kind(kind: str, where: str) -> None:
    known = transformers().models.auto.configuration_auto.CONFIG_MAPPING
    if kind not in known:
        raise unknown("model_type", kind, known.keys()).at(where)


# -- families ----------------------------------------------------------------------------------------------------------


def _family(fields: Mapping[str, Any], widths: tuple[int, ...], where: str) -> tuple[ModelSource, ...]:
    kind = str(fields["model_type"])
    if kind not in FAMILIES:
        raise unknown("family over width", kind, FAMILIES).at(where)
    return tuple(_scaled(fields, FAMILIES[kind], width, where) for width in widths or WIDTHS)


def _scaled(fields: Mapping[str, Any], family: WidthFamily, width: int, where: str) -> ModelSource:
    """One width: what is scaled keeps its ratio to it, and a head its size."""
    first = _width(fields, where)
    given = {**fields, family.width: width}
    for name in (*family.scaled, *family.heads):
        if name in fields:
            given[name] = _multiple(name, fields[name], width, first, where)
    if family.spread:
        given[family.spread] = width**-0.5
    text = json.dumps(given, sort_keys=True)
    return ModelSource(width, "", text, hashlib.sha256(text.encode()).hexdigest())


def _multiple(name: str, value: int, width: int, first: int, where: str) -> int:
    scaled, rest = divmod(value * width, first)
    if rest or not scaled:
        raise ConfigError(
            f"{name} is {value} at width {first} and no whole number at {width}",
            where=where,
            hint=f"take widths that are multiples of {first // value if first >= value else 1}",
        )
    return scaled
