"""The training run in numbers: the same program, with arrays for orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from gamma_calc.language.expression import Expression
from gamma_calc.optimisers.adam import Adam
from gamma_calc.rules.leaves import Data, Frozen, Moved, One, Parameter, Snapshot, Time
from gamma_calc.rules.outer import OuterProduct
from gamma_calc.rules.scale import Scale
from validation.draws import Draws
from validation.graph import Operation
from validation.matrices import Array, Drawn, LowRank, Tensor, Unseen, dense, long_axis_contiguous
from validation.plan import Given, Plan
from validation.sizes import aligned_size, length, root_mean_square
from validation.update import fused_adam

Values = dict[int, Array]


@dataclass(frozen=True, slots=True)
class Record:
    """What a run measured. Axes: repetition, step from 0, watched quantity.

    ``sizes`` are root mean squares over entries, ``aligned`` projections on the loss gradient, ``losses`` the loss
    itself where it was asked for (no last axis); ``residual`` is, for each repetition, the largest relative difference
    between the change of an output and the sum of its parts.
    """

    sizes: Tensor
    aligned: Tensor
    losses: Tensor | None
    residual: Tensor


def execute(plan: Plan, draws: Draws, steps: int, rates: Tensor) -> Record:
    """Run a plan; ``rates`` multiplies every learning rate, one factor for each repetition.

    Nothing in a step waits for the device.
    """
    run = Run(plan, draws, rates)
    rows = [run.measure(run.gradients_watched(), {})]
    residual = torch.zeros_like(rates)
    for step in range(1, steps + 1):
        along, moving = run.take_step(step)
        rows.append(run.measure(along, moving))
        residual = torch.maximum(residual, run.mismatch(moving))
    sizes, aligned, losses = (torch.stack([row[i] for row in rows], 1) for i in range(3))
    return Record(sizes, aligned, losses[..., 0] if plan.losses else None, residual)


class Run:
    """The arrays of one run, as far as it has come."""

    def __init__(self, plan: Plan, draws: Draws, rates: Tensor) -> None:
        self.plan, self.draws, self.rates = plan, draws, rates
        self.rates_differ = bool((rates != 1).any())
        self.now: dict[str, Array] = {}
        self.start: dict[str, Array] = {}
        self.added: dict[str, Array] = {}  # by the whole training
        self.last: dict[str, Array] = {}  # by the last update
        self.memory: dict[str, Any] = {}
        self.constants: Values = {}
        self.values: Values = {}
        self.parameters = {p.name: p for p in plan.program.parameters}
        self._begin()

    # -- one step -------------------------------------------------------------------------------------------------

    def take_step(self, step: int) -> tuple[Values, Values]:
        """One update. Returns the watched gradients from before it, and the values that speak of the step itself.

        What the step changed is computed while the old parameters still stand and the update is known, so no old
        parameter is copied and no difference of near numbers is taken.
        """
        along = self.gradients_watched()
        self.update(step)
        self._next_sample(step)
        moving = {place: self.value(place) for place in self._of_the_step}
        self.apply()
        self.values = {}
        return along, moving

    def update(self, step: int) -> None:
        """Decide what the step adds to each parameter."""
        self.last = {name: self._update(name, step) for name in self.parameters}

    def apply(self) -> None:
        for name, update in self.last.items():
            self.now[name] = _plus(self.now[name], update)
            if name in self.added:
                self.added[name] = _plus(self.added[name], update)

    def gradients_watched(self) -> Values:
        return {w.along: self.value(w.along) for w in self.plan.watches if w.along is not None}

    def _update(self, name: str, step: int) -> Array:
        gradient = self.value(self.plan.gradients[name])
        rate = self.plan.power(self.parameters[name].rate)
        each = self.rates.reshape((-1,) + (1,) * len(self.parameters[name].shape))
        side, optimiser = self.plan.one_sided(name), self.plan.program.optimiser
        if side == "right":
            return LowRank(self._optimise(name, gradient.left, step), gradient.right.sign()) * (each * -rate)
        if side == "left":
            return LowRank(gradient.left.sign(), self._optimise(name, gradient.right, step)) * (each * -rate)
        if isinstance(optimiser, Adam):
            memory = self.memory.get(name)
            self.memory[name], update = fused_adam(optimiser, memory, gradient, step, self.plan.width, rate=rate)
            return update.mul_(each) if self.rates_differ else update
        return self._optimise(name, gradient if self.plan.factored(name) else dense(gradient), step) * (each * -rate)

    def _optimise(self, name: str, gradient: Array, step: int) -> Array:
        optimiser = self.plan.program.optimiser
        self.memory[name], update = optimiser.numeric(self.memory.get(name), gradient, step, self.plan.width)
        return update

    @property
    def _of_the_step(self) -> list[int]:
        watched = [w.place for w in self.plan.watches if w.place is not None]
        moving = [place for place in watched if self.plan.graph.operations[place].moves]
        return [*moving, *(place for check in self.plan.checks for place in (check.before, *check.parts))]

    # -- values ---------------------------------------------------------------------------------------------------

    def value(self, place: int) -> Array:
        """The value of an operation at the present parameters and sample."""
        operation = self.plan.graph.operations[place]
        known = self.constants if operation.constant else self.values
        if place not in known:
            known[place] = self._compute(operation)
        return known[place]

    def _compute(self, operation: Operation) -> Array:
        node, arrays = operation.node, [self.value(a) for a in operation.arguments]
        match node:
            case Scale(coefficient=c, power=power):
                return node.numeric(*arrays, float(c) * self.plan.power(power.exponent))
            case OuterProduct():  # kept as its factors
                return LowRank(arrays[0][..., None], arrays[1][..., None])
        return node.numeric(*arrays) if arrays else self._leaf(node)

    def _leaf(self, node: Expression) -> Array:
        match node:
            case Parameter(name=name):
                return self.now[name]
            case Snapshot(parameter=p):
                return self.start[p.name]
            case Moved(parameter=p, since=Time.START):
                return self.added[p.name]
            case Moved(parameter=p):
                return self.last[p.name]
            case Data(name=name, fresh=True):
                return self._draw(node, f"{name}@{self.sample}")
            case One():
                return torch.ones_like(self.rates)
            case Data(name=name) | Frozen(name=name):
                return self._draw(node, name)
        return node.numeric()

    # -- draws ----------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self.sample = 0
        for name, p in self.parameters.items():
            self.now[name] = self._given(name) if name in self.plan.starts else self._draw(p, name)
        for left, right in sorted(self.plan.program.orthogonal):
            self._make_orthogonal(left, right)
        for name, p in self.parameters.items():
            if self.plan.keeps_start(name):
                self.start[name] = _copy(self.now[name])
            if self.plan.keeps_movement(name):
                self.added[name] = self._zero(p)

    def _given(self, name: str) -> Tensor:
        """A start that the program computes; a copy, as training moves it in place."""
        place = self.plan.starts[name]
        start = long_axis_contiguous(dense(self.value(place))).clone()
        self.constants.pop(place, None)
        return start

    def _draw(self, leaf: Given, name: str) -> Array:
        deviation = self.plan.power(leaf.entry if isinstance(leaf, Data) else leaf.init.entry)
        if deviation == 0:
            return self._zero(leaf)
        shape = self.plan.shape(leaf.shape)
        if self.plan.unseen(leaf):
            rows, columns = shape
            return Drawn(Unseen(self.draws, name, (rows, columns), deviation))
        return long_axis_contiguous(self.draws.normal(name, shape)).mul_(deviation)

    def _zero(self, leaf: Given) -> Array:
        shape = self.plan.shape(leaf.shape)
        if self.plan.unseen(leaf):
            return LowRank(*(self.rates.new_zeros((len(self.rates), size, 0)) for size in shape))
        return long_axis_contiguous(self.rates.new_zeros((len(self.rates), *shape)))

    def _next_sample(self, step: int) -> None:
        self.sample = step
        self.values = {p: v for p, v in self.values.items() if not self.plan.graph.operations[p].fresh}

    def _make_orthogonal(self, left: str, right: str) -> None:
        """left @ right = 0: the factors are put on complementary halves of a random basis of the axis they share."""
        size = self.now[left].shape[-1]
        basis = torch.linalg.qr(self.draws.normal(f"{left} {right}", (size, size))).Q
        odd, even = basis[..., ::2], basis[..., 1::2]
        self.now[left] = self.now[left] @ even @ even.swapaxes(-1, -2) * (size / even.shape[-1]) ** 0.5
        self.now[right] = odd @ (odd.swapaxes(-1, -2) @ self.now[right]) * (size / odd.shape[-1]) ** 0.5

    # -- measurement ----------------------------------------------------------------------------------------------

    def measure(self, along: Values, moving: Values) -> tuple[Tensor, Tensor, Tensor]:
        """Sizes and aligned sizes of every watched quantity, and the loss."""
        sizes, projections = [], []
        nothing = torch.zeros_like(self.rates)
        for watch in self.plan.watches:
            x = None if watch.place is None else self._watched(watch.place, moving)
            sizes.append(nothing if x is None else root_mean_square(x))
            has_gradient = x is not None and watch.along is not None
            projections.append(aligned_size(x, along[watch.along]) if has_gradient else nothing)  # type: ignore[index]
        losses = [self.value(place) for place in self.plan.losses] or [nothing]
        return torch.stack(sizes, -1), torch.stack(projections, -1), torch.stack(losses, -1)

    def _watched(self, place: int, moving: Values) -> Array | None:
        """The value, or None where it speaks of a step and there has been none."""
        if self.plan.graph.operations[place].moves:
            return moving.get(place)
        return self.value(place)

    def mismatch(self, moving: Values) -> Tensor:
        """The largest of |X[t] - X[t-1] - sum of parts| / the largest among them."""
        worst = torch.zeros_like(self.rates)
        for check in self.plan.checks:
            now, before, *parts = self.value(check.now), moving[check.before], *(moving[p] for p in check.parts)
            scale = torch.stack([length(x) for x in (now, before, *parts)]).amax(0)
            off = length(now - before - sum(parts)) / scale
            worst = torch.maximum(worst, off.where(scale > 0, 0))
        return worst


def _plus(tensor: Array, update: Array) -> Array:
    """tensor + update, in place where the tensor is written out."""
    if not isinstance(tensor, Tensor):
        return tensor + update
    if not isinstance(update, LowRank):
        return tensor.add_(update)
    if update.rank == 1:
        return tensor.addcmul_(update.left, update.right.swapaxes(-1, -2))
    return tensor.baddbmm_(update.left, update.right.swapaxes(-1, -2))


def _copy(array: Array) -> Array:
    return array.clone() if isinstance(array, Tensor) else array
