"""Data as records: JSONL, CSV, Parquet, plain text, or a folder saved by the datasets library. Local files only."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from gamma_calc.errors import ConfigError, unknown
from validation.finetune.libraries import quiet

Records = Sequence[Mapping[str, str]]
TRAIN: Final = "train"
HELD_OUT: Final = ("held-out", "held_out", "validation", "valid", "dev", "test")
SHARE: Final = 10  # one part in so many is held out, where the data do not say which
MOST_BYTES: Final = 2**32


@dataclass(frozen=True, slots=True)
class RecordSplit:
    """What is trained on and what is held out; without the second, a part of the first is."""

    train: Records
    held: Records


def read_records(path: str) -> RecordSplit:
    """The records at a path: a file, or a folder with train.* and held-out.* (validation.*, test.*), or of datasets.

    Raises ConfigError for what is not there, of another kind, or empty.
    """
    place = Path(path)
    if not place.exists():
        raise ConfigError("no such file or folder", where=path, hint="name data as JSONL, CSV, Parquet or text")
    if place.is_file():
        return RecordSplit(_checked(_file(place), path), ())
    if (place / "dataset_dict.json").exists() or (place / "dataset_info.json").exists():
        return _saved(place)
    named = {found.stem: found for found in sorted(place.iterdir()) if found.suffix in READERS}
    if TRAIN not in named:
        hint = f"name a file, or put {TRAIN}.jsonl and held-out.jsonl there"
        raise ConfigError(f"has no file {TRAIN}.*", where=path, hint=hint)
    held = next((named[name] for name in HELD_OUT if name in named), None)
    return RecordSplit(_checked(_file(named[TRAIN]), path), () if held is None else _checked(_file(held), str(held)))


def _checked(records: Iterable[Mapping[str, str]], where: str) -> Records:
    found = list(records)
    if not found:
        raise ConfigError("has no records", where=where, hint="name data with at least a few")
    return found


def _file(path: Path) -> Iterable[Mapping[str, str]]:
    if path.suffix not in READERS:
        raise unknown("kind of data", path.suffix or path.name, READERS).at(str(path))
    if path.stat().st_size > MOST_BYTES:
        raise ConfigError("is larger than 4 GiB", where=str(path), hint="take a part of it")
    try:
        yield from READERS[path.suffix](path)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"is no text in UTF-8 ({error})", where=str(path), hint="save it as UTF-8") from error


def _json_lines(path: Path) -> Iterator[Mapping[str, str]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield _object(line, f"{path}:{number}")


def _object(line: str, where: str) -> Mapping[str, str]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ConfigError("is no JSON object", where=where, hint="write one object a line")
    return _texts(found)


def _csv(path: Path) -> Iterator[Mapping[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from (_texts(row) for row in csv.DictReader(file, delimiter="\t" if path.suffix == ".tsv" else ","))


def _text(path: Path) -> Iterator[Mapping[str, str]]:
    whole = path.read_text(encoding="utf-8")
    if whole.strip():
        yield {"text": whole}


def _parquet(path: Path) -> Iterator[Mapping[str, str]]:
    _refuse_without("pyarrow", path)
    from pyarrow import ArrowException, parquet

    try:
        rows = parquet.read_table(path).to_pylist()
    except (ArrowException, OSError) as error:
        raise ConfigError("is no Parquet file, or a damaged one", where=str(path), hint="write it again") from error
    yield from map(_texts, rows)


def _saved(folder: Path) -> RecordSplit:
    _refuse_without("datasets", folder)
    from datasets import load_from_disk

    try:
        with quiet():
            found = load_from_disk(str(folder))
    except Exception as error:
        what = f"datasets cannot read it ({type(error).__name__})"
        raise ConfigError(what, where=str(folder), hint="save it again with save_to_disk") from error
    if not hasattr(found, "keys"):
        return RecordSplit(_checked(map(_texts, found), str(folder)), ())
    if TRAIN not in found:
        raise ConfigError(
            f"has no split {TRAIN}, but {', '.join(found)}", where=str(folder), hint="name the split to train on so"
        )
    held = next((name for name in HELD_OUT if name in found), "")
    kept = _checked(map(_texts, found[held]), f"{folder}/{held}") if held else ()
    return RecordSplit(_checked(map(_texts, found[TRAIN]), f"{folder}/{TRAIN}"), kept)


def _refuse_without(library: str, where: Path) -> None:
    """Some formats are read with libraries that nothing else needs. Raises ConfigError."""
    if find_spec(library) is None:
        raise ConfigError(
            f"is read with {library}, which is not installed",
            where=str(where),
            hint="pip install 'gamma-calc[datasets]', or save the data as JSONL",
        )


def _texts(row: Mapping[str, Any]) -> Mapping[str, str]:
    """Values as texts; what is nothing is left out."""
    return {
        str(name): value if isinstance(value, str) else str(value) for name, value in row.items() if value is not None
    }


READERS: Final[Mapping[str, Callable[[Path], Iterator[Mapping[str, str]]]]] = MappingProxyType(
    {".jsonl": _json_lines, ".csv": _csv, ".tsv": _csv, ".txt": _text, ".md": _text, ".parquet": _parquet}
)
