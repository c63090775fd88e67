"""What is noted of a run after each step, and the record that is made of the notes at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from validation.arrays.matrices import Array, Tensor, dense
from validation.arrays.sizes import inner, length
from validation.executor.plan import Plan
from validation.executor.wanted import SumCheck, Watch

Values = dict[int, Array]


@dataclass(frozen=True, slots=True)
class RunRecord:
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

    @property
    def measured(self) -> Mapping[str, Tensor]:
        """By name, what there is."""
        kinds = {"sizes": self.sizes, "aligned": self.aligned, "residual": self.residual, "losses": self.losses}
        return {kind: x for kind, x in kinds.items() if x is not None}


class Recorder:
    """Raw numbers for each repetition, as many at every step: all that can wait is done once, by ``record``."""

    def __init__(self, plan: Plan, nothing: Tensor) -> None:
        """``nothing`` is a zero for each repetition."""
        self.plan, self.storage, self.nothing = plan, plan.storage, nothing
        self.rows: list[list[Tensor]] = []
        self.constant: dict[int, Tensor] = {}  # lengths of what stays the same

    def add(self, now: Callable[[int], Array], along: Values, moving: Values) -> None:
        """Note a step: ``now`` gives values after it, ``along`` are the gradients from before it.

        ``moving`` is what speaks of the step itself, empty at the start.
        """
        watches, moves = self.storage.watches, self.storage.moves
        after = {place: moving.get(place) if place in moves else now(place) for place in self.storage.noted}
        lengths = {place: self._length(place, x) for place, x in after.items()}
        gradients = {w.along.gradient: along[w.along.gradient] for w in watches if w.along}
        of_gradient = {place: self._length(place, g) for place, g in gradients.items()}
        row = [self.nothing if w.place is None else lengths[w.place] for w in watches]
        row += [self._projection(w, after, along) for w in watches]
        row += [of_gradient[w.along.gradient] if w.along else self.nothing for w in watches]
        for c in self.storage.checks:
            row += _mismatch(c, after, lengths, moving) if moving else (self.nothing, self.nothing)
        self.rows.append(row + [now(place) for place in self.storage.losses])

    def _length(self, place: int, x: Array | None) -> Tensor:
        if x is None:
            return self.nothing
        if place in self.constant:
            return self.constant[place]
        measured = length(x)
        if self.plan.graph.operations[place].constant:
            self.constant[place] = measured
        return measured

    def _projection(self, watch: Watch, after: Values, along: Values) -> Tensor:
        if watch.along is None:
            return self.nothing
        x, g = watch.along.inner
        return self.nothing if after[x] is None else inner(after[x], along[g])

    def record(self) -> RunRecord:
        """The notes of every step as one record."""
        table = torch.stack([x for row in self.rows for x in row]).reshape(len(self.rows), len(self.rows[0]), -1)
        watches, checks, losses = (len(x) for x in (self.storage.watches, self.storage.checks, self.storage.losses))
        split = torch.split(table.permute(2, 0, 1), [watches, watches, watches, 2 * checks, losses], -1)
        lengths, inner_products, gradients, sums, lost = split
        root = table.new_tensor(self.plan.entries).sqrt()
        off, scale = sums[..., ::2], sums[..., 1::2]
        residual = (off / scale).where(scale > 0, 0).flatten(1)
        return RunRecord(
            sizes=lengths / root,
            aligned=(inner_products.abs() / (gradients * root)).where(gradients > 0, 0),
            losses=lost[..., 0] if losses else None,
            residual=residual.amax(1) if checks else torch.zeros_like(self.nothing),
        )


def _mismatch(check: SumCheck, after: Values, lengths: Mapping[int, Tensor], moving: Values) -> tuple[Tensor, Tensor]:
    """|X[t] - X[t-1] - sum of parts|, and the largest of |X[t]| and the parts; |X[t-1]| is at most their sum."""
    off = dense(after[check.now]) - dense(moving[check.before]) - dense(moving[check.sum])
    return length(off), torch.stack([lengths[place] for place in (check.now, *check.parts)]).amax(0)
