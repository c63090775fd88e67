"""Measurements run on every core, each by itself."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from gamma_calc.claims.measure import Measurement, Reading
from gamma_calc.claims.record import Entry
from gamma_calc.errors import GammaError

Done = tuple[str, Entry]


def run(wanted: Sequence[Measurement]) -> Iterator[Done]:
    """Yield digest and entry of each measurement as it ends."""
    cores = min(_cores(), len(wanted))
    if cores < 2:
        yield from map(one, wanted)
        return
    pools: Any = import_module("validation.sweep.pools")
    pool = pools.pool(f"processes:{cores}")
    executor = pool.open()
    waiting, running, finished = deque(wanted), set[Future[Done]](), False
    try:
        while waiting or running:
            while waiting and len(running) < pool.window:
                running.add(executor.submit(one, waiting.popleft()))
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in ended)
        finished = True
    finally:
        pool.stop(executor, now=not finished)


def _cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def one(measurement: Measurement) -> Done:
    """One measurement, timed. What cannot be measured is undecided, for the reason that the error gives."""
    begun = time.monotonic()
    try:
        readings = tuple(measurement.readings())
    except GammaError as error:
        readings = (Reading(type(measurement).__name__, "", "", "undecided", str(error)),)
    today = datetime.now(UTC).date().isoformat()
    return measurement.digest, Entry(today, round(time.monotonic() - begun), readings)
