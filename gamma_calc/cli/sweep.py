"""gamma-calc sweep: hands a grid to the numeric side, if that is installed."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter

from gamma_calc.catalogue.targets import TARGETS
from gamma_calc.cli.numeric import refuse_missing, widths_of
from gamma_calc.cli.options import MANY, assignments
from gamma_calc.errors import ConfigError, UnknownName, unknown

INTERRUPTED: Final = 128 + 2
BETWEEN_LINES: Final = 5  # seconds, where the output is no terminal

Texts = tuple[str, ...]


def _axis(text: str) -> Parameter:
    return Parameter(help=f"{text}; may be repeated", **MANY)


def sweep(
    store: Annotated[Path, Parameter(help="the SQLite file that keeps the results; made where there is none")],
    target: Annotated[str, Parameter(help="a name of the catalogue")] = "lora",
    /,
    *,
    init: Annotated[Texts, _axis("initialisation")] = (),
    optimizer: Annotated[Texts, _axis("adam, sign, sgd")] = (),
    lr: Annotated[Texts, _axis("shared (eta) or per-factor (eta_A, eta_B)")] = (),
    rank: Annotated[Texts, _axis("fixed or growing (r = n^rho)")] = (),
    scaling: Annotated[Texts, _axis("the multiplier s: 1, alpha/r, alpha/sqrt(r), free (n^sigma)")] = (),
    loss: Annotated[Texts, _axis("what is minimised")] = (),
    set_: Annotated[Texts, Parameter(name="--set", help="an exponent's value: eta=-1/2; may be repeated", **MANY)] = (),
    widths: Annotated[str, Parameter(help="LOW:HIGH in powers of two, or a list")] = "256:4096",
    seeds: Annotated[int, Parameter(help="repetitions of each cell, from seed 0 on")] = 8,
    steps: Annotated[int, Parameter(help="training steps")] = 4,
    dtype: Annotated[Literal["float32", "float64"], Parameter(help="kind of numbers")] = "float64",
    device: Annotated[Literal["auto", "cpu", "cuda"], Parameter(help="where to run")] = "auto",
    memory: Annotated[int | None, Parameter(help="bytes that a worker may use for a cell")] = None,
    executor: Annotated[str, Parameter(help="serial, processes:N or dask:ADDRESS")] = "serial",
    export: Annotated[Path | None, Parameter(help="write the results to this .csv or .json file")] = None,
) -> int:
    """Run a grid of cells and keep the results in a file; the same command again resumes.

    Each option that may be repeated is an axis: every combination of its values with those of the others is run.
    """
    options = {"init": init, "optimizer": optimizer, "lr": lr, "rank": rank, "scaling": scaling, "loss": loss}
    axes = {**_options(target, options), **_exponents(set_)}
    numbers = widths_of(widths)
    refuse_missing("sweep")
    numeric: Any = import_module("validation.sweep")
    given = {} if memory is None else {"memory": memory}
    grid = numeric.Grid(target, axes, numbers, seeds, steps, dtype, device, **given)
    pool, path = numeric.pool(executor), export and numeric.checked_export(export)
    if not store.exists():
        pool.check(grid.device)  # before a file is made
    with numeric.Store.open(store) as kept:
        try:
            with _progress(store) as tell:
                found = numeric.run(grid, kept, pool, tell)
        except KeyboardInterrupt:
            there = len(kept.keys() & {job.key for job in grid.jobs})
            _line(f"interrupted: {store} has {there} cells of this sweep; the same command again resumes")
            return INTERRUPTED
        if path is not None:
            _line(f"{path}: {numeric.export(kept, path, grid)} cells")
        _refuse_failures(kept, grid, found)
    sys.stdout.write(f"{store}: {found.done} cells, {found.done - found.before} of them new\n")
    return 0


def _options(target: str, given: Mapping[str, Texts]) -> dict[str, Texts]:
    """The axes that are options, by the names that the program has for them."""
    if target not in TARGETS:
        raise unknown("target", target, TARGETS)
    known = TARGETS[target].options
    chosen = {name: values for name, values in given.items() if values}
    for name in chosen:
        if name not in known:
            taken = ", ".join(f"--{option}" for option in known if option in given)
            raise UnknownName(f"target {target} does not take --{name}", mend=f"it takes {taken}")
    return {known[name]: values for name, values in chosen.items()}


def _exponents(texts: Texts) -> dict[str, list[str]]:
    """The axes that are exponents; a name given again has one more value."""
    found: dict[str, list[str]] = {}
    for text in texts:
        for name, value in assignments("--set", [text]).items():
            found.setdefault(name, []).append(str(value))
    return found


def _refuse_failures(kept: Any, grid: Any, found: Any) -> None:
    if not found.failed:
        return
    reasons, jobs = kept.failures(), {job.key: job for job in grid.jobs}
    key = next(key for key in jobs if key in reasons)
    job, axes = jobs[key], ", ".join(f"{name}={value}" for name, value in jobs[key].setting.axes)
    raise ConfigError(
        f"{found.failed} of {found.total} cells failed, the first ({axes}, n = {job.width}, seed {job.seed}) by "
        f"{reasons[key]}",
        where=str(kept.path),
        mend="the same command tries them again",
    )


@contextmanager
def _progress(store: Path) -> Iterator[Callable[[Any], None]]:
    """A live line on a terminal, a plain line now and then elsewhere; both on the error stream."""
    if not sys.stderr.isatty():
        yield _Lines(store)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("cells{task.fields[pace]}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, pace = bar.add_task(store.name, total=None, pace=""), _Pace()

        def tell(now: Any) -> None:
            bar.update(task, completed=now.done + now.failed, total=now.total, pace=pace(now))

        yield tell


class _Lines:
    """Progress as plain lines: the first, the last, and one every few seconds."""

    def __init__(self, store: Path) -> None:
        self.store, self.pace = store, _Pace()
        self.last: float = -BETWEEN_LINES

    def __call__(self, now: Any) -> None:
        pace, time_now = self.pace(now), time.monotonic()
        if time_now - self.last >= BETWEEN_LINES or now.done + now.failed == now.total:
            self.last = time_now
            _line(f"{self.store}: {now.done} of {now.total} cells{pace}")


class _Pace:
    """Cells a second and the time left, in words; the first new result starts the clock, as workers take a while."""

    def __init__(self) -> None:
        self.start: tuple[float, int] | None = None

    def __call__(self, now: Any) -> str:
        failed = f", {now.failed} failed" if now.failed else ""
        before = f", {now.before} there before" if now.before else ""
        if self.start is None:
            self.start = (time.monotonic(), now.done) if now.done > now.before else None
            return failed + before
        elapsed, new = time.monotonic() - self.start[0], now.done - self.start[1]
        if not new:
            return failed + before
        left = (now.total - now.done - now.failed) * elapsed / new
        return f"{failed}, {new / elapsed:.1f} a second, {left:.0f} s left"


def _line(text: str) -> None:
    sys.stderr.write(f"{text}\n")
