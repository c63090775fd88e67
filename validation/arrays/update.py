"""Adam with updates that are written out: on any gradient, and on one of which a factor never changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any, Final

import torch
from torch.optim.adam import adam

from gamma_calc.optimisers.adam import Adam
from validation.arrays.matrices import Array, LowRank, Tensor, long_axis_last

AT_ONCE: Final = 2**18  # entries, or one repetition: what is used twice is then still in a cache
GAP: Final = 1088  # bytes between arrays: 17 lines of a cache, so that no two of a few begin at one place in a page


class OneSided:
    """Adam with epsilon on gradients u w' of which w stays the same: the running means are those of u, times w.

    With m and v for the mean and the root of the mean square of u, the update is m w / (v |w| + epsilon), which is
    m / (v sign(w) + epsilon / w): nothing is kept but m, v and vectors made of w, and 0 comes out where w is 0.
    """

    def __init__(self, optimiser: Adam, still: Tensor, width: int) -> None:
        """``still`` is w, one column for each repetition."""
        self.optimiser, self.memory = optimiser, None
        self.sign, self.shift = still.sign().mT, optimiser.at(width) / still.mT
        self.room: Tensor | None = None

    def step(self, moving: Tensor, step: int, descent: Tensor) -> Tensor:
        """The update for the u of this step, times ``descent``: rows for u, columns for w. The next overwrites it."""
        ((_, update),) = self._made(moving, step, descent, len(moving))
        return update

    def pieces(self, moving: Tensor, step: int, descent: Tensor) -> Iterator[tuple[slice, Tensor]]:
        """The same, some repetitions after the other; each is written over the one before, and stays in a cache so.

        They are one at a time where one is large, and else all: no sum over one depends on how many there are.
        """
        large = moving.shape[-2] * self.sign.shape[-1] > AT_ONCE
        return self._made(moving, step, descent, 1 if large else len(moving))

    def _made(self, moving: Tensor, step: int, descent: Tensor, at_once: int) -> Iterator[tuple[slice, Tensor]]:
        self.memory, mean, root = self.optimiser.means(self.memory, moving, step)
        mean = mean * descent
        for start in range(0, len(moving), at_once):
            some = slice(start, start + at_once)
            self.room = torch.addcmul(self.shift[some], root[some], self.sign[some], out=self.room)
            yield some, torch.div(mean[some], self.room, out=self.room)


def fused_adam(
    optimiser: Adam, memory: Any, gradient: Array, step: int, width: int, *, rate: float
) -> tuple[Any, Tensor]:
    """What ``Adam.numeric`` gives, times -rate, by torch's own kernel; the next step overwrites the update.

    The kernel rounds by the place of an entry in its tensor, so it is given each repetition as a tensor of its own: no
    number depends on what runs beside it. A gradient kept as its factors is never written out as a whole.
    """
    turned = long_axis_last(gradient)
    repetitions, *shape = turned.shape
    at_once = max(1, AT_ONCE // prod(shape))
    if memory is None:
        like = gradient.left if isinstance(gradient, LowRank) else gradient
        memory = apart(like, [(size, *shape) for size in (repetitions, repetitions, repetitions, at_once)])
    mean, square, update, room = memory
    for start in range(0, repetitions, at_once):
        some = slice(start, start + at_once)
        parts = update[some], _written(turned[some], room), mean[some], square[some]
        _descend(optimiser, parts, step, width, rate)
    return memory, update if turned.shape == gradient.shape else update.swapaxes(-1, -2)


def apart(like: Tensor, shapes: Sequence[Sequence[int]]) -> list[Tensor]:
    """Zeros of these shapes, to be passed over side by side.

    Large arrays that the system gives one by one begin at one place of a page each, and the caches of some processors
    then keep no more than one or two of four: Adam's kernel takes up to three times as long.
    """
    gap = GAP // like.element_size()
    sizes = [prod(shape) + gap for shape in shapes]
    pieces = like.new_zeros(sum(sizes)).split_with_sizes(sizes)
    return [piece[:-gap].view(*shape) for piece, shape in zip(pieces, shapes, strict=True)]


def _written(gradient: Array, room: Tensor) -> Tensor:
    written: Tensor = gradient.dense(room[: len(gradient.left)]) if isinstance(gradient, LowRank) else gradient
    return written.contiguous()


def _descend(optimiser: Adam, parts: tuple[Tensor, ...], step: int, width: int, rate: float) -> None:
    """The kernel moves what stands in the update: the one before it, which a decay of 1/rate takes away."""
    exact = optimiser.epsilon.is_zero_quantity
    update, _, _, square = parts
    before = torch.full((len(update),), step - 1, dtype=torch.float32, device=update.device)
    each, gradients, means, squares = (list(x.unbind()) for x in parts)
    adam(
        each,
        gradients,
        means,
        squares,
        max_exp_avg_sqs=[],
        state_steps=list(before.unbind()),
        fused=True,
        amsgrad=False,
        maximize=False,
        beta1=float(optimiser.beta1),
        beta2=float(optimiser.beta2),
        lr=rate,
        weight_decay=1 / rate if rate else 0.0,
        decoupled_weight_decay=True,
        eps=optimiser.at(width),
    )
    if exact:
        update.masked_fill_(square == 0, 0)  # 0/0 counts as 0
