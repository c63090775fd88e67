"""The size of a saved tensor: the root mean square of its entries, read piece by piece and kept nowhere."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from math import fsum, inf, isfinite, sqrt
from pathlib import Path
from typing import Final

from gamma_calc.errors import ConfigError
from gamma_calc.frontends.safetensors_header import BYTES, SavedTensor

PIECE: Final = 2**20  # bytes read at a time, a multiple of every format's size

Numbers = tuple[float, ...]


def _as(code: str) -> Callable[[bytes], Numbers]:
    size = struct.calcsize(code)
    return lambda data: struct.unpack(f"<{len(data) // size}{code}", data)


def _of_bf16(data: bytes) -> Numbers:
    """A bf16 is the upper half of a 32-bit float."""
    whole = bytearray(2 * len(data))
    whole[2::4], whole[3::4] = data[::2], data[1::2]
    return struct.unpack(f"<{len(data) // 2}f", whole)


READERS: Final[Mapping[str, Callable[[bytes], Numbers]]] = {
    "F64": _as("d"),
    "F32": _as("f"),
    "F16": _as("e"),
    "BF16": _of_bf16,
}


def root_mean_square(path: Path, tensor: SavedTensor) -> Decimal:
    """The root of the mean square of the entries, 0 of none. Raises ConfigError for entries that are no numbers."""
    if tensor.dtype not in READERS:
        raise ConfigError(f"{tensor.name}: sizes of the number format {tensor.dtype} are not read", where=str(path))
    total = _sum_of_squares(path, tensor)
    if not isfinite(total):
        raise ConfigError(f"{tensor.name}: entries that are not finite", where=str(path), hint="the adapter diverged")
    count = (tensor.end - tensor.start) // BYTES[tensor.dtype]
    return Decimal(sqrt(total / count)) if count else Decimal(0)


def _sum_of_squares(path: Path, tensor: SavedTensor) -> float:
    try:
        return fsum(x * x for numbers in _pieces(path, tensor) for x in numbers)
    except OverflowError:
        return inf


def _pieces(path: Path, tensor: SavedTensor) -> Iterator[Numbers]:
    with path.open("rb") as file:
        file.seek(tensor.start)
        for place in range(tensor.start, tensor.end, PIECE):
            yield READERS[tensor.dtype](file.read(min(PIECE, tensor.end - place)))
