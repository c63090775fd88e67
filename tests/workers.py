"""What dies in a worker, by name, so that a worker can find it."""

import os
import signal
from pathlib import Path

from validation.sweep.measure import Batch, CellResult, measure


def deadly(batch: Batch, seed: int) -> tuple[CellResult, ...]:
    """Kills its process at one seed."""
    if seed in batch.seeds:
        os.kill(os.getpid(), signal.SIGKILL)
    return measure(batch)


def deadly_once(batch: Batch, seed: int, mark: Path) -> tuple[CellResult, ...]:
    """Kills its process at one seed, the first time."""
    if seed in batch.seeds and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return measure(batch)


def failing(batch: Batch, seed: int) -> tuple[CellResult, ...]:
    """Raises at one seed."""
    if seed in batch.seeds:
        raise ZeroDivisionError("division\nby zero")
    return measure(batch)
