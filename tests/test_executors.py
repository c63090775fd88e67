"""Sweeps on executors: processes and clusters whose workers die, and executors of the caller's own."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("scipy")

from clusters import a_scheduler, worker
from sweeping import LONGER, SMALL, named
from workers import deadly, deadly_once, failing

from gamma_calc.errors import GammaError
from validation.sweep import ExecutorError, Store, SweepProgress, pool, run
from validation.sweep import measure as work
from validation.sweep.pools import Here, Pool, Processes

TESTS = Path(__file__).parent
ALL = SweepProgress(total=12, before=0, done=12, failed=0)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "cells.sqlite") as opened:
        yield opened


def everything_once(store: Store, total: int) -> bool:
    cells = named(store)
    return len(cells) == len(set(cells)) == total


class Instead(Pool):
    """A pool whose workers do something else than measure."""

    def __init__(self, inner: Pool, act: Callable[..., Any]) -> None:
        self.inner, self.act, self.opened = inner, act, 0

    @property
    def window(self) -> int:  # type: ignore[override]
        return self.inner.window

    def open(self) -> Executor:
        self.opened += 1
        return _Instead(self.inner.open(), self.act)

    def stop(self, executor: Executor, *, now: bool) -> None:
        assert isinstance(executor, _Instead)
        self.inner.stop(executor.inner, now=now)


class _Instead(Executor):
    def __init__(self, inner: Executor, act: Callable[..., Any]) -> None:
        self.inner, self.act = inner, act

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self.inner.submit(self.act, *args, **kwargs)


# -- in any executor ----------------------------------------------------------------------------------------------


def test_an_executor_of_the_caller_is_used_and_left_open(store: Store) -> None:
    with ThreadPoolExecutor(2) as executor:
        assert run(SMALL, store, executor) == ALL
        assert executor.submit(int, "1").result() == 1


def test_a_cell_that_raises_is_recorded_and_its_company_is_not(store: Store) -> None:
    found = run(SMALL, store, Instead(Here(), partial(failing, seed=1)))
    assert found == SweepProgress(total=12, before=0, done=8, failed=4)
    assert set(store.failures().values()) == {"ZeroDivisionError: division by zero"}
    assert run(SMALL, store) == SweepProgress(total=12, before=8, done=12, failed=0)
    assert store.failures() == {}


def test_a_worker_of_another_version_computes_nothing() -> None:
    batch = work.Batch.of([SMALL.jobs[0]], SMALL.memory)
    with pytest.raises(ExecutorError) as caught:
        work.measure(replace(batch, versions="gamma-calc 0.0.9, torch 1.0"))
    assert str(caught.value) == (
        f"the worker runs {batch.versions}, the sweep gamma-calc 0.0.9, torch 1.0; install the same versions on both"
    )


# -- processes ----------------------------------------------------------------------------------------------------


def test_a_dead_worker_is_replaced(store: Store, tmp_path: Path) -> None:
    workers = Instead(Processes(1), partial(deadly_once, seed=1, mark=tmp_path / "mark"))
    assert run(SMALL, store, workers) == ALL
    assert everything_once(store, 12)
    assert workers.opened == 2


@pytest.mark.long
def test_a_cell_that_kills_its_worker_is_recorded_and_the_others_go_on(store: Store) -> None:
    found = run(
        replace(SMALL, axes={**SMALL.axes, "init": ["A"]}), store, Instead(Processes(2), partial(deadly, seed=1))
    )
    assert found == SweepProgress(total=6, before=0, done=4, failed=2)
    reasons = set(store.failures().values())
    assert len(reasons) == 1
    assert reasons.pop().startswith("BrokenProcessPool: ")


def test_a_broken_executor_of_the_caller_ends_the_sweep_in_one_line(store: Store) -> None:
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        broken = _Instead(executor, partial(deadly, seed=1))
        with pytest.raises(ExecutorError) as caught:
            run(SMALL, store, broken)
    assert str(caught.value) == "the executor broke; run again with a new one: what is stored is kept"
    assert run(SMALL, store).done == 12


def test_workers_end_with_the_sweep(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from validation.sweep import pool\n"
        "if __name__ == '__main__':\n"
        "    import os\n"
        "    executor = pool('processes:1').open()\n"
        "    print(executor.submit(os.getpid).result(), flush=True)\n"
        "    time.sleep(60)\n"
    )
    path = tmp_path / "script.py"
    path.write_text(script)
    process = subprocess.Popen([sys.executable, path], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    worker = int(process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    while alive(worker):
        time.sleep(0.01)


def alive(pid: int) -> bool:
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


# -- a cluster ----------------------------------------------------------------------------------------------------


@pytest.fixture
def scheduler() -> Iterator[str]:
    pytest.importorskip("distributed")
    with a_scheduler() as address:
        yield address


@pytest.mark.long
def test_a_cluster_that_loses_a_worker_in_the_middle_ends_with_every_cell_once(store: Store, scheduler: str) -> None:
    with ExitStack() as stack:
        first, _ = (stack.enter_context(worker(scheduler)) for _ in range(2))

        def kill_in_the_middle(now: SweepProgress) -> None:
            if now.done >= 24 and first.poll() is None:
                first.send_signal(signal.SIGKILL)
                first.wait()

        found = run(LONGER, store, pool(f"dask:{scheduler}"), kill_in_the_middle)
        assert first.returncode == -signal.SIGKILL
    assert found == SweepProgress(total=144, before=0, done=144, failed=0)
    assert everything_once(store, 144)


IN_A_PROCESS_OF_ITS_OWN = """
import socket, sys
from distributed import LocalCluster
from clusters import a_scheduler, worker
from sweeping import SMALL, named
from validation.sweep import ExecutorError, Store, pool, pools, run

def told(address, seconds):
    pools.ANSWER = seconds
    try:
        print(run(SMALL, store, pool(f"dask:{address}")))
    except ExecutorError as error:
        print(str(error).replace(address, "ADDRESS"))

def cluster(workers):
    place = {"protocol": "tcp://", "host": "127.0.0.1", "dashboard_address": None}
    return LocalCluster(n_workers=workers, threads_per_worker=1, processes=False, **place)

with Store.open(sys.argv[1]) as store:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        told(address, 1)
        server.listen()
        told(address, 1)
    with cluster(0) as idle:
        told(idle.scheduler_address, 3)
    with cluster(2) as working:
        told(working.scheduler_address, 60)
    print(len(named(store)), len(set(named(store))))
"""


def test_a_cluster_computes_a_grid_and_one_that_does_not_answer_is_told(tmp_path: Path) -> None:
    """In a process of its own: a client's threads draw from `random`, which hypothesis refuses while it runs tests."""
    pytest.importorskip("distributed")
    settings: dict[str, Any] = {"cwd": TESTS, "capture_output": True, "text": True}
    command = [sys.executable, "-c", IN_A_PROCESS_OF_ITS_OWN, str(tmp_path / "cells.sqlite")]
    found = subprocess.run(command, check=False, **settings)
    silent = (
        "executor dask:ADDRESS: no scheduler answers within 1 s; start one with `dask scheduler`, and write its "
        "address as tcp://HOST:8786"
    )
    assert found.stdout.splitlines() == [
        silent,
        silent,
        "executor dask:ADDRESS: the scheduler has no worker; dask worker ADDRESS",
        str(ALL),
        "12 12",
    ]
    assert found.returncode == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("thread", "unknown executor 'thread'; known: dask:ADDRESS, processes:N, serial"),
        ("processes", "'processes' has no number of processes; write processes:2"),
        ("processes:0", "'processes:0' has no number of processes; write processes:2"),
        ("processes:two", "'processes:two' has no number of processes; write processes:2"),
        ("dask", "'dask' has no address; write dask:tcp://HOST:8786"),
    ],
)
def test_an_executor_that_is_none(text: str, message: str) -> None:
    with pytest.raises(GammaError) as caught:
        pool(text)
    assert str(caught.value) == message
