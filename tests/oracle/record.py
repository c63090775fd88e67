"""What random programs measure, a line a program, apart from what any version of the calculus says of them.

``PYTHONPATH=tests python -m oracle.random_run KIND FIRST COUNT`` adds programs; ``python -m oracle.judge KIND`` derives
all of them with the version at hand and compares. So a change of the calculus is tried on every program that was ever
measured, and only derived anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oracle.slopes import UNUSABLE, ZERO, Key, Slope

FOLDER = Path(__file__).with_name("recorded")


@dataclass(frozen=True)
class Measured:
    """A program by its number, as it read when it was measured, and its exponents, or why there are none."""

    number: int
    text: str
    slopes: Mapping[Key, Slope]
    refused: str = ""
    passes: int = 0

    @property
    def line(self) -> str:
        rows = {f"{quantity} {step}": _kept(slope) for (quantity, step), slope in self.slopes.items()}
        about = {"number": self.number, "text": self.text, "refused": self.refused, "passes": self.passes}
        return json.dumps({**about, "rows": rows}, separators=(",", ":"))


def read(line: str) -> Measured:
    found = json.loads(line)
    rows = {_key(name): _slope(kept) for name, kept in found.pop("rows").items()}
    return Measured(slopes=rows, **found)


def recorded(kind: str) -> dict[int, Measured]:
    """Every program of a kind; the last line of a number counts."""
    path = path_of(kind)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {found.number: found for found in map(read, lines)}


def path_of(kind: str) -> Path:
    return FOLDER / f"{kind}.jsonl"


def add(kind: str, found: Measured) -> None:
    with path_of(kind).open("a", encoding="utf-8") as file:
        file.write(found.line + "\n")


def tidied(kind: str) -> None:
    """Leave one line a number, in order."""
    lines: Iterator[str] = (found.line + "\n" for _, found in sorted(recorded(kind).items()))
    path_of(kind).write_text("".join(lines), encoding="utf-8")


def _key(name: str) -> Key:
    quantity, _, step = name.rpartition(" ")
    return quantity, int(step)


def _kept(slope: Slope) -> Any:
    if slope.zero:
        return "zero"
    return [round(x, 3) for x in (slope.value, slope.noise, slope.drift)] if slope.usable else "not measurable"


def _slope(kept: Any) -> Slope:
    if isinstance(kept, str):
        return ZERO if kept == "zero" else UNUSABLE
    return Slope(*kept)
