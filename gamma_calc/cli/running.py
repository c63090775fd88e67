"""What the commands that fill a store have in common: progress, Ctrl-C, and what is said of cells that failed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from gamma_calc.cli import INTERRUPTED
from gamma_calc.errors import ConfigError

BETWEEN_LINES: Final = 5  # seconds, where the output is no terminal


def fill(path: Path, grid: Any, executor: str, then: Callable[[Any, Any], int]) -> int:
    """Run what the store at a path lacks of a grid, then give the open store and the last progress on.

    Returns the exit code. Raises GammaError.
    """
    numeric: Any = import_module("validation.sweep")
    pool = numeric.pool(executor)
    if not path.exists():
        pool.check(grid.device)  # before a file is made
    with numeric.Store.open(path) as kept:
        try:
            with _progress(path) as tell:
                found = numeric.run(grid, kept, pool, tell)
        except KeyboardInterrupt:
            there = len(kept.keys() & {job.key for job in grid.jobs})
            line(f"interrupted: {path} has {there} cells of this run; the same command again resumes")
            return INTERRUPTED
        return then(kept, found)


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


def line(text: str) -> None:
    """One line on the error stream."""
    sys.stderr.write(f"{text}\n")


@contextmanager
def _progress(store: Path) -> Iterator[Callable[[Any], None]]:
    """A live line on a terminal, a plain line now and then elsewhere; both on the error stream."""
    if not sys.stderr.isatty():
        yield _Lines(store)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("cells{task.fields[pace]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, pace = bar.add_task(store.name, total=None, pace=""), _Pace()

        def tell(now: Any) -> None:
            bar.update(task, completed=now.done + now.failed, total=now.total, pace=pace(now))

        yield tell


class _Lines:
    """Progress as plain lines: the first, the last, and one every few seconds."""

    def __init__(self, store: Path) -> None:
        self.store, self.pace = store, _Pace()
        self.last: float = -BETWEEN_LINES

    def __call__(self, now: Any) -> None:
        pace, time_now = self.pace(now), time.monotonic()
        if time_now - self.last >= BETWEEN_LINES or now.done + now.failed == now.total:
            self.last = time_now
            line(f"{self.store}: {now.done} of {now.total} cells{pace}")


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
