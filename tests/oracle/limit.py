"""A limit on the time that a computation may take."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SOON = 0.01  # seconds


def collecting(frame: FrameType | None) -> bool:
    """Whether a callback of the garbage collector runs: an exception raised there is lost, and a warning said of it."""
    codes = {getattr(callback, "__code__", None) for callback in gc.callbacks}
    while frame is not None:
        if frame.f_code in codes:
            return True
        frame = frame.f_back
    return False


@contextmanager
def limit(seconds: float, error: type[BaseException] = TimeoutError) -> Iterator[None]:
    """Raise the error after so many seconds, and again as often: one raised where it is ignored ends nothing."""

    def stop(_: int, frame: FrameType | None) -> None:
        if collecting(frame):
            signal.setitimer(signal.ITIMER_REAL, SOON, seconds)
        else:
            raise error

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
