"""Settings of a run, and the refusal of those that cannot be used: one line, and the hint, before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import Final

import torch

from gamma_calc.errors import unknown
from validation.errors import DeviceError, SettingError
from validation.kinds import check_count, check_counts, check_sizes, check_text, check_truth, refuse
from validation.statistics.slope import FEWEST_WIDTHS
from validation.statistics.verdict import Span

DTYPES: Final = MappingProxyType({"float32": torch.float32, "float64": torch.float64})
MARGIN: Final = 1e3  # constants in front of a power of n
SPANS: Final = MappingProxyType(
    {
        name: Span(torch.finfo(kind).tiny ** 0.5 * MARGIN, torch.finfo(kind).max ** 0.5 / MARGIN)
        for name, kind in DTYPES.items()
    }
)
DEVICES: Final = ("auto", "cpu", "cuda")


@dataclass(frozen=True, slots=True)
class Settings:
    """How cells are run, apart from width and seeds.

    ``sizes`` gives fixed dimensions their number of entries by name (5 where it does not) and growing ones the factor
    in front of their power of the width (1 where it does not), ``memory`` the bytes that a cell may take at once, or
    None for half of what is free: it decides how many seeds run together, and no number depends on it. ``published``
    makes the factors of a program as its initialisation is published, where that can be made at the width. Raises
    SettingError for what cannot be used, UnknownName for a kind of numbers or a device that there is not, DeviceError
    for a device that is not here.

    >>> Settings(steps=2, device="cpu", sizes={"r": 8}).dtype
    'float64'
    """

    steps: int = 4
    dtype: str = "float64"
    device: str = "cpu"
    sizes: Mapping[str, int] = field(default_factory=dict)
    memory: int | None = None
    published: bool = False

    def __post_init__(self) -> None:
        check_count("steps", self.steps)
        check_text("dtype", self.dtype, " or ".join(DTYPES))
        check_sizes(self.sizes)
        check_truth("published", self.published)
        if self.memory is not None:
            check_count("memory", self.memory, "a number of bytes")
        if self.steps < 1:
            raise SettingError(f"{self.steps} steps", hint="a run takes at least one step")
        if self.dtype not in DTYPES:
            raise unknown("kind of numbers", self.dtype, DTYPES)
        if self.memory is not None and self.memory < 1:
            raise SettingError(f"{self.memory} bytes of memory", hint="leave it out to take half of what is free")
        for name, size in self.sizes.items():
            if size < 1:
                raise SettingError(f"dimension {name} of size {size}", hint="a size is at least 1")
        object.__setattr__(self, "device", found_device(self.device))


def checked_settings(settings: object) -> Settings:
    """Settings. Raises SettingError."""
    if not isinstance(settings, Settings):
        raise refuse("settings", settings, "Settings(steps=4, ...)")
    return settings


def found_device(name: str) -> str:
    """The device a name stands for; "auto" takes the accelerator where there is one. Raises DeviceError."""
    check_text("device", name, ", ".join(DEVICES))
    if name not in DEVICES:
        raise unknown("device", name, DEVICES)
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise DeviceError("no cuda device is there", hint="use cpu, or auto to take what there is")
    return ("cuda" if there else "cpu") if name == "auto" else name


def checked_widths(widths: Sequence[int]) -> tuple[int, ...]:
    """Widths for a slope: at least four, increasing. Raises SettingError."""
    check_counts("widths", widths, "increasing whole numbers, as in (256, 512, 1024, 2048)")
    listed = ", ".join(map(str, widths))
    if len(widths) < FEWEST_WIDTHS:
        raise SettingError(f"{len(widths)} widths ({listed})", hint="a slope and its drift need at least four")
    if any(a >= b for a, b in pairwise(widths)) or widths[0] < 2:
        raise SettingError(f"widths {listed}", hint="give them increasing, from 2 on")
    return tuple(widths)


def checked_seeds(seeds: int, most: int) -> None:
    """At least two seeds, and no more than the most allowed. Raises SettingError."""
    check_count("seeds", seeds)
    check_count("most_seeds", most)
    if seeds < 2:
        raise SettingError(f"{seeds} seed{'' if seeds == 1 else 's'}", hint="an interval needs at least two")
    if most < seeds:
        raise SettingError(
            f"at most {most} seeds, of which the first {seeds}", hint="raise the most, or start with fewer"
        )


def checked_file(path: Path) -> Path:
    """A path that a file can be written to, tried before anything runs; it is left as it is. Raises SettingError."""
    if path.is_dir():
        raise SettingError("is a directory", where=str(path), hint="name a file")
    try:
        with path.open("ab") if path.exists() else TemporaryFile(dir=path.parent):
            return path
    except OSError as error:
        hint = "name a file in a folder that is there"
        raise SettingError("cannot be written", where=str(path), hint=hint) from error


def doubled(seeds: int, most: int) -> Iterator[int]:
    """Numbers of seeds to try one after the other, up to the most.

    >>> list(doubled(16, 50))
    [16, 32, 50]
    """
    while seeds < most:
        yield seeds
        seeds *= 2
    yield most
