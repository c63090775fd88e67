"""Records as numbers: what a model is given, in equal lengths, and the part that is held out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

import torch

from gamma_calc.errors import ConfigError
from validation.finetune.byte_tokens import Tokens
from validation.finetune.records import SHARE, Records, RecordSplit
from validation.finetune.task import IGNORED, TaskKind

Arrays = Mapping[str, torch.Tensor]
FEWEST: Final = 2  # examples of either part


@dataclass(frozen=True, eq=False)
class EncodedData:
    """Examples to train on and examples held out, by the names of a model's arguments; ``labels`` are classes."""

    train: Arrays
    held: Arrays
    labels: tuple[str, ...] = ()

    @cached_property
    def identity(self) -> str:
        """A hash of every number."""
        hashed = hashlib.sha256(repr(self.labels).encode())
        for part in (self.train, self.held):
            for name in sorted(part):
                hashed.update(name.encode() + part[name].numpy().tobytes())
        return hashed.hexdigest()


def encoded(
    split: RecordSplit,
    task: TaskKind,
    tokens: Tokens,
    length: int,
    *,
    columns: Mapping[str, str],
    where: str,
    held: int = 32,
) -> EncodedData:
    """The examples of a task. ``columns`` maps the task's names to those of the data. Raises ConfigError.

    Of what is held out the first ``held`` examples are kept.

    >>> from validation.finetune.byte_tokens import ByteTokens
    >>> from validation.finetune.task import TASKS
    >>> split, task = RecordSplit([{"text": "ab" * 90}], ()), TASKS["causal-lm"]
    >>> found = encoded(split, task, ByteTokens(), 8, columns={}, where="")
    >>> tuple(found.train["input_ids"].shape), tuple(found.held["input_ids"].shape)
    ((20, 8), (2, 8))
    """
    named = {name: columns.get(name, name) for name in (*task.columns, *task.optional)}
    train, apart = (_renamed(part, task, named, where) for part in (split.train, split.held))
    labels = _labels(train, apart, where) if "label" in task.columns else ()
    make = MAKERS[task.name]
    arrays = make(train, tokens, length, labels)
    kept = make(apart, tokens, length, labels) if apart else {}
    if not kept:
        arrays, kept = _split(arrays)
    _check_size(arrays, kept, length, where)
    return EncodedData(arrays, {name: value[:held] for name, value in kept.items()}, labels)


def texts_of(split: RecordSplit, task: TaskKind, columns: Mapping[str, str]) -> Iterator[str]:
    """What a tokenizer can be trained on: all that is trained on but for labels."""
    names = [columns.get(name, name) for name in (*task.columns, *task.optional) if name != "label"]
    yield from (record[name] for record in split.train for name in names if name in record)


def _renamed(records: Records, task: TaskKind, named: Mapping[str, str], where: str) -> Records:
    return [_one(record, number, task, named, where) for number, record in enumerate(records, start=1)]


def _one(
    record: Mapping[str, str], number: int, task: TaskKind, named: Mapping[str, str], where: str
) -> Mapping[str, str]:
    for name in task.columns:
        if named[name] not in record:
            there = ", ".join(record) or "nothing"
            hint = f"--task {task.name} needs {', '.join(task.columns)}; say which with --columns {name}=COLUMN"
            raise ConfigError(f"record {number} has no {named[name]}, but {there}", where=where, hint=hint)
    return {name: record[column] for name, column in named.items() if column in record}


def _labels(train: Records, apart: Records, where: str) -> tuple[str, ...]:
    found = tuple(sorted({record["label"] for record in train}))
    if len(found) < FEWEST:
        raise ConfigError(f"every label is {found[0]!r}", where=where, hint="name data of two classes or more")
    for record in apart:
        if record["label"] not in found:
            what = f"label {record['label']!r} is held out alone"
            raise ConfigError(what, where=where, hint="have every label in what is trained on")
    return found


def _split(arrays: Arrays) -> tuple[Arrays, Arrays]:
    """The last part is held out."""
    count = len(next(iter(arrays.values())))
    at = count - max(1, count // SHARE)
    return {n: v[:at] for n, v in arrays.items()}, {n: v[at:] for n, v in arrays.items()}


def _check_size(train: Arrays, held: Arrays, length: int, where: str) -> None:
    counts = [len(part["input_ids"]) for part in (train, held)]
    if min(counts) < 1 or counts[0] < FEWEST:
        raise ConfigError(
            f"gives {counts[0]} examples of {length} tokens to train on and {counts[1]} to hold out",
            where=where,
            hint="name more data, or a smaller --length",
        )


# -- by task -----------------------------------------------------------------------------------------------------------


def _blocks(records: Records, tokens: Tokens, length: int, _: Sequence[str]) -> Arrays:
    """All texts one after the other, cut into blocks."""
    stream = [number for record in records for number in (*tokens.encode(record["text"]), tokens.end)]
    count = len(stream) // length
    ids = torch.tensor(stream[: count * length], dtype=torch.long).reshape(count, length)
    return {"input_ids": ids, "labels": ids}


def _classes(records: Records, tokens: Tokens, length: int, labels: Sequence[str]) -> Arrays:
    texts = [_joined(record, tokens) for record in records]
    return _padded(texts, tokens, length) | {"labels": torch.tensor([labels.index(r["label"]) for r in records])}


def _joined(record: Mapping[str, str], tokens: Tokens) -> list[int]:
    texts = [record[name] for name in ("text", "text_pair") if name in record]
    return [number for text in texts for number in (*tokens.encode(text), tokens.end)]


def _pairs(records: Records, tokens: Tokens, length: int, _: Sequence[str]) -> Arrays:
    given = _padded([[*tokens.encode(r["input"]), tokens.end] for r in records], tokens, length)
    wanted = _padded([[*tokens.encode(r["target"]), tokens.end] for r in records], tokens, length)
    return given | {"labels": wanted["input_ids"].masked_fill(wanted["attention_mask"] == 0, IGNORED)}


def _padded(texts: Iterable[Sequence[int]], tokens: Tokens, length: int) -> dict[str, torch.Tensor]:
    cut = [list(text[:length]) for text in texts]
    ids = [text + [tokens.pad] * (length - len(text)) for text in cut]
    mask = [[1] * len(text) + [0] * (length - len(text)) for text in cut]
    return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}


Maker = Callable[[Records, Tokens, int, Sequence[str]], Arrays]
MAKERS: Final[Mapping[str, Maker]] = MappingProxyType(
    {"causal-lm": _blocks, "classification": _classes, "seq2seq": _pairs}
)
