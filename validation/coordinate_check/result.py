"""What a coordinate check found: rows, the worst first, a verdict, a figure, JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from gamma_calc.display.blocks import Block
from gamma_calc.display.figure import save
from gamma_calc.display.json import document
from gamma_calc.display.showing import SelfShowing
from validation.measurement.figure import panels
from validation.statistics.slope import Floats
from validation.statistics.verdict import WORST, Row, Verdict, counted, overall

SHOWN: Final = 20
PANELS: Final = 16
COLUMNS: Final = ("quantity", "step", "expected", "slope", "95 % interval", "verdict")


@dataclass(frozen=True, eq=False)
class CoordinateCheck(SelfShowing):
    """One row for each quantity and step of each module, and the verdict on all of them.

    ``sizes`` has the root mean squares over seeds behind each row, one for each width; ``notes`` what it rests on.

    >>> CoordinateCheck((), (64, 128, 256, 512), 4, {}).verdict
    <Verdict.UNDECIDED: 'undecided'>
    """

    rows: tuple[Row, ...]
    widths: tuple[int, ...]
    seeds: int
    sizes: Mapping[tuple[str, int], Floats] = field(repr=False)
    notes: tuple[str, ...] = ()
    shown: int = SHOWN

    @property
    def verdict(self) -> Verdict:
        """Refuted if one row is, confirmed if every row is, else undecided."""
        return overall(self.rows)

    @property
    def worst_first(self) -> tuple[Row, ...]:
        """The rows: refuted before undecided before confirmed, and within each the farthest from what is expected."""
        return tuple(sorted(self.rows, key=lambda row: (WORST.index(row.verdict), -_off(row))))

    def showing(self, rows: int) -> CoordinateCheck:
        """The same, printed with this many rows."""
        return replace(self, shown=rows)

    @property
    def summary(self) -> str:
        """The last line: the verdict and how many rows have which."""
        span = f"n = {self.widths[0]} .. {self.widths[-1]}, {self.seeds} seeds"
        return f"{self.verdict.value}: {counted(self.rows)} ({span})"

    def blocks(self, dialect: str) -> Iterator[Block]:
        """The worst rows, reasons of those that are not confirmed, notes, and the summary."""
        worst = self.worst_first[: self.shown]
        yield Block("Slopes in the width, worst first", tuple(map(_cells, worst)), COLUMNS)
        reasons = dict.fromkeys(row.reason for row in worst if row.verdict is not Verdict.CONFIRMED)
        yield Block("Why", tuple((f"{reason}: {_named(worst, reason)}",) for reason in reasons))
        hidden = len(self.rows) - len(worst)
        more = (f"{hidden} better rows are not shown; --rows {len(self.rows)} shows all",) if hidden else ()
        yield Block("Notes", tuple((note,) for note in (*self.notes, *more)))
        yield Block("Verdict", ((self.summary,),))

    def to_json(self) -> str:
        """One object: schema, version, widths, seeds, rows (the worst first), sizes at every step, notes, verdict."""
        rows = list(map(_data, self.worst_first))
        return document(
            "coordinate-check",
            {
                "widths": self.widths,
                "seeds": self.seeds,
                "rows": rows,
                "sizes": [_measured(key, found) for key, found in self.sizes.items()],
                "notes": list(self.notes),
                "verdict": self.verdict.value,
            },
        )

    def figure(self, path: str | Path) -> None:
        """Draw sizes against widths for the worst quantities. Needs matplotlib; raises SettingError."""
        names = list(dict.fromkeys(row.quantity for row in self.worst_first))[:PANELS]
        rows = [row for row in self.rows if row.quantity in names]
        save(panels(self.summary, rows, np.array(self.widths, dtype=float), self.sizes), Path(path))


def _off(row: Row) -> float:
    if row.measured is None or row.predicted is None:
        return float("inf")
    return abs(row.measured - float(row.predicted))


def _cells(row: Row) -> tuple[str, ...]:
    slope = "" if row.measured is None else _signed(row.measured)
    interval = "" if row.low is None or row.high is None else f"{_signed(row.low)} .. {_signed(row.high)}"
    expected = "zero" if row.predicted is None else str(row.predicted)
    return _short(row.quantity), str(row.step), expected, slope, interval, row.verdict.value


def _signed(number: float) -> str:
    """Two digits with a sign, of zero too: never -0.00."""
    return f"{round(number, 2) + 0.0:+.2f}"


def _short(name: str) -> str:
    """The end of a module's path, and the quantity."""
    module, _, quantity = name.rpartition(" ")
    return f"{'.'.join(part for part in module.split('.')[-2:] if part != '*')} {quantity}"


def _named(rows: tuple[Row, ...], reason: str) -> str:
    names = [f"{_short(row.quantity)} at step {row.step}" for row in rows if row.reason == reason]
    more = f" and {len(names) - 2} more" if len(names) > 2 else ""
    return ", ".join(names[:2]) + more


def _measured(key: tuple[str, int], sizes: Floats) -> dict[str, object]:
    return _place(*key) | {"sizes": [float(size) if np.isfinite(size) else None for size in sizes]}


def _place(name: str, step: int) -> dict[str, object]:
    module, _, quantity = name.rpartition(" ")
    return {"module": module, "quantity": quantity, "step": step}


def _data(row: Row) -> dict[str, object]:
    return _place(row.quantity, row.step) | {
        "expected": "-inf" if row.predicted is None else str(row.predicted),
        "slope": row.measured,
        "low": row.low,
        "high": row.high,
        "verdict": row.verdict.value,
        "reason": row.reason,
    }
