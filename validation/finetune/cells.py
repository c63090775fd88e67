"""What a cell found, as plain numbers that a file can hold and a page can be made from again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from validation.finetune.job import FinetuneRequest
from validation.sweep.measure import CellResult

DIGITS: Final = 5  # of every number that is kept: far more than seeds agree on


@dataclass(frozen=True, slots=True, order=True)
class AdapterArm:
    """A start, and the rate of B over that of A: a number, or n for the width.

    >>> str(AdapterArm("A", "n")), str(AdapterArm("B"))
    ('A, B x n', 'B')
    """

    init: str
    ratio: str = "1"

    def __str__(self) -> str:
        return self.init if self.ratio == "1" else f"{self.init}, B x {self.ratio}"


@dataclass(frozen=True, slots=True)
class FinetuneCell:
    """One model trained from one start at one rate; ``sizes`` are numbers by quantity, one for each of ``steps``.

    Infinite from the step on at which a number overflowed, not a number where a thing was not looked at.
    """

    arm: AdapterArm
    rank: int
    width: int
    seed: int
    rate: float
    diverged: int
    steps: tuple[int, ...]
    sizes: Mapping[str, tuple[float, ...]]

    @property
    def before(self) -> float:
        """The held-out loss before training."""
        return self.sizes["held_loss"][0]

    @property
    def loss(self) -> float:
        """The held-out loss after the last step; infinite where training overflowed."""
        last = self.sizes["held_loss"][-1]
        return last if math.isfinite(last) else math.inf

    @property
    def accuracy(self) -> float:
        """The held-out accuracy after the last step; not a number where it is not known, or training overflowed."""
        last = self.sizes["held_accuracy"][-1] if "held_accuracy" in self.sizes else math.nan
        return last if math.isfinite(last) else math.nan

    @property
    def usable(self) -> bool:
        """Is the held-out loss lower than before training?"""
        return self.loss < self.before

    def at(self, quantity: str, step: int) -> float:
        """A size after a step."""
        return self.sizes[quantity][self.steps.index(step)]

    def as_data(self) -> dict[str, Any]:
        """For JSON: a number that is none, or infinite, is null."""
        return {
            "init": self.arm.init,
            "ratio": self.arm.ratio,
            "rank": self.rank,
            "width": self.width,
            "seed": self.seed,
            "rate": self.rate,
            "diverged": self.diverged,
            "steps": list(self.steps),
            "sizes": {name: [x if math.isfinite(x) else None for x in row] for name, row in self.sizes.items()},
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> FinetuneCell:
        """The inverse of ``as_data``."""
        diverged, steps = int(data["diverged"]), tuple(data["steps"])
        sizes = {
            name: tuple(_number(x, t, diverged) for x, t in zip(row, steps, strict=True))
            for name, row in data["sizes"].items()
        }
        arm = AdapterArm(data["init"], data["ratio"])
        return cls(arm, data["rank"], data["width"], data["seed"], data["rate"], diverged, steps, sizes)


def _number(value: float | None, step: int, diverged: int) -> float:
    if value is not None:
        return value
    return math.inf if 0 <= diverged <= step else math.nan


def cell_of(asked: FinetuneRequest, found: CellResult) -> FinetuneCell:
    """A stored cell."""
    at = found.quantities.index("step")
    steps = tuple(int(step) for step in found.sizes[:, at])
    sizes = {
        name: tuple(float(f"{x:.{DIGITS}g}") for x in found.sizes[:, i])
        for i, name in enumerate(found.quantities)
        if i != at
    }
    arm = AdapterArm(asked.init, asked.ratio)
    return FinetuneCell(arm, asked.rank, asked.width, asked.seed, asked.rate, found.diverged, steps, sizes)


@dataclass(frozen=True, eq=False)
class CellTable:
    """All cells of a grid. Every combination of its axes is there."""

    cells: tuple[FinetuneCell, ...]

    @classmethod
    def of(cls, cells: Iterable[FinetuneCell]) -> CellTable:
        return cls(tuple(cells))

    def _axis(self, name: str) -> tuple[Any, ...]:
        return tuple(dict.fromkeys(getattr(cell, name) for cell in self.cells))

    @property
    def arms(self) -> tuple[AdapterArm, ...]:
        """In the order of the cells, as all that follow."""
        return self._axis("arm")

    @property
    def ranks(self) -> tuple[int, ...]:
        return self._axis("rank")

    @property
    def widths(self) -> tuple[int, ...]:
        return self._axis("width")

    @property
    def rates(self) -> tuple[float, ...]:
        return self._axis("rate")

    @property
    def seeds(self) -> tuple[int, ...]:
        return self._axis("seed")

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the layers with adapters."""
        return tuple(name.removesuffix(" Z_A") for name in self.cells[0].sizes if name.endswith(" Z_A"))

    def at(self, arm: AdapterArm, rank: int, width: int) -> Sequence[FinetuneCell]:
        """All rates and seeds of one setting."""
        return self.by_setting[arm, rank, width]

    @cached_property
    def by_setting(self) -> Mapping[tuple[AdapterArm, int, int], Sequence[FinetuneCell]]:
        found: dict[tuple[AdapterArm, int, int], list[FinetuneCell]] = {}
        for cell in self.cells:
            found.setdefault((cell.arm, cell.rank, cell.width), []).append(cell)
        return found

    @property
    def without_numbers(self) -> int:
        """How many cells overflowed."""
        return sum(cell.diverged >= 0 for cell in self.cells)
