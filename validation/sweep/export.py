"""A sweep as a table for other programs: CSV with a line for each number, JSON with an object for each cell."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final, TextIO

from gamma_calc.display.json import labels
from gamma_calc.errors import unknown
from validation.errors import SettingError
from validation.executor.cell import Floats
from validation.executor.settings import checked_file
from validation.sweep.grid import Grid
from validation.sweep.job import Job
from validation.sweep.store import Store, StoredRow
from validation.sweep.versions import versions

Pair = tuple[Job, StoredRow]


def checked_export(path: str | Path, store: str | Path | None = None) -> Path:
    """A path that an export can be written to, checked before anything runs; never that of the ``store`` itself.

    Raises SettingError.
    """
    path = Path(path)
    if store is not None and _same(path, Path(store)):
        raise SettingError("is the store itself", where=str(path), hint="export to another file")
    if path.suffix not in WRITERS:
        raise unknown("kind of export", path.suffix or str(path), WRITERS)
    return checked_file(path)


def export(store: Store, path: str | Path, grid: Grid | None = None) -> int:
    """Write the cells of a grid (without one, all that is stored) to a .csv or .json file. Returns how many.

    Cells are named as the grid names them. The file appears whole or not at all. Raises GammaError.
    """
    path = checked_export(path, store.path)
    pairs = list(_pairs(store, grid))
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            WRITERS[path.suffix](pairs, file)
        part.replace(path)
    except OSError as error:
        raise SettingError(f"cannot be written ({error.strerror})", where=str(path), hint="name another") from error
    finally:
        part.unlink(missing_ok=True)
    return len(pairs)


def _same(one: Path, other: Path) -> bool:
    """Are two paths one file, by whatever names and links?"""
    return one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other))


def _pairs(store: Store, grid: Grid | None) -> Iterator[Pair]:
    rows = {row.key: row for row in store.rows()}
    if grid is None:
        yield from ((row.job, row) for row in rows.values())
    else:
        yield from ((job, rows[job.key]) for job in grid.jobs if job.key in rows)


def _write_csv(pairs: Iterable[Pair], file: TextIO) -> None:
    """One line for each cell, step and quantity; numbers as Python writes them, so nothing is lost."""
    pairs = list(pairs)
    axes = tuple(dict.fromkeys(name for job, _ in pairs for name, _ in job.setting.axes))
    writer = csv.writer(file)
    facts = ("steps", "dtype", "device", "diverged", "residual")
    writer.writerow(("target", *axes, "width", "seed", *facts, "step", "quantity", "size", "aligned"))
    for job, row in pairs:
        s, values = job.setting, dict(job.setting.axes)
        cell = (s.target, *(values.get(a, "") for a in axes), job.width, job.seed, s.steps, s.dtype, s.device)
        m = row.measured
        for step, (sizes, aligned) in enumerate(zip(m.sizes.tolist(), m.aligned.tolist(), strict=True)):
            for numbers in zip(m.quantities, sizes, aligned, strict=True):
                writer.writerow((*cell, m.diverged, m.residual, step, *numbers))


def _write_json(pairs: Iterable[Pair], file: TextIO) -> None:
    """``size`` and ``aligned``: step from 0 x quantity; a number that overflowed is null."""
    cells = ",\n".join(json.dumps(_object(job, row), allow_nan=False) for job, row in pairs)
    head = json.dumps(labels("sweep") | {"versions": versions()}).removesuffix("}")
    file.write(f'{head}, "cells": [\n{cells}\n]}}\n')


def _object(job: Job, row: StoredRow) -> dict[str, object]:
    m, facts = row.measured, dict(json.loads(job.to_json()))
    return facts | {
        "diverged": m.diverged,
        "residual": _finite(m.residual),
        "quantities": m.quantities,
        "size": _finite_rows(m.sizes),
        "aligned": _finite_rows(m.aligned),
    }


def _finite_rows(numbers: Floats) -> list[list[float | None]]:
    return [[_finite(x) for x in row] for row in numbers.tolist()]


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None


WRITERS: Final[dict[str, Callable[[Iterable[Pair], TextIO], None]]] = {".csv": _write_csv, ".json": _write_json}
