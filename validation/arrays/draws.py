"""Random draws that depend on the program, the width, the seed and the tensor's name, and on nothing else.

So a cell can be run alone, in any order, in any company, and gives the same numbers. They are the same on every
machine for one version of torch and one kind of device.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Draws:
    """A source of independent standard normal arrays, one stream for each seed and name.

    The first axis of every array runs over repetitions: ``copies`` times through the seeds, with the same numbers in
    every copy (the copies differ in their learning rates).
    """

    identity: str
    width: int
    seeds: tuple[int, ...]
    copies: int
    dtype: torch.dtype
    device: torch.device

    @property
    def repetitions(self) -> int:
        return len(self.seeds) * self.copies

    def normal(self, name: str, shape: Sequence[int]) -> torch.Tensor:
        """Independent standard normal entries, of the given shape for each repetition.

        Drawn in float32 whatever they are used in, so both kinds of numbers start from the same ones.
        """
        drawn = torch.empty((len(self.seeds), *shape), dtype=torch.float32, device=self.device)
        for i, seed in enumerate(self.seeds):
            drawn[i].normal_(generator=self._generator(seed, name))
        drawn = drawn.to(self.dtype)
        return drawn if self.copies == 1 else drawn.repeat((self.copies,) + (1,) * len(shape))

    def _generator(self, seed: int, name: str) -> torch.Generator:
        text = f"{self.identity}|{self.width}|{seed}|{name}"
        number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
        return torch.Generator(self.device).manual_seed(number)
