"""Progress of long work: a live line on a terminal, a plain line now and then elsewhere; both on the error stream."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from gamma_calc.cli.output import line

BETWEEN_LINES: Final = 5  # seconds, where the output is no terminal
Tell = Callable[..., None]  # what is done, how much, of how much, and anything to add


@contextmanager
def progress(*, every: bool) -> Iterator[Tell]:
    """A function to tell of progress with; ``every`` has a plain line for the first and the last word as well."""
    if not sys.stderr.isatty():
        yield _Lines(every)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    text, more = TextColumn("{task.description}"), TextColumn("{task.fields[more]}")
    columns = (text, BarColumn(), MofNCompleteColumn(), more, TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, more="")

        def tell(what: str, done: int, total: int, more: str = "") -> None:
            bar.update(task, description=what, completed=done, total=total, more=more)

        yield tell


class _Lines:
    """Plain lines, one every few seconds; none for what takes no longer, unless every end is told."""

    def __init__(self, every: bool) -> None:
        self.every = every
        self.last = -BETWEEN_LINES if every else time.monotonic()

    def __call__(self, what: str, done: int, total: int, more: str = "") -> None:
        now = time.monotonic()
        if now - self.last >= BETWEEN_LINES or (self.every and done == total):
            self.last = now
            line(f"{what}: {done} of {total}{more}")
