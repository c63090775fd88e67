"""Schedulers and workers of dask as processes that tests start and end."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def started(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A process of dask, ended at the end; its words are read by nobody, so they go to the terminal of the tests."""
    process = subprocess.Popen([sys.executable, "-m", "dask", *words], stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


@contextmanager
def a_scheduler() -> Iterator[str]:
    """Its address."""
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
    with started("scheduler", *options) as process:
        yield _address_of(process)


def worker(address: str) -> Any:
    """One with one thread, as a context."""
    options = ("--host", "127.0.0.1", "--nthreads", "1", "--no-nanny", "--no-dashboard")
    return started("worker", address, *options)


def _address_of(scheduler: subprocess.Popen[str]) -> str:
    assert scheduler.stderr is not None
    for line in scheduler.stderr:
        found = re.search(r"Scheduler at: *(tcp://\S+)", line)
        if found:
            return found[1]
    raise AssertionError("the scheduler said no address")
