"""What a validation found: rows, a verdict, a table, a figure, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from gamma_calc.display.blocks import Block
from gamma_calc.display.figure import save
from gamma_calc.display.json import Data, document
from gamma_calc.display.showing import SelfShowing
from gamma_calc.errors import require, unknown, written
from validation.errors import SettingError
from validation.executor.memory import MEMORY, gigabytes
from validation.executor.published import RunStart
from validation.measurement.figure import panels
from validation.statistics.slope import Floats
from validation.statistics.verdict import Row, Verdict, counted, overall, worst_first

COLUMNS: Final = ("quantity", "step", "predicted", "measured", "95 % interval", "verdict")


@dataclass(frozen=True, eq=False)
class Validation(SelfShowing):
    """One row for each quantity and step, and the verdict on all of them.

    ``sizes`` holds the root mean squares over seeds behind each row: (quantity, step) to one number for each width.
    ``memory`` is the number of bytes that the largest cell took at least, where that is known, ``start`` how the
    factors were made where there are two ways. ``print`` gives the table, ``to_json`` the data, ``figure`` the slopes.

    >>> Validation("a program", (), (64, 128, 256, 512), 8, {}).verdict
    <Verdict.UNDECIDED: 'undecided'>
    """

    program: str
    rows: tuple[Row, ...]
    widths: tuple[int, ...]
    seeds: int
    sizes: Mapping[tuple[str, int], Floats] = field(repr=False)
    memory: int | None = None
    start: RunStart | None = None

    @property
    def verdict(self) -> Verdict:
        """Refuted if one row is, confirmed if every row is, else undecided."""
        return overall(self.rows)

    def row(self, quantity: str, step: int) -> Row:
        """The row of a quantity at a step. Raises UnknownName."""
        for found in self.rows:
            if (found.quantity, found.step) == (quantity, step):
                return found
        raise unknown(
            "row", f"{_word(quantity)} at step {_word(step)}", [f"{r.quantity} at step {r.step}" for r in self.rows]
        )

    def to_json(self) -> str:
        """One object: program, widths, seeds, memory, start where there are two ways to make it, rows, verdict.

        A predicted exponent is text, such as "-1/2" or "-inf".
        """
        return document("validate", self.as_data())

    def as_data(self) -> Data:
        """The same as plain data."""
        rows = [
            {
                "quantity": r.quantity,
                "step": r.step,
                "predicted": "-inf" if r.predicted is None else str(r.predicted),
                "measured": r.measured,
                "low": r.low,
                "high": r.high,
                "verdict": r.verdict.value,
                "reason": r.reason,
                "method": r.method,
                "share": r.share,
                "misfit": r.misfit,
                "factor": r.factor,
            }
            for r in self.rows
        ]
        found = {"program": self.program, "widths": self.widths, "seeds": self.seeds, "memory": self.memory}
        start = {} if self.start is None else {"start": asdict(self.start)}
        return found | start | {"rows": rows, "verdict": self.verdict.value}

    def figure(self, path: str | Path) -> None:
        """Draw the log-log lines with the predicted slopes; the ending of the path is the format. Needs matplotlib.

        Raises ConfigError for a path that cannot be written.
        """
        require(path, str | Path, "path", "name a file such as 'slopes.svg'", SettingError)
        title = f"{self.program}: {self.verdict.value}"
        save(panels(title, self.rows, np.array(self.widths, dtype=float), self.sizes), Path(path))

    def blocks(self, dialect: str) -> Iterator[Block]:
        """The rows that are refuted or undecided first, why they are, and last how many there are of each."""
        yield from table(self.rows, self.program)
        yield Block("Verdict", ((self.summary,),))

    @property
    def summary(self) -> str:
        """The last line: the verdict, how many rows have which, and what was run."""
        run = f"n = {self.widths[0]} .. {self.widths[-1]}, {len(self.widths)} widths, {self._taken}"
        return f"{self.verdict.value}: {counted(self.rows)} ({run})"

    def __repr__(self) -> str:
        counts = {v: sum(r.verdict is v for r in self.rows) for v in Verdict}
        numbers = ", ".join(f"{number} {v.value}" for v, number in counts.items() if number)
        return f"<Validation of {self.program}: {self.verdict.value} ({numbers})>"

    @property
    def _taken(self) -> str:
        """Seeds, the memory of the largest cell where it is more than is taken without need, and what start was run."""
        much = self.memory is not None and self.memory > MEMORY
        start = "" if self.start is None else f", {self.start}"
        return f"{self.seeds} seeds" + (f", {gigabytes(self.memory or 0)} for the largest cell" if much else "") + start


def _word(value: object) -> str:
    return value if isinstance(value, str) else written(value)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in a measurement. ``found`` is what was measured so far, None where that is too little for a slope."""

    def __init__(self, found: Validation | None) -> None:
        super().__init__()
        self.found = found


def table(rows: Sequence[Row], program: str) -> Iterator[Block]:
    """The rows, the worst first, and why those are that are not confirmed."""
    worst = worst_first(rows)
    yield Block(f"{program}: slopes in the width, refuted and undecided ones first", tuple(map(_cells, worst)), COLUMNS)
    open_ = [row for row in worst if row.verdict is not Verdict.CONFIRMED]
    reasons = dict.fromkeys(row.reason for row in open_)
    yield Block("Why", tuple((f"{reason}: {_places(open_, reason)}",) for reason in reasons))


def _places(rows: Sequence[Row], reason: str) -> str:
    """Where a reason holds: quantities step by step."""
    of = [row for row in rows if row.reason == reason]
    steps = dict.fromkeys(row.step for row in of)
    return "; ".join(f"{', '.join(row.quantity for row in of if row.step == step)} at step {step}" for step in steps)


def _cells(r: Row) -> tuple[str, ...]:
    measured = "" if r.measured is None else f"{r.measured:+.3f}"
    interval = "" if r.low is None or r.high is None else f"{r.low:+.3f} .. {r.high:+.3f}"
    predicted = "-inf" if r.predicted is None else str(r.predicted)
    return r.quantity, str(r.step), predicted, measured, interval, r.verdict.value
