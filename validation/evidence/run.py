"""Measurements run on every core, each by itself. Needs torch."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from gamma_calc.errors import GammaError
from validation.evidence import instruments
from validation.evidence.measure import Measurement, Reading
from validation.evidence.record import Entry
from validation.sweep.pools import as_done, pool

Done = tuple[str, Entry]


def run(wanted: Sequence[Measurement]) -> Iterator[Done]:
    """Yield digest and entry of each measurement as it ends."""
    cores = min(_cores(), len(wanted))
    if cores < 2:
        yield from map(one, wanted)
        return
    yield from as_done(pool(f"processes:{cores}"), one, wanted)


def _cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def one(measurement: Measurement) -> Done:
    """One measurement, timed. What cannot be measured is undecided, for the reason that the error gives."""
    begun = time.monotonic()
    try:
        readings = tuple(measurement.readings(instruments))
    except GammaError as error:
        readings = (Reading(type(measurement).__name__, "", "", "undecided", str(error)),)
    today = datetime.now(UTC).date().isoformat()
    return measurement.digest, Entry(today, round(time.monotonic() - begun), readings)
