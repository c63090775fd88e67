"""Progress of long work: a live line on a terminal, a plain line now and then elsewhere; both on the error stream."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from gamma_calc.cli.output import line

if TYPE_CHECKING:
    from rich.progress import Progress

BETWEEN_LINES: Final = 5  # seconds, where the output is no terminal
Tell = Callable[..., None]  # what is done, how much, of how much (None: not known), and anything to add


@contextmanager
def progress(*, every: bool, after: float = 0, lines: bool = True) -> Iterator[Tell]:
    """A function to tell of progress with; ``every`` has a plain line for the first and the last word as well.

    Nothing is shown on a terminal before ``after`` seconds, and nothing at all elsewhere without ``lines``.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield _Lines(every) if lines else _silent
        return
    bar = _Bar(after)
    try:
        yield bar
    finally:
        bar.stop()


def _silent(what: str, done: int, total: int | None, more: str = "") -> None:
    pass


class _Bar:
    """A live line. It is made when it is first shown, for what makes it takes as long as a short answer."""

    def __init__(self, after: float) -> None:
        self.begins = time.monotonic() + after
        self.shown: Progress | None = None

    def __call__(self, what: str, done: int, total: int | None, more: str = "") -> None:
        if time.monotonic() < self.begins:
            return
        if self.shown is None:
            self.shown = _started()
        self.shown.update(self.shown.task_ids[0], description=what, completed=done, total=total, more=more)

    def stop(self) -> None:
        if self.shown is not None:
            self.shown.stop()


def _started() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    text, more = TextColumn("{task.description}"), TextColumn("{task.fields[more]}")
    columns = (text, BarColumn(), MofNCompleteColumn(), more, TimeElapsedColumn())
    shared = sys.stdout.isatty()  # what is printed meanwhile comes above the bar, and into a file as it is
    bar = Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=shared)
    bar.add_task("", total=None, more="")
    bar.start()
    return bar


class _Lines:
    """Plain lines, one every few seconds; none for what takes no longer, unless every end is told."""

    def __init__(self, every: bool) -> None:
        self.every = every
        self.last = -BETWEEN_LINES if every else time.monotonic()

    def __call__(self, what: str, done: int, total: int | None, more: str = "") -> None:
        now = time.monotonic()
        if now - self.last >= BETWEEN_LINES or (self.every and done == total):
            self.last = now
            line(f"{what}: {done} of {total}{more}")
