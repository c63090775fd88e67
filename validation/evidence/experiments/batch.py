"""A program in numbers on a batch of given samples, at many learning rates at once.

``validation.executor.cell`` runs a program on the one random sample that its derivation follows. Here the same program
object is run on samples that are given: every vector and every scalar has an axis of samples, a matrix has none, so an
outer product is summed over the samples, which is what the gradient of a weight is. All else is the rules' own meaning,
and the executor's: its graph, plan, draws, table of fast paths and optimisers. A step costs a few products of n x r and
N x n for each rate, and no n x n.

Samples written out as data of their own can be run by the executor alone, at a price: N samples are N times as many
operations. At n = 512 and four rates, a step on 32 of them took 80 times as long as here, where they are one array; the
experiment takes 128.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import torch

from gamma_calc.exponents import Order
from gamma_calc.language.expression import Expression
from validation.arrays.draws import Draws
from validation.executor.fast_paths import fast_operation
from validation.executor.plan import Plan
from validation.executor.storage import Given

Tensor = torch.Tensor


@dataclass(frozen=True, slots=True, eq=False)
class SampleRecord:
    """What a run measured: ``sizes`` rate x step from 0 x watched quantity, ``losses`` without the last axis.

    A size is the root mean square over entries and samples, a loss the mean over samples.
    """

    quantities: tuple[str, ...]
    sizes: Tensor
    losses: Tensor


def train(plan: Plan, draws: Draws, samples: Mapping[str, Tensor], rates: Sequence[float], steps: int) -> SampleRecord:
    """Train for some steps at each of the rates, all in one batch.

    ``samples`` gives every data leaf its values, one sample in each row. The plan must have its loss.
    """
    run = SampleRun(plan, draws, samples, rates)
    rows = [run.measured()]
    for step in range(1, steps + 1):
        run.take_step(step)
        rows.append(run.measured())
    sizes, losses = (torch.stack(parts, 1) for parts in zip(*rows, strict=True))
    return SampleRecord(tuple(w.name for w in plan.watches), sizes, losses)


class SampleRun:
    """The arrays of a run. Axes: rate (of length 1 for what depends on none), then sample for all but matrices."""

    def __init__(self, plan: Plan, draws: Draws, samples: Mapping[str, Tensor], rates: Sequence[float]) -> None:
        self.plan, self.draws, self.samples = plan, draws, samples
        self.rates = torch.tensor(rates, dtype=draws.dtype, device=draws.device)[:, None, None]
        self.now = {p.name: self._drawn(p).repeat(len(rates), 1, 1) for p in plan.program.parameters}
        self.memory: dict[str, object] = {}
        self.constants: dict[int, Tensor] = {}
        self.values: dict[int, Tensor] = {}

    def take_step(self, step: int) -> None:
        updates = {}
        for name, place in self.plan.gradients.items():
            found = self.plan.storage.rules[name].numeric(
                self.memory.get(name), self.value(place), step, self.plan.width
            )
            self.memory[name], updates[name] = found
        for p in self.plan.program.parameters:
            self.now[p.name] = self.now[p.name] - self.rates * self.plan.power(p.rate) * updates[p.name]
        self.values = {}

    def measured(self) -> tuple[Tensor, Tensor]:
        sizes = [_root_mean_square(self.value(w.place)) for w in self.plan.watches if w.place is not None]
        loss = self.value(self.plan.losses[0]).mean(1)
        every = torch.zeros_like(self.rates[:, 0, 0])
        return torch.stack([every + size for size in sizes], -1), every + loss

    def value(self, place: int) -> Tensor:
        """The value of an operation at the present parameters."""
        operation = self.plan.graph.operations[place]
        known = self.constants if operation.constant else self.values
        if place not in known:
            node, arrays = operation.node, [self.value(a) for a in operation.arguments]
            known[place] = _on_samples(node, self.plan.power)(*arrays) if arrays else self._leaf(node)
        return known[place]

    def _leaf(self, node: Expression) -> Tensor:
        name = str(node)
        if name in self.samples:
            return self.samples[name][None]
        if node.number is not None:
            return self.rates.new_full((1, 1), node.number)
        if node.tensor is not node:
            raise NotImplementedError(f"{node} has no value on a batch of samples")
        return self.now[name] if node.owner is node else self._drawn(cast("Given", node))

    def _drawn(self, leaf: Given) -> Tensor:
        drawn = self.draws.normal(leaf.name, self.plan.shape(leaf.shape)) * self.plan.power(leaf.entry)
        return drawn if len(leaf.shape) == 2 else drawn[:, None]


def _on_samples(node: Expression, power: Callable[[Order], float]) -> Callable[..., Tensor]:
    """What computes an operation where vectors and scalars have an axis of samples, and matrices none."""
    fast, axes = fast_operation(node), tuple(len(x.shape) for x in node.arguments)
    if fast.outer:
        return lambda u, w: u.swapaxes(-1, -2) @ w
    if fast.acts and axes != (1, 1):
        return (lambda matrix, x: x @ matrix.swapaxes(-1, -2)) if axes == (2, 1) else lambda x, matrix: x @ matrix
    return lambda *arrays: node.numeric(*arrays, *node.constants(power))


def _root_mean_square(x: Tensor) -> Tensor:
    flat = x.reshape(len(x), -1)
    size: Tensor = torch.linalg.vector_norm(flat, dim=-1) / flat.shape[1] ** 0.5
    return size
