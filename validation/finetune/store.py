"""What is refused of a store before it is touched: one of another experiment, and a disk without room for it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from gamma_calc.errors import ConfigError
from validation.executor.memory import gigabytes
from validation.finetune.grid import Finetune
from validation.finetune.job import NAME
from validation.finetune.training import SIZES, TRACKED
from validation.sweep.errors import StoreError
from validation.sweep.refusals import check_path, opened_to_look

OVERHEAD: Final = 6000  # bytes of a row beside its numbers: what was asked, names of quantities, indices


def check_store(path: Path) -> None:
    """Looked at without a lock or a change. Raises StoreError."""
    check_path(path)
    if not path.exists() or not path.stat().st_size:
        return
    with suppress(sqlite3.Error, ValueError, KeyError), closing(opened_to_look(path)) as ask:
        found = ask.execute("SELECT job FROM cells LIMIT 1").fetchone()
        target = json.loads(found[0])["target"] if found else NAME
        if target != NAME:
            raise StoreError(f"is the store of {target}", where=str(path), hint="name another file")


def check_disk(path: Path, grid: Finetune) -> None:
    """Is there room for every cell? Raises ConfigError."""
    setting = grid.setting
    numbers = len(setting.recorded) * (len(TRACKED) + 2 * len(setting.targets) * len(SIZES))  # of a decoder's too
    needed, free = len(grid.jobs) * (16 * numbers + OVERHEAD), shutil.disk_usage(path.absolute().parent).free
    if needed > free:
        most = free // (16 * numbers + OVERHEAD)
        raise ConfigError(
            f"{len(grid.jobs)} cells take {gigabytes(needed)}, and {gigabytes(free)} of the disk are free",
            where=str(path),
            hint=f"free some, or take {most} cells or fewer",
        )
