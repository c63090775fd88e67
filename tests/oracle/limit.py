"""A limit on the time that a computation may take."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

SOON = 0.01  # seconds


@contextmanager
def limit(seconds: float, error: type[BaseException] = TimeoutError) -> Iterator[None]:
    """Raise the error after so many seconds, and again as often: one raised where it is ignored ends nothing.

    Callbacks of the garbage collector and of weak references, and finalisers, ignore what is raised in them; Python
    tells of it by `sys.unraisablehook`. There the error is raised again soon instead of being warned of.
    """

    def stop(_: int, __: FrameType | None) -> None:
        raise error

    def lost(told: UnraisableHookArgs, /) -> None:
        if told.exc_type is error:
            signal.setitimer(signal.ITIMER_REAL, SOON, seconds)
        else:
            tell(told)

    tell = sys.unraisablehook
    before = signal.signal(signal.SIGALRM, stop)
    sys.unraisablehook = lost
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        sys.unraisablehook = tell
