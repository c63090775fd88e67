"""A table of runs from a CSV: a learning rate and a loss on each line, and what the run was set to.

Columns ``lr`` and the loss are needed; ``width``, ``rank``, ``alpha`` and ``batch`` (samples a step) are numbers, every
other column is text.
Nothing is guessed: a text where a number stands is refused with its line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import Final

from gamma_calc.display.shown import shown
from gamma_calc.errors import ConfigError, unknown

RATE: Final = "lr"
LOSS: Final = "loss"
NUMBERS: Final = ("width", "rank", "alpha", "batch")
SLOPES: Final = ("rank", "width", "batch")  # in which a best rate may move
SETTINGS: Final = ("model", *NUMBERS)  # what tells cells apart
MOST_BYTES: Final = 2**24
LARGEST: Final = Decimal(10) ** 12
LONGEST: Final = 40


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """One run: its line in the file, its rate and its loss (None where training diverged), and its other columns."""

    line: int
    rate: Decimal
    loss: Decimal | None
    values: Mapping[str, str]

    def number(self, column: str) -> Decimal:
        """A column of NUMBERS."""
        return Decimal(self.values[column])

    def key(self, columns: Iterable[str]) -> tuple[str, ...]:
        """The text in these columns, numbers in one spelling."""
        return tuple(_spelled(column, self.values[column]) for column in columns)


@dataclass(frozen=True, slots=True)
class RunsTable:
    """The runs of a file, and its columns."""

    path: Path
    columns: tuple[str, ...]
    runs: tuple[RecordedRun, ...]

    @property
    def settings(self) -> tuple[str, ...]:
        """The columns that tell cells apart."""
        return tuple(column for column in SETTINGS if column in self.columns)

    def varying(self) -> tuple[str, ...]:
        """The rank, the width and the batch, as far as they differ between runs."""
        return tuple(c for c in SLOPES if c in self.columns and len({run.key([c]) for run in self.runs}) > 1)

    def where(self, conditions: Mapping[str, str]) -> RunsTable:
        """The runs with these values. Raises UnknownName for a column or a value that is not there, ConfigError."""
        kept = self.runs
        for column, value in conditions.items():
            self.check_column(column)
            there = {run.key([column])[0] for run in kept}
            if _spelled(column, value) not in there:
                raise unknown(f"{column} in {self.path}", shown(value, LONGEST), there)
            kept = tuple(run for run in kept if run.key([column])[0] == _spelled(column, value))
        return replace(self, runs=kept)

    def check_column(self, column: str) -> None:
        """Raises UnknownName for one that the file does not have."""
        if column not in self.columns:
            raise unknown(f"column of {self.path}", shown(column, LONGEST), self.columns)


def read_runs(path: Path, loss: str = LOSS) -> RunsTable:
    """The runs of a CSV whose loss stands in the column ``loss``. Raises ConfigError with the line."""
    rows = list(_rows(path))
    heads = [head.strip() for head in rows[0]] if rows else []
    for needed in (RATE, loss):
        if needed not in heads:
            raise ConfigError(f"no column {needed}", where=str(path), hint=_hint(needed, heads))
    if len(set(heads)) < len(heads):
        raise ConfigError("two columns have one name", where=str(path), hint="give each its own")
    runs = tuple(_run(path, line, heads, row, loss) for line, row in enumerate(rows[1:], 2) if any(row))
    if not runs:
        raise ConfigError("no runs below the heads", where=str(path), hint="write one line a run")
    return RunsTable(path, tuple(heads), runs)


def _rows(path: Path) -> Iterator[Sequence[str]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ConfigError(f"larger than {MOST_BYTES // 2**20} MB", where=str(path), hint="keep one line a run")
        if not path.is_file():
            raise ConfigError("is no file", where=str(path), hint="name a CSV")
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.reader(file, strict=True)
    except OSError as error:
        raise ConfigError(f"cannot be read ({error.strerror})", where=str(path), hint="name a CSV") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"is no CSV: {error}", where=str(path), hint="write commas between cells, in UTF-8") from None


def _hint(needed: str, heads: Sequence[str]) -> str:
    near = [head for head in heads if needed in head]
    if needed == RATE or not near:
        return f"there are {', '.join(heads) or 'none'}; the columns lr and loss are needed"
    return f"name the column with --loss: {' or '.join(near)}"


def _run(path: Path, line: int, heads: Sequence[str], row: Sequence[str], loss: str) -> RecordedRun:
    where = f"{path}, line {line}"
    if len(row) != len(heads):
        raise ConfigError(f"{len(row)} cells under {len(heads)} heads", where=where, hint="write one for each")
    values = {head: cell.strip() for head, cell in zip(heads, row, strict=True)}
    for column in NUMBERS:
        if column in values:
            _positive(values[column], column, where)
    others = {head: cell for head, cell in values.items() if head not in (RATE, loss)}
    return RecordedRun(
        line, _positive(values[RATE], RATE, where), _loss(values[loss], loss, where), MappingProxyType(others)
    )


def _positive(text: str, column: str, where: str) -> Decimal:
    value = _decimal(text, column, where)
    if not (value.is_finite() and 1 / LARGEST <= value <= LARGEST):
        raise ConfigError(f"{column} is {shown(text, LONGEST)!r}", where=where, hint="write a positive number")
    return value


def _loss(text: str, column: str, where: str) -> Decimal | None:
    """None for what is no finite number, as a diverged run writes it."""
    value = _decimal(text, column, where)
    if value.is_finite() and abs(value) > LARGEST:
        raise ConfigError(f"{column} is {shown(text, LONGEST)!r}", where=where, hint="write nan for a diverged run")
    return value if value.is_finite() else None


def _decimal(text: str, column: str, where: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        hint = "write a plain number without a unit"
        raise ConfigError(f"{column} is {shown(text, LONGEST)!r}", where=where, hint=hint) from None


def _spelled(column: str, text: str) -> str:
    """Numbers in one spelling: 8, 8.0 and 8e0 are one rank."""
    if column not in NUMBERS:
        return text
    try:
        return f"{Decimal(text).normalize():f}"
    except InvalidOperation:
        return text
