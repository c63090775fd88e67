"""Who is at work on a store, and whether it still lives."""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

LEASE: Final = 30.0  # seconds without a sign of life after which claims lapse
BEAT: Final = 5.0


def now() -> float:
    """Seconds, the same for every process of a machine."""
    return time.time()


@dataclass(frozen=True, slots=True)
class Owner:
    """A running sweep: a name of its own, its machine, its process number there."""

    name: str
    place: str
    pid: int

    @classmethod
    def me(cls) -> Owner:
        """A new owner in this process."""
        return cls(uuid.uuid4().hex, _place(), os.getpid())

    @property
    def facts(self) -> tuple[str, str, int]:
        return self.name, self.place, self.pid

    def is_gone(self, here: str) -> bool:
        """Is it known that the process has ended? Only its own machine can tell."""
        if self.place != here or os.name != "posix":
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        return False


def _place() -> str:
    """The machine and, where there are such, the name space of process numbers: containers may share a host name."""
    space = ""
    with suppress(OSError):
        space = str(Path("/proc/self/ns/pid").readlink())
    return f"{socket.gethostname()} {space}".strip()


class Heart:
    """A thread that gives signs of life while the process computes. ``beat`` runs every few seconds in that thread."""

    def __init__(self, beat: Callable[[], None], seconds: float = BEAT) -> None:
        self._beat, self._seconds = beat, seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            self._beat()
