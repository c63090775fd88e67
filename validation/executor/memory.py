"""How much memory may be taken: what is asked for, or a share of what is free."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import torch

from validation.errors import BudgetError

MEMORY: Final = 2**30  # bytes that a batch of cells takes without need: a LoRA layer at 2^20 takes half of it
SHARE: Final = 2  # one part in so many of what is free
CGROUP: Final = Path("/sys/fs/cgroup")
MEMINFO: Final = Path("/proc/meminfo")
LARGEST_KEPT: Final = 2**24  # bytes, as many as a batch on a processor has; glibc learns from up to 2**25


@cache
def keep_freed() -> None:
    """Let the process keep what a step frees for the next one; else the system takes it, and clears it once more.

    glibc maps large blocks one by one, and hands them back as they are freed, until a block as large has been freed
    once: from then on it keeps them, and up to twice as much at the end of its heap. So one is freed. Nothing is
    written to it, and an allocator with other rules has lost nothing by it. Larger blocks are few, and what is kept of
    them is in the way of still larger ones.
    """
    torch.empty(LARGEST_KEPT, dtype=torch.uint8)


def allowed(device: str) -> int:
    """The bytes that may be taken where nothing is said: half of what is free; a gibibyte where that is not known.

    >>> allowed("cpu") > 0
    True
    """
    free = torch.cuda.mem_get_info()[0] if device == "cuda" else _free()
    return MEMORY if free is None else free // SHARE


def check_results(numbers: int, what: str) -> None:
    """Refuse results that would not fit, before anything runs. ``numbers`` of eight bytes. Raises BudgetError.

    >>> check_results(1000, "2 seeds")
    """
    size, there = 8 * numbers, allowed("cpu")
    if size > there:
        problem = f"{what} give {size} bytes of results, more than {there}, half of what is free"
        raise BudgetError(problem, hint="take fewer seeds, steps or widths")


def gigabytes(size: int) -> str:
    """A number of bytes in words.

    >>> gigabytes(1083191328)
    '1.1 GB'
    """
    return f"{size / 1e9:.1f} GB"


def _free() -> int | None:
    """What the machine and, where there is one, the container have left."""
    found = [size for size in (_of_the_machine(), _of_the_container()) if size is not None]
    return min(found, default=None)


def _of_the_machine() -> int | None:
    with suppress(OSError, ValueError, KeyError):
        lines = (line.split(":") for line in MEMINFO.read_text(encoding="utf-8").splitlines())
        return int(dict(lines)["MemAvailable"].split()[0]) * 1024
    with suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _of_the_container() -> int | None:
    """None where there is no limit."""
    with suppress(OSError, ValueError):
        limit, used = (int((CGROUP / f"memory.{name}").read_text(encoding="utf-8")) for name in ("max", "current"))
        return max(0, limit - used)
    return None
