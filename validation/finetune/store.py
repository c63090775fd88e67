"""What is refused before a store is touched: a disk without room for it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from gamma_calc.errors import ConfigError
from validation.executor.memory import gigabytes
from validation.finetune.grid import Finetune
from validation.finetune.training import SIZES, TRACKED

OVERHEAD: Final = 6000  # bytes of a row beside its numbers: what was asked, names of quantities, indices


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
