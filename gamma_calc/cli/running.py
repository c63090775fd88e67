"""What the commands that fill a store have in common: progress, Ctrl-C, and what is said of cells that failed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from gamma_calc.cli import INTERRUPTED
from gamma_calc.cli.numeric import numeric
from gamma_calc.cli.output import line
from gamma_calc.cli.progress import Tell, progress
from gamma_calc.errors import ConfigError

NAMED: Final = 5  # damaged cells, of many


def fill(path: Path, grid: Any, executor: str, then: Callable[[Any, Any], int]) -> int:
    """Run what the store at a path lacks of a grid, then give the open store and the last progress on.

    Returns the exit code. Raises GammaError.
    """
    sweep = numeric("sweep")
    pool = sweep.pool(executor)
    if not path.exists():
        pool.check(grid.device)  # before a file is made
    with sweep.Store.open(path) as kept:
        _tell_damage(path, kept.damaged)
        try:
            with progress(every=True) as tell:
                found = sweep.run(grid, kept, pool, _counter(path, tell))
        except KeyboardInterrupt:
            there = len(kept.keys() & {job.key for job in grid.jobs})
            line(f"interrupted: {path} has {there} cells of this run; the same command again resumes")
            return INTERRUPTED
        return then(kept, found)


def _tell_damage(path: Path, cells: Sequence[str]) -> None:
    """Name the cells that were taken out of a store; the run that follows measures its own again."""
    if cells:
        more = f" and {len(cells) - NAMED} more" if len(cells) > NAMED else ""
        line(f"{path}: damaged, and measured again: {'; '.join(cells[:NAMED])}{more}")


def refuse_failures(kept: Any, grid: Any, found: Any) -> None:
    """Say how many cells could not be computed, and why not the first. Raises ConfigError where there are any."""
    if not found.failed:
        return
    reasons, jobs = kept.failures(), {job.key: job for job in grid.jobs}
    key = next(key for key in jobs if key in reasons)
    job, axes = jobs[key], ", ".join(f"{name}={value}" for name, value in jobs[key].setting.axes)
    raise ConfigError(
        f"{found.failed} of {found.total} cells failed, the first ({axes}, n = {job.width}, seed {job.seed}) by "
        f"{reasons[key]}",
        where=str(kept.path),
        hint="the same command tries them again",
    )


def _counter(store: Path, tell: Tell) -> Callable[[Any], None]:
    """Progress of cells, in numbers and words."""
    pace = _Pace()

    def count(now: Any) -> None:
        tell(store.name if sys.stderr.isatty() else str(store), now.done + now.failed, now.total, f" cells{pace(now)}")

    return count


class _Pace:
    """Cells a second and the time left, in words; the first new result starts the clock, as workers take a while."""

    def __init__(self) -> None:
        self.start: tuple[float, int] | None = None

    def __call__(self, now: Any) -> str:
        failed = f", {now.failed} failed" if now.failed else ""
        before = f", {now.before} there before" if now.before else ""
        if self.start is None:
            self.start = (time.monotonic(), now.done) if now.done > now.before else None
            return failed + before
        elapsed, new = time.monotonic() - self.start[0], now.done - self.start[1]
        if not new:
            return failed + before
        left = (now.total - now.done - now.failed) * elapsed / new
        return f"{failed}, {new / elapsed:.1f} a second, {left:.0f} s left"
