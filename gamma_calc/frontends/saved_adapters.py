"""Which tensors of a saved adapter are the factors of which module, by the names that trainers give them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Final

from gamma_calc.frontends.safetensors_header import SavedTensor


@dataclass(frozen=True, slots=True)
class SavedAdapter:
    """The two factors of one module; ``inputs`` and ``outputs`` are its widths, ``rank`` what both share."""

    module: str
    rank: int
    inputs: int
    outputs: int
    a: SavedTensor
    b: SavedTensor
    embedding: bool = False

    @property
    def sound(self) -> bool:
        """Have both factors the same rank?"""
        return self.rank > 0


@dataclass(frozen=True, slots=True)
class Naming:
    """How a trainer names the first factor; ``b`` is the same name with the second one's part. Axes as in the file."""

    a: re.Pattern[str]
    part: tuple[str, str]
    transposed: bool = False
    embedding: bool = False


PREFIX: Final = r"^(?:base_model\.model\.)?(?P<module>.+)"
NAMINGS: Final = (
    Naming(re.compile(PREFIX + r"\.lora_A(?:\.[\w-]+)?\.weight$"), ("lora_A", "lora_B")),
    Naming(
        re.compile(PREFIX + r"\.lora_embedding_A(?:\.[\w-]+)?$"),
        ("lora_embedding_A", "lora_embedding_B"),
        embedding=True,
    ),
    Naming(re.compile(PREFIX + r"\.lora_down\.weight$"), ("lora_down", "lora_up")),
    Naming(re.compile(PREFIX + r"\.lora_a$"), ("lora_a", "lora_b"), transposed=True),
)


def saved_adapters(tensors: Mapping[str, SavedTensor]) -> Iterator[SavedAdapter]:
    """Every pair of factors; one without the other is left out, as is what has fewer than two axes."""
    for name, a in tensors.items():
        for naming in NAMINGS:
            match = naming.a.match(name)
            b = tensors.get(naming.part[1].join(name.rsplit(naming.part[0], 1))) if match else None
            if match and b is not None and min(len(a.shape), len(b.shape)) > 1:
                yield _pair(match["module"], naming, a, b)


def _pair(module: str, naming: Naming, a: SavedTensor, b: SavedTensor) -> SavedAdapter:
    """A convolution's factor counts all that one output sees as its inputs."""
    rank, inputs = (a.shape[-1], a.shape[0]) if naming.transposed else (a.shape[0], prod(a.shape[1:]))
    other, outputs = (b.shape[0], b.shape[-1]) if naming.transposed else (b.shape[1], b.shape[0])
    return SavedAdapter(module, rank if rank == other else 0, inputs, outputs, a, b, naming.embedding)
