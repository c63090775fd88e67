"""Recorded norms in a CSV: width, module, quantity, step, seed, size."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from gamma_calc.errors import ConfigError
from validation.coordinate_check.check import TOLERANCE, judged
from validation.coordinate_check.expectations import DEFAULT, OF_MODULES, Expectation, expected
from validation.coordinate_check.result import CoordinateCheck
from validation.coordinate_check.training import Key
from validation.executor.settings import checked_widths
from validation.statistics.slope import Floats

NEEDED: Final = ("width", "module", "quantity", "step", "seed", "size")
MOST_BYTES: Final = 2**26


def check_file(
    path: Path, expectations: Sequence[Expectation] = DEFAULT, tolerance: float = TOLERANCE
) -> CoordinateCheck:
    """The verdict on norms that were recorded elsewhere. Raises GammaError for a file that cannot be read so."""
    sizes = read_norms(path)
    widths = checked_widths(sorted({width for found in sizes.values() for width in found}))
    for key, found in sizes.items():
        missing = [width for width in widths if len(found.get(width, ())) < 2]
        if missing:
            raise ConfigError(
                f"{' '.join(key[:2])} at step {key[2]} has fewer than two seeds at width {missing[0]}",
                where=str(path),
                hint="record every row at every width with two seeds or more",
            )
    wanted = [expected(expectations, *key) for key in sizes]
    return judged(wanted, sizes, tolerance, (f"norms of {path.name}",))


def read_norms(path: Path) -> dict[Key, dict[int, Floats]]:
    """The sizes over seeds by row and width. Raises ConfigError with the line that cannot be read."""
    found: dict[Key, dict[int, list[float]]] = {}
    for number, line in enumerate(_lines(path), 2):
        key, width, size = _row(line, f"{path}, line {number}")
        found.setdefault(key, {}).setdefault(width, []).append(size)
    if not found:
        raise ConfigError("no rows", where=str(path), hint=f"give lines of {','.join(NEEDED)}")
    return {key: {n: np.array(sizes) for n, sizes in sorted(by_width.items())} for key, by_width in found.items()}


def _lines(path: Path) -> list[dict[str, str]]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ConfigError("larger than 64 MB", where=str(path), hint="leave out rows")
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restval="")
            missing = [name for name in NEEDED if name not in (reader.fieldnames or ())]
            if missing:
                raise ConfigError(
                    f"no column {', '.join(missing)}", where=str(path), hint=f"name the columns {','.join(NEEDED)}"
                )
            return list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigError(f"cannot be read: {why}", where=str(path), hint="name a CSV of recorded norms") from error


def _row(line: Mapping[str, str], where: str) -> tuple[Key, int, float]:
    if line["quantity"] not in OF_MODULES:
        raise ConfigError(f"quantity {line['quantity']!r}", where=where, hint=f"write {' or '.join(OF_MODULES)}")
    try:
        width, step, size = int(line["width"]), int(line["step"]), float(line["size"])
    except ValueError as error:
        raise ConfigError(str(error), where=where, hint="write numbers") from None
    if math.isnan(size) or size < 0:
        raise ConfigError(f"size {line['size']!r}", where=where, hint="a size is a number from 0 on")
    return (line["module"], line["quantity"], step), width, size
