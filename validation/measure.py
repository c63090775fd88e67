"""What is noted of a run after each step, and the record that is made of the notes at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from validation.matrices import Array, Tensor
from validation.plan import Plan
from validation.reading import Check, Watch
from validation.sizes import inner, length

Values = dict[int, Array]


@dataclass(frozen=True, slots=True)
class Record:
    """What a run measured. Axes: repetition, step from 0, watched quantity.

    ``sizes`` are root mean squares over entries. ``aligned`` are projections on the loss gradient G from before the
    step, |<x, G>| / (N rms(G)), which ``gamma_calc.calculus.alignment`` gives the order of; 0 where G is zero or there
    is none. ``losses`` is the loss itself where it was asked for (no last axis). ``residual`` is, for each repetition,
    the largest relative difference between the change of an output and the sum of its parts.
    """

    sizes: Tensor
    aligned: Tensor
    losses: Tensor | None
    residual: Tensor


def note(plan: Plan, now: Callable[[int], Array], along: Values, moving: Values, nothing: Tensor) -> list[Tensor]:
    """Raw numbers for each repetition, as many at every step: all that can wait is done once, by ``record``.

    ``now`` gives values after the step; ``along`` are the gradients from before it, ``moving`` what speaks of the step
    itself (empty at the start, where ``nothing``, a zero, stands for it).
    """
    reading, moves = plan.reading, plan.reading.moves
    after = {place: moving.get(place) if place in moves else now(place) for place in reading.noted}
    lengths = {place: nothing if x is None else length(x) for place, x in after.items()}
    gradients = {place: length(along[place]) for place in {w.along.gradient for w in reading.watches if w.along}}
    row = [nothing if w.place is None else lengths[w.place] for w in reading.watches]
    row += [_projection(w, after, along, nothing) for w in reading.watches]
    row += [gradients[w.along.gradient] if w.along else nothing for w in reading.watches]
    for c in reading.checks:
        row += _mismatch(c, after, lengths, moving) if moving else (nothing, nothing)
    return row + [now(place) for place in reading.losses]


def _projection(watch: Watch, after: Values, along: Values, nothing: Tensor) -> Tensor:
    if watch.along is None:
        return nothing
    x, g = watch.along.inner
    return nothing if after[x] is None else inner(after[x], along[g])


def _mismatch(check: Check, after: Values, lengths: Mapping[int, Tensor], moving: Values) -> tuple[Tensor, Tensor]:
    """|X[t] - X[t-1] - sum of parts|, and the largest of the lengths among them."""
    before = moving[check.before]
    sizes = [length(before), *(lengths[place] for place in (check.now, *check.parts))]
    return length(after[check.now] - before - moving[check.sum]), torch.stack(sizes).amax(0)


def record(plan: Plan, rows: Sequence[Sequence[Tensor]]) -> Record:
    """The notes of every step as one record."""
    table = torch.stack([x for row in rows for x in row]).reshape(len(rows), len(rows[0]), -1).permute(2, 0, 1)
    watches, checks = len(plan.watches), 2 * len(plan.reading.checks)
    parts = torch.split(table, [watches, watches, watches, checks, len(plan.losses)], -1)
    lengths, inner_products, gradients, sums, losses = parts
    root = table.new_tensor(plan.entries).sqrt()
    off, scale = sums[..., ::2], sums[..., 1::2]
    residual = (off / scale).where(scale > 0, 0).flatten(1)
    return Record(
        sizes=lengths / root,
        aligned=(inner_products.abs() / (gradients * root)).where(gradients > 0, 0),
        losses=losses[..., 0] if plan.losses else None,
        residual=residual.amax(1) if checks else table.new_zeros(len(table)),
    )
