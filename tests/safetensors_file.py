"""Safetensors files written by hand, sound ones and others."""

import json
import struct
from array import array
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Tensor = tuple[str, list[int], bytes]


def floats(*shape: int, value: float = 1.0) -> Tensor:
    """A tensor of 32-bit floats, all of one size and every second one negative."""
    count = 1
    for size in shape:
        count *= size
    return "F32", list(shape), array("f", [value if i % 2 else -value for i in range(count)]).tobytes()


def raw(path: Path, header: Any, data: bytes = b"", length: int | None = None) -> Path:
    """A file with this header, which may lie about its length too."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def written(path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str] | None = None) -> Path:
    """A sound file."""
    header: dict[str, Any] = {} if metadata is None else {"__metadata__": dict(metadata)}
    data = b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    return raw(path, header, data)
