"""Room for a result that is made anew at every step: arrays that are written by turns, so that none is asked for again.

A fresh array of a few MB has to be cleared by the system first, which takes longer than what is written to it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from validation.arrays.matrices import Array


class Room:
    """An operation whose results are written by turns into as many arrays; the first ones are its own.

    >>> import torch
    >>> double, x = Room(lambda x, out: torch.add(x, x, out=out), turns=2), torch.ones(1)
    >>> first, second = double(x), double(3 * x)
    >>> float(first), float(second), double(4 * x) is first
    (2.0, 6.0, True)
    """

    def __init__(self, compute: Callable[..., Array], turns: int) -> None:
        """``compute`` takes an array to write into as ``out``, or None."""
        self.compute = compute
        self.arrays: deque[Array] = deque([None] * turns)

    def __call__(self, *arrays: Array) -> Array:
        result = self.compute(*arrays, out=self.arrays.popleft())
        self.arrays.append(result)
        return result
