"""Small grids, and an executor that writes down every cell it is asked to compute."""

import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from validation.sweep import Grid, Store, run
from validation.sweep.pools import Here, Pool

SMALL = Grid(axes={"init": ["A", "B"], "optimiser": ["sign"], "eta": [-1]}, widths=[16, 32], seeds=3, steps=1)
LONGER = Grid(axes={"init": ["A", "B"], "optimiser": ["sign"], "eta": [-1]}, widths=[16, 32, 64], seeds=24, steps=1)


class Noting(Pool):
    """Computes here, and appends a line for each cell to a file before it does."""

    window = 1

    def __init__(self, path: Path, pause: float = 0.0) -> None:
        self.path, self.pause = path, pause

    def open(self) -> Executor:
        return _Noting(self.path, self.pause)

    @property
    def cells(self) -> list[str]:
        return self.path.read_text().split("\n")[:-1] if self.path.exists() else []


class _Noting(Executor):
    def __init__(self, path: Path, pause: float) -> None:
        self.path, self.pause, self.inner = path, pause, Here().open()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        batch = args[0]
        with self.path.open("a") as file:
            file.write("".join(f"{dict(batch.setting.axes)['init']} {batch.width} {s}\n" for s in batch.seeds))
        time.sleep(self.pause)
        return self.inner.submit(fn, *args, **kwargs)


def named(store: Store) -> list[str]:
    """The stored cells, as the executor notes them."""
    jobs = [row.job for row in store.rows()]
    return [f"{dict(j.setting.axes)['init']} {j.width} {j.seed}" for j in jobs]


if __name__ == "__main__":  # a sweep in a process of its own: store, file of notes, pause, and a gate to wait at
    notes = Path(sys.argv[2])
    with Store.open(sys.argv[1]) as opened:
        for gate in map(Path, sys.argv[4:]):
            notes.with_suffix(".ready").touch()
            while not gate.exists():
                time.sleep(0.01)
        run(LONGER, opened, Noting(notes, float(sys.argv[3])))
