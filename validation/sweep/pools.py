"""Where cells are computed: in this process, in others on this machine, on a cluster, in any executor given.

A pool makes executors, because one whose worker died may be of no further use; it takes plain data and gives it back.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Final, TypeVar

import torch

from gamma_calc.errors import unknown
from validation.executor.settings import found_device
from validation.sweep.errors import ExecutorError
from validation.sweep.versions import versions

if TYPE_CHECKING:
    from distributed import Client

ANSWER: Final = 10  # seconds in which a cluster must answer
EACH: Final = 2  # batches in flight for each worker, so that none waits for its next
MOST: Final = 1024

Found = TypeVar("Found")
Item = TypeVar("Item")


class Pool(ABC):
    """A maker of executors."""

    window: int  # batches in flight at once
    count: int = 1  # of processes that compute on this machine

    def check(self, device: str) -> None:
        """Refuse a device that is known not to be there."""
        found_device(device)

    @abstractmethod
    def open(self) -> Executor:
        """An executor that works. Raises ExecutorError."""

    def stop(self, executor: Executor, *, now: bool) -> None:
        """End an executor; ``now`` without waiting for what it computes."""
        executor.shutdown(wait=not now, cancel_futures=True)


def as_done(pool: Pool, work: Callable[[Item], Found], items: Iterable[Item]) -> Iterator[Found]:
    """The results of ``work`` on every item, each as soon as it is there; nothing goes on where this is given up."""
    executor = pool.open()
    waiting, flying, finished = deque(items), set[Future[Found]](), False
    try:
        while waiting or flying:
            while waiting and len(flying) < pool.window:
                flying.add(executor.submit(work, waiting.popleft()))
            ended, flying = wait(flying, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in ended)
        finished = True
    finally:
        pool.stop(executor, now=not finished)


class Here(Pool):
    """This process, one batch after the other."""

    window = 1

    def open(self) -> Executor:
        return _Serial()


class Given(Pool):
    """An executor made by the caller, who also ends it. It cannot be made again when it breaks."""

    window = 16

    def __init__(self, executor: Executor) -> None:
        self._executor, self._used = executor, False

    def check(self, device: str) -> None:
        """What its workers have is not known here."""

    def open(self) -> Executor:
        if self._used:
            raise ExecutorError("the executor broke", hint="run again with a new one: what is stored is kept")
        self._used = True
        return self._executor

    def stop(self, executor: Executor, *, now: bool) -> None:
        """The caller's to do."""


class Processes(Pool):
    """Worker processes on this machine, started afresh; on an accelerator each has one to itself."""

    def __init__(self, count: int) -> None:
        self.count, self.window = count, EACH * count
        self._device = "cpu"

    def check(self, device: str) -> None:
        self._device = found_device(device)
        there = torch.cuda.device_count()
        if self._device == "cuda" and self.count > there:
            raise ExecutorError(
                f"{self.count} processes for {there} cuda device{'s' if there > 1 else ''}",
                where="executor",
                hint=f"use processes:{there}: each takes one",
            )

    def open(self) -> Executor:
        context = multiprocessing.get_context("spawn")
        numbers = context.SimpleQueue()
        for i in range(self.count):
            numbers.put(i)
        threads = max(1, (os.cpu_count() or 1) // self.count)
        return _Workers(self.count, context, _begin_work, (numbers, threads))

    def stop(self, executor: Executor, *, now: bool) -> None:
        if now:
            for worker in list((getattr(executor, "_processes", None) or {}).values()):
                worker.kill()  # the executor itself would wait for a cell to end
        executor.shutdown(wait=True, cancel_futures=True)


class Cluster(Pool):
    """The workers of a dask scheduler."""

    def __init__(self, address: str) -> None:
        self.address, self.window = address, EACH
        self._client: Client | None = None

    def check(self, device: str) -> None:
        """The scheduler has to answer; what its workers have is not known here."""
        _reach(self.address)

    def open(self) -> Executor:
        from distributed import Client

        self._close()
        _reach(self.address)
        self._client = client = Client(self.address, timeout=ANSWER, set_as_default=False)
        self.window = EACH * sum(client.nthreads().values())
        for worker, theirs in client.run(versions).items():
            if theirs != versions():
                raise ExecutorError(
                    f"the worker {worker} runs {theirs}, the sweep {versions()}",
                    where=f"executor dask:{self.address}",
                    hint="install the same versions on both",
                )
        executor: Executor = client.get_executor(pure=False)
        return executor

    def stop(self, executor: Executor, *, now: bool) -> None:
        executor.shutdown(wait=not now)
        self._close()

    def _close(self) -> None:
        if self._client is not None:
            self._client.close(timeout=ANSWER)
            self._client = None


def pool(text: str) -> Pool:
    """The pool that a text names: "serial", "processes:N" or N, "dask:ADDRESS". Raises ExecutorError or UnknownName.

    >>> pool("processes:2").window, pool("3").window
    (4, 6)
    """
    kind, _, rest = f"processes:{text}".partition(":") if text.isdecimal() else text.partition(":")
    if kind not in ("serial", "processes", "dask"):
        raise unknown("executor", text, ("serial", "processes:N", "dask:ADDRESS"))
    if kind == "processes":
        if not (rest.isascii() and rest.isdigit() and 1 <= int(rest) <= MOST):
            raise ExecutorError(f"{text!r} has no number of processes", hint="write processes:2")
        return Processes(int(rest))
    if kind == "dask":
        if not rest:
            raise ExecutorError("'dask' has no address", hint="write dask:tcp://HOST:8786")
        return Cluster(rest)
    return Here()


class _Serial(Executor):
    """Runs what is submitted at once, where it is submitted."""

    def submit(self, fn: Callable[..., Found], /, *args: Any, **kwargs: Any) -> Future[Found]:
        done: Future[Found] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - as every executor does
            done.set_exception(error)
        return done


class _Workers(ProcessPoolExecutor):
    """Leaves Ctrl-C to the sweep: a worker is started, when something is submitted, with that signal blocked."""

    def submit(self, fn: Callable[..., Found], /, *args: Any, **kwargs: Any) -> Future[Found]:
        if not hasattr(signal, "pthread_sigmask"):
            return super().submit(fn, *args, **kwargs)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin_work(numbers: Any, threads: int) -> None:
    """A worker ends when the sweep is gone, and sees one accelerator."""
    threading.Thread(target=_end_with_the_sweep, daemon=True).start()
    torch.set_num_threads(threads)
    there = (os.environ.get("CUDA_VISIBLE_DEVICES") or ",".join(map(str, range(MOST)))).split(",")
    os.environ["CUDA_VISIBLE_DEVICES"] = there[numbers.get() % len(there)]


def _end_with_the_sweep() -> None:
    sweep = multiprocessing.parent_process()
    if sweep is not None:
        sweep.join()
        os._exit(1)


def _reach(address: str) -> None:
    """Refuse an address at which no scheduler with a worker answers in time.

    Asked before a client is made: one that finds nothing holds on, and speaks, long after it was given up.
    """
    where, answer = f"executor dask:{address}", Future[None]()
    try:
        import distributed
    except ImportError:
        raise ExecutorError("dask is not installed", hint="pip install 'gamma-calc[cluster]'") from None
    workers: list[int] = []  # how many each answer told of

    async def ask() -> None:
        async with distributed.rpc(address) as scheduler:
            while not any(workers):
                workers.append(len((await scheduler.identity())["workers"]))
                await asyncio.sleep(0 if workers[-1] else 0.2)

    def wait() -> None:
        try:
            answer.set_result(asyncio.run(ask()))
        except BaseException as error:  # noqa: BLE001 - whatever sits there may answer anything
            answer.set_exception(error)

    threading.Thread(target=wait, daemon=True).start()
    try:
        answer.result(timeout=ANSWER)
    except Exception as error:
        if workers:
            raise ExecutorError("the scheduler has no worker", where=where, hint=f"dask worker {address}") from error
        hint = "start one with `dask scheduler`, and write its address as tcp://HOST:8786"
        raise ExecutorError(f"no scheduler answers within {ANSWER} s", where=where, hint=hint) from error
