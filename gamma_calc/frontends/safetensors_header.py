"""The header of a safetensors file: names, shapes and metadata. Weights are not loaded; a header that lies is refused.

The format: eight bytes with the length of a header in JSON, the header, then the data of all tensors without a gap.
Source: the format section of the safetensors README.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from pathlib import Path
from stat import S_ISREG
from typing import Any, Final

from gamma_calc.display.shown import shown
from gamma_calc.errors import ConfigError
from gamma_calc.frontends.json_file import POINTER

LENGTH: Final = 8  # bytes of the header's length
LARGEST_HEADER: Final = 2**24
METADATA: Final = "__metadata__"
MOST_AXES: Final = 8
LONGEST: Final = 80  # of a name in a message
BYTES: Final[Mapping[str, int]] = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 8),
    **dict.fromkeys(("F32", "I32", "U32"), 4),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 2),
    **dict.fromkeys(("I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 1),
}


@dataclass(frozen=True, slots=True)
class SavedTensor:
    """A tensor as the header tells of it; ``start`` and ``end`` are places in the file, in bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SavedTensors:
    """What a header holds: the tensors by name, and the metadata, texts by name."""

    path: Path
    tensors: Mapping[str, SavedTensor]
    metadata: Mapping[str, str]


def read_header(path: Path) -> SavedTensors:
    """Names, shapes and metadata of a file. Raises ConfigError for a header that its file does not bear out."""
    with _opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        first = file.read(max(LENGTH, len(POINTER)))
        if first.startswith(POINTER):
            raise ConfigError("a Git LFS pointer, not the file itself", hint="run git lfs pull")
        length = int.from_bytes(first[:LENGTH], "little")
        _check(len(first) >= LENGTH and 2 <= length <= size - LENGTH, "the header is longer than the file")
        _check(length <= LARGEST_HEADER, f"a header of {length} bytes, more than {LARGEST_HEADER}")
        file.seek(LENGTH)
        fields = _fields(file.read(length))
    metadata = fields.pop(METADATA, {})
    _check(_is_texts(metadata), f"{METADATA} is no object of texts")
    tensors = [_tensor(name, told, LENGTH + length) for name, told in fields.items()]
    _check_places(tensors, LENGTH + length, size)
    return SavedTensors(path, {one.name: one for one in tensors}, metadata)


def _opened(path: Path) -> Any:
    try:
        if not S_ISREG(path.stat().st_mode):
            raise ConfigError("no regular file", hint="name the adapter's folder, or its safetensors file")
        return path.open("rb")
    except FileNotFoundError:
        raise ConfigError("no such file", hint="name an adapter's folder or a safetensors file") from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", hint="name a readable file") from None


def _fields(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text.decode("utf-8"), object_pairs_hook=_once)
    except ConfigError:
        raise
    except (ValueError, RecursionError):
        found = None
    _check(isinstance(found, dict), "the header is no JSON object")
    return dict(found)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    _check(len(found) == len(pairs), "the header names something twice")
    return found


def _tensor(name: str, told: Any, data: int) -> SavedTensor:
    """One entry; its shape must take exactly the bytes that it claims."""
    where = shown(name, LONGEST)
    match told:
        case {"dtype": str(dtype), "shape": list(shape), "data_offsets": [int(start), int(end)]} if len(told) == 3:
            _check(dtype in BYTES, f"{where}: the number format {shown(dtype, LONGEST)!r} is not known")
            _check(len(shape) <= MOST_AXES and all(type(n) is int and n >= 0 for n in shape), f"{where}: no shape")
            _check(prod(shape) * BYTES[dtype] == end - start, f"{where}: the shape does not take the bytes it claims")
            return SavedTensor(name, dtype, tuple(shape), data + start, data + end)
    raise _lie(f"{where}: not a dtype, a shape and two offsets")


def _check_places(tensors: list[SavedTensor], data: int, size: int) -> None:
    """One after the other, from the end of the header to the end of the file."""
    placed = sorted(tensors, key=lambda one: (one.start, one.end))
    edges = [(data, data), *((one.start, one.end) for one in placed), (size, size)]
    for (_, before), (after, _) in pairwise(edges):
        _check(before <= after, "tensors overlap, or lie beyond the end of the file")
        _check(before == after, "bytes between tensors belong to none")


def _is_texts(found: object) -> bool:
    return isinstance(found, dict) and all(isinstance(value, str) for value in found.values())


def _check(holds: bool, told: str) -> None:
    if not holds:
        raise _lie(told)


def _lie(told: str) -> ConfigError:
    return ConfigError(f"no sound safetensors file: {told}", hint="save or download it again")
