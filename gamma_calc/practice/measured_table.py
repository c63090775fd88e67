"""The table of a measurement, read back from what ``gamma-calc validate --format json`` printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

from gamma_calc.display import page
from gamma_calc.errors import ConfigError, GammaError
from gamma_calc.frontends.json_file import read_object

HINT: Final = "give what gamma-calc validate --format json printed"
NEEDED: Final = ("program", "widths", "seeds", "verdict", "rows")
CELLS: Final = ("quantity", "step", "predicted", "measured", "low", "high", "verdict", "reason")


@dataclass(frozen=True, slots=True)
class MeasuredTable:
    """Rows of quantity, step, predicted and measured exponents with their interval, verdict and reason, as text."""

    summary: str
    rows: tuple[tuple[str, ...], ...]
    heads: ClassVar[tuple[str, ...]] = (
        "quantity",
        "step",
        "predicted",
        "measured",
        "95 % interval",
        "verdict",
        "reason",
    )

    def html_rows(self) -> Iterator[tuple[str, ...]]:
        """The cells as HTML, the verdict with its class."""
        for *cells, verdict, reason in self.rows:
            said = page.text(verdict)
            yield (*map(page.text, cells), f'<span class="{said}">{said}</span>', page.text(reason))


def read_measured(path: Path, program: str) -> MeasuredTable:
    """The measurement of a program. Raises ConfigError for another file, and for that of another program."""
    try:
        found = read_object(path)
    except GammaError as error:
        raise ConfigError(error.what, where=str(path), hint=HINT) from None
    missing = [name for name in NEEDED if name not in found]
    if missing or not isinstance(found["rows"], list):
        raise ConfigError(f"no {', '.join(missing) or 'list of rows'}", where=str(path), hint=HINT)
    if found["program"] != program:
        raise ConfigError(
            f"measures {found['program']!r}, and the report is on {program!r}", where=str(path), hint=HINT
        )
    rows = tuple(_row(path, row) for row in found["rows"])
    widths = ", ".join(map(str, found["widths"])) if isinstance(found["widths"], list) else str(found["widths"])
    return MeasuredTable(f"{found['verdict']}: {found['seeds']} seeds at n = {widths}", rows)


def _row(path: Path, row: Any) -> tuple[str, ...]:
    if not isinstance(row, Mapping) or any(name not in row for name in CELLS):
        raise ConfigError(f"a row without {', '.join(CELLS)}", where=str(path), hint=HINT)
    quantity, step, predicted, measured, low, high, verdict, reason = (row[name] for name in CELLS)
    interval = "" if low is None or high is None else f"{_number(low)} .. {_number(high)}"
    return str(quantity), str(step), str(predicted), _number(measured), interval, str(verdict), str(reason)


def _number(value: Any) -> str:
    """A slope to three digits behind the point; nothing where there is none."""
    try:
        return "" if value is None else f"{value:+.3f}"
    except (TypeError, ValueError):
        return str(value)
