"""What a validation found: rows, a verdict, a table, a figure, JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from gamma_calc.display.figure import save
from gamma_calc.display.json import Data, document
from gamma_calc.errors import require, unknown, written
from validation.errors import SettingError
from validation.executor.memory import MEMORY, gigabytes
from validation.executor.published import RunStart
from validation.measurement.figure import panels
from validation.statistics.slope import Floats
from validation.statistics.verdict import Row, Verdict, overall

if TYPE_CHECKING:
    from rich.table import Table

COLUMNS: Final = ("quantity", "step", "predicted", "measured", "95 % interval", "verdict", "reason")
STYLES = {Verdict.CONFIRMED: "green", Verdict.REFUTED: "bold red", Verdict.UNDECIDED: "yellow"}


@dataclass(frozen=True, eq=False)
class Validation:
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

    def __str__(self) -> str:
        lines = [f"{self.program}: {self.verdict.value} ({len(self.widths)} widths, {self._taken})"]
        lines += [_padded(cells) for cells in (COLUMNS, *map(_cells, self.rows))]
        return "\n".join(lines)

    def __repr__(self) -> str:
        counts = {v: sum(r.verdict is v for r in self.rows) for v in Verdict}
        numbers = ", ".join(f"{number} {v.value}" for v, number in counts.items() if number)
        return f"<Validation of {self.program}: {self.verdict.value} ({numbers})>"

    def __rich__(self) -> Table:
        from rich.table import Table

        table = Table(title=f"{self.program}: {self.verdict.value}", caption=f"{self._taken}, n = {self._span}")
        for name in COLUMNS:
            table.add_column(name, justify="right" if name in ("step", "predicted", "measured") else "left")
        for r in self.rows:
            *cells, verdict, reason = _cells(r)
            table.add_row(*cells, f"[{STYLES[r.verdict]}]{verdict}[/]", reason)
        return table

    @property
    def _taken(self) -> str:
        """Seeds, the memory of the largest cell where it is more than is taken without need, and what start was run."""
        much = self.memory is not None and self.memory > MEMORY
        start = "" if self.start is None else f", {self.start}"
        return f"{self.seeds} seeds" + (f", {gigabytes(self.memory or 0)} for the largest cell" if much else "") + start

    @property
    def _span(self) -> str:
        return f"{self.widths[0]} .. {self.widths[-1]}"


def _word(value: object) -> str:
    return value if isinstance(value, str) else written(value)


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in a measurement. ``found`` is what was measured so far, None where that is too little for a slope."""

    def __init__(self, found: Validation | None) -> None:
        super().__init__()
        self.found = found


def _cells(r: Row) -> tuple[str, ...]:
    measured = "" if r.measured is None else f"{r.measured:+.3f}"
    interval = "" if r.low is None or r.high is None else f"{r.low:+.3f} .. {r.high:+.3f}"
    predicted = "-inf" if r.predicted is None else str(r.predicted)
    return r.quantity, str(r.step), predicted, measured, interval, r.verdict.value, r.reason


def _padded(cells: tuple[str, ...]) -> str:
    widths = (14, 4, 9, 8, 16, 10, 0)
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
