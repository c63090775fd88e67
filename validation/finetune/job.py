"""One cell of a fine-tuning experiment: one model from one start at one rate, as plain data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from validation.finetune.libraries import library_versions
from validation.finetune.setting import FinetuneSetting
from validation.sweep.job import Job

NAME = "finetune"


@dataclass(frozen=True, slots=True)
class FinetuneJob(Job):
    """One row of a store; its axes hold everything that decides its numbers."""

    @property
    def key(self) -> str:
        """A hash of everything that decides the numbers, the versions of both libraries included."""
        facts = [asdict(self.setting), self.width, self.seed, library_versions()]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class FinetuneRequest:
    """What a worker is given. ``ratio`` is the rate of B over that of A: a number, or n for the width.

    ``widths`` are those asked of a family.
    ``model`` and ``data`` are the identities of what the asking process has read; ``versions`` are its own.
    """

    setting: FinetuneSetting
    model: str
    data: str
    init: str
    ratio: str
    rank: int
    rate: float
    width: int
    seed: int
    widths: tuple[int, ...]
    versions: str

    @property
    def b_rate(self) -> float:
        """The rate of B."""
        return self.rate * (self.width if self.ratio == "n" else float(self.ratio))


def axes_of(setting: FinetuneSetting, model: str, data: str, arm: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """What a cell says of itself in a store."""
    facts = asdict(setting)
    gone = ("model", "data", "steps", "dtype", "device")  # paths decide no number, the others stand beside
    trained = {name: value for name, value in facts.items() if name not in gone}
    every = {**arm, **trained, "model": model, "data": data}
    return tuple((name, value if isinstance(value, str) else json.dumps(value)) for name, value in every.items())
