"""The record of a run: its cells with the numbers that conclusions rest on and no others, as a file that is kept."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from validation.finetune.cells import FinetuneCell
from validation.finetune.outcome import FinetuneOutcome
from validation.finetune.setting import REPEATED
from validation.finetune.sizes import QUANTITIES
from validation.finetune.training import all_versions

PLACES: Final = MappingProxyType(
    {"held_loss": (0, 2), "held_accuracy": (0, 2), "Z_A": (0, 1, 2)}
)  # else after REPEATED


@dataclass(frozen=True, eq=False)
class FinetuneRecord:
    """A run with what it was run by; ``name`` is that of its file."""

    name: str
    title: str
    command: str
    versions: str
    remarks: tuple[str, ...]
    outcome: FinetuneOutcome

    @property
    def is_of_rates(self) -> bool:
        """Does a best rate lie within those tried, anywhere? Else the run was made for sizes."""
        return any(setting.found for setting in self.outcome.evidence.settings)

    @classmethod
    def of(cls, data: Mapping[str, Any], name: str = "") -> FinetuneRecord:
        """From what its file holds."""
        texts = (name, data["title"], data["command"], data["versions"], tuple(data["remarks"]))
        cells = tuple(_read(row, data["quantities"], data["steps"]) for row in data["cells"])
        return cls(*texts, FinetuneOutcome(data["setting"], cells))


def record(run: Mapping[str, Any], title: str, command: str, remarks: Sequence[str] = ()) -> str:
    """A record from the object that ``--format json`` prints: a cell a line, the names of its numbers once."""
    cells = FinetuneOutcome.from_data(run).cells
    steps = [0, REPEATED, cells[0].steps[-1]]
    wanted = [name for name in cells[0].sizes if name in PLACES or name.rpartition(" ")[2] in QUANTITIES]
    versions = f"{all_versions()}, Python {platform.python_version()}"
    head = {"title": title, "command": command, "versions": versions, "remarks": remarks, "setting": run["setting"]}
    text = json.dumps(head | {"steps": steps, "quantities": wanted}, indent=1).removesuffix("\n}")
    return text + ',\n "cells": [\n' + ",\n".join(_row(cell, wanted, steps) for cell in cells) + "\n]}\n"


def _places(name: str) -> Sequence[int]:
    return PLACES.get(name.rpartition(" ")[2], (1,))


def _row(cell: FinetuneCell, wanted: Sequence[str], steps: Sequence[int]) -> str:
    numbers = [[_finite(cell.at(name, steps[i])) for i in _places(name)] for name in wanted]
    arm = (cell.arm.init, cell.arm.ratio)
    return json.dumps([*arm, cell.rank, cell.width, cell.seed, cell.rate, cell.diverged, *numbers])


def _read(row: Sequence[Any], wanted: Sequence[str], steps: Sequence[int]) -> FinetuneCell:
    """What was not kept is not a number."""
    init, ratio, rank, width, seed, rate, diverged, *numbers = row
    sizes = {name: _filled(name, kept) for name, kept in zip(wanted, numbers, strict=True)}
    facts = {"init": init, "ratio": ratio, "rank": rank, "width": width, "seed": seed, "rate": rate}
    return FinetuneCell.from_data({**facts, "diverged": diverged, "steps": steps, "sizes": sizes})


def _filled(name: str, kept: Sequence[float | None]) -> list[float | None]:
    found: list[float | None] = [None, None, None]
    for place, number in zip(_places(name), kept, strict=True):
        found[place] = number
    return found


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def records_in(folder: Path) -> list[FinetuneRecord]:
    """All of a folder, by name."""
    files = sorted(folder.glob("*.json"))
    return [FinetuneRecord.of(json.loads(path.read_text(encoding="utf-8")), path.stem) for path in files]
