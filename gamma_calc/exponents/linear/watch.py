"""The one clock of a calculation: until when it may take, and who is told that it goes on.

A calculation is long for the questions inside it, which nobody can count before. So each of them looks at the watch of
the calculation that it belongs to, as a decimal number looks at its context: it holds where it was set, in this thread
and nowhere else, and nothing that is calculated depends on it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from gamma_calc.errors import ProgramError, TimeUp, written

LONGEST: Final = 1e9  # seconds; as good as no limit


def _nobody() -> None:
    pass


@dataclass(frozen=True, slots=True)
class Clock:
    """When a calculation ends at the latest, in seconds of the system's steady clock, and who is told at every look."""

    ends: float = math.inf
    told: Callable[[], None] = _nobody


_PRESENT: Final[ContextVar[Clock]] = ContextVar("watch", default=Clock())  # noqa: B039 - immutable


@contextmanager
def watched(seconds: object = math.inf, told: Callable[[], None] | None = None) -> Iterator[None]:
    """What is calculated inside ends after that many seconds, by TimeUp, or when what is around it does.

    ``told`` is who is told that it goes on: without one, who is told of what is around it. Raises ProgramError for
    what is no number of seconds.

    >>> with watched(0):
    ...     look()
    Traceback (most recent call last):
    gamma_calc.errors.TimeUp: time is up; give more time, or fix some of the exponents
    """
    if not (isinstance(seconds, int | float | Fraction) and seconds >= 0):
        raise ProgramError(f"{written(seconds)} is no time limit", hint="give seconds, such as 20")
    outer = _PRESENT.get()
    ends = min(outer.ends, time.monotonic() + float(min(seconds, LONGEST)))
    before = _PRESENT.set(Clock(ends, outer.told if told is None else told))
    try:
        yield
    finally:
        _PRESENT.reset(before)


def look() -> None:
    """Tell that the calculation goes on. Raises TimeUp where its time is over."""
    watch = _PRESENT.get()
    watch.told()
    if time.monotonic() >= watch.ends:
        raise TimeUp("time is up", hint="give more time, or fix some of the exponents")
