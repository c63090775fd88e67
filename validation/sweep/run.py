"""Run a grid: what the store lacks is computed, each cell once, and stored as it comes."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Executor, Future, wait
from dataclasses import dataclass
from typing import Any, Final, Protocol

from gamma_calc.errors import GammaError
from validation.sweep.job import Job, Jobs
from validation.sweep.measure import CellResult
from validation.sweep.pools import Given, Here, Pool
from validation.sweep.store import Store

ATTEMPTS: Final = 3  # at a cell whose worker dies
PAUSE: Final = 0.2  # seconds between looks at what another process computes

Work = Future[tuple[CellResult, ...]]


class CellGrid(Protocol):
    """What can be run: cells, how they go together, and what computes some that do. A ``Grid`` is one."""

    @property
    def jobs(self) -> tuple[Job, ...]:
        """Every cell."""

    @property
    def device(self) -> str:
        """Where they are computed."""

    def batches(self, jobs: Iterable[Job]) -> list[Jobs]:
        """Cells that one call computes."""

    def task(self, jobs: Jobs) -> tuple[Callable[[Any], tuple[CellResult, ...]], object]:
        """A function and what it is given, both of which another process can read. It gives a result for each cell."""


@dataclass(frozen=True, slots=True)
class SweepProgress:
    """Where a sweep is: the cells of the grid, those there already when it began, those stored, those that failed."""

    total: int
    before: int
    done: int
    failed: int


def run(
    grid: CellGrid,
    store: Store,
    executor: Executor | Pool | None = None,
    on_progress: Callable[[SweepProgress], None] = lambda _: None,
) -> SweepProgress:
    """Compute every cell of a grid that a store lacks; the same call again resumes.

    Without an executor cells are computed in this process. A cell whose worker dies, or that raises, is tried again
    alone, recorded as failed in the end, and the others go on. Two processes may share a store: each takes what the
    other has not, and both return when all is there. Raises GammaError for a store or an executor of no further use.

    >>> import tempfile, pathlib
    >>> from validation.sweep import Grid
    >>> grid = Grid(axes={"optimiser": ["sign"], "eta": [-1]}, widths=[64, 128], seeds=2, steps=1)
    >>> with tempfile.TemporaryDirectory() as folder, Store.open(pathlib.Path(folder) / "cells.sqlite") as store:
    ...     run(grid, store)
    ...     run(grid, store)
    SweepProgress(total=4, before=0, done=4, failed=0)
    SweepProgress(total=4, before=4, done=4, failed=0)
    """
    pool = executor if isinstance(executor, Pool) else Here() if executor is None else Given(executor)
    return _Sweep(grid, store, pool, on_progress).go()


class _Sweep:
    """One run.

    A batch is in one place at a time: to do, elsewhere (another process has claimed it), alone (to be tried again with
    nothing beside it), or in flight.
    """

    def __init__(self, grid: CellGrid, store: Store, pool: Pool, on_progress: Callable[[SweepProgress], None]) -> None:
        self.grid, self.store, self.pool, self.on_progress = grid, store, pool, on_progress
        jobs = {job.key: job for job in grid.jobs}
        stored = store.keys() & jobs.keys()
        self.keys = {job: key for key, job in jobs.items()}
        self.before, self.left = len(stored), jobs.keys() - stored
        self.todo = deque(grid.batches(job for key, job in jobs.items() if key not in stored))
        self.elsewhere: list[Jobs] = []
        self.alone: deque[Jobs] = deque()
        self.flying: dict[Work, Jobs] = {}
        self.attempts: Counter[Job] = Counter()
        self.failed: set[str] = set()
        self.executor: Executor | None = None

    def go(self) -> SweepProgress:
        """Until nothing is left. Returns the last progress."""
        if self.left:
            self.pool.check(self.grid.device)
        self._tell()
        if self.left:
            with self.store.owner() as self.owner:
                self._until_done()
        return self._progress

    def _until_done(self) -> None:
        now = True
        try:
            while self.todo or self.elsewhere or self.alone or self.flying:
                self._launch()
                self._collect()
            now = False
        finally:
            self._close(now=now)

    # -- sending --------------------------------------------------------------------------------------------------

    def _launch(self) -> None:
        """Fill the window, but store what is done before more is sent; what is tried alone flies alone."""
        if self.alone:
            if not self.flying:
                self._send(self.alone.popleft())
            return
        while self.todo and len(self.flying) < self.pool.window and not any(work.done() for work in self.flying):
            ours = self._claim(self.todo.popleft())
            if ours:
                self._send(ours)
        if not self.flying and self.elsewhere:
            time.sleep(PAUSE)
            self.todo.extend(self.elsewhere)
            self.elsewhere.clear()

    def _claim(self, jobs: Jobs) -> Jobs:
        found = self.store.claim(self.owner, [self.keys[job] for job in jobs])
        self._arrived(found.stored)
        others = tuple(j for j in jobs if self.keys[j] not in found.ours | found.stored)
        if others:
            self.elsewhere.append(others)
        return tuple(j for j in jobs if self.keys[j] in found.ours)

    def _send(self, jobs: Jobs) -> None:
        try:
            if self.executor is None:
                self.executor = self.pool.open()
            work, batch = self.grid.task(jobs)
            self.flying[self.executor.submit(work, batch)] = jobs
        except BrokenExecutor as error:  # its workers died while they had nothing to do
            self._close(now=True)
            self._failure(jobs, error)

    # -- receiving ------------------------------------------------------------------------------------------------

    def _collect(self) -> None:
        if not self.flying:
            return
        done = wait(self.flying, return_when=FIRST_COMPLETED).done
        errors = {work: _error(work) for work in done}
        if any(isinstance(e, BrokenExecutor | CancelledError) for e in errors.values()):
            errors = {work: _error(work) for work in wait(self.flying).done}
            self._close(now=True)
        for work, error in errors.items():
            jobs = self.flying.pop(work)
            if error is None:
                self.store.put(zip(jobs, work.result(), strict=True))
                self._arrived(self.keys[job] for job in jobs)
            else:
                self._failure(jobs, error)

    def _failure(self, jobs: Jobs, error: BaseException) -> None:
        """Several cells are tried again one by one; one that failed alone is tried a few times if a worker died."""
        if len(jobs) > 1 or (jobs[0] not in self.attempts and not isinstance(error, GammaError)):
            self.attempts.update(dict.fromkeys(jobs, 0))
            self.alone.extend((job,) for job in jobs)
            return
        (job,) = jobs
        self.attempts[job] += 1
        if self.attempts[job] < ATTEMPTS and not isinstance(error, GammaError):
            self.alone.append(jobs)
            return
        self.store.fail(job, _reason(error))
        self.failed.add(self.keys[job])
        self._arrived([self.keys[job]])

    def _arrived(self, keys: Iterable[str]) -> None:
        before = len(self.left)
        self.left -= set(keys)
        if len(self.left) < before:
            self._tell()

    # -- the rest -------------------------------------------------------------------------------------------------

    @property
    def _progress(self) -> SweepProgress:
        done = len(self.keys) - len(self.left) - len(self.failed)
        return SweepProgress(len(self.keys), self.before, done, len(self.failed))

    def _tell(self) -> None:
        self.on_progress(self._progress)

    def _close(self, *, now: bool) -> None:
        if self.executor is not None:
            executor, self.executor = self.executor, None
            self.pool.stop(executor, now=now)


def _error(work: Work) -> BaseException | None:
    return CancelledError("cancelled") if work.cancelled() else work.exception()


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, GammaError) and text else f"{type(error).__name__}: {text}"
