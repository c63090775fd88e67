"""The training run in numbers: the same program, with arrays for orders."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch

from gamma_calc.language.expression import Expression, Time
from gamma_calc.language.leaves import Change, Data, Frozen, One, Parameter, Snapshot
from gamma_calc.operations.matmul import MatMul
from gamma_calc.operations.outer import OuterProduct
from gamma_calc.operations.row_length import RowDot, RowLength
from gamma_calc.operations.scale import Scale
from gamma_calc.optimisers.adam import Adam
from validation.arrays.draws import Draws
from validation.arrays.matrices import (
    Array,
    Drawn,
    ImplicitRandomMatrix,
    LowRank,
    Tensor,
    dense,
    filled,
    long_axis_contiguous,
    on,
)
from validation.arrays.update import OneSided, fused_adam
from validation.executor.plan import Plan
from validation.executor.recorder import Record, Recorder, Values
from validation.executor.storage import Given


def execute(plan: Plan, draws: Draws, steps: int, rates: Tensor) -> Record:
    """Run a plan; ``rates`` multiplies every learning rate, one factor for each repetition.

    Nothing in a step waits for the device.
    """
    run, notes = Run(plan, draws, rates), Recorder(plan, torch.zeros_like(rates))
    notes.add(run.value, run.gradients_watched(), {})
    for step in range(1, steps + 1):
        notes.add(run.value, *run.take_step(step))
    return notes.record()


class Source:
    """The arrays that are drawn rather than computed."""

    def __init__(self, plan: Plan, draws: Draws, rates: Tensor) -> None:
        self.plan, self.draws, self.rates = plan, draws, rates
        self.sample = 0

    def leaf(self, node: Data | Frozen) -> Array:
        fresh = isinstance(node, Data) and node.fresh
        return self.draw(node, f"{node.name}@{self.sample}" if fresh else node.name)

    def draw(self, leaf: Given, name: str) -> Array:
        deviation = self.plan.power(leaf.entry if isinstance(leaf, Data) else leaf.init.entry)
        if deviation == 0:
            return self.zero(leaf)
        shape = self.plan.shape(leaf.shape)
        if self.plan.reading.unseen(leaf):
            rows, columns = shape
            return Drawn(ImplicitRandomMatrix(self.draws, name, (rows, columns), deviation))
        return filled(partial(self.draws.normal, name), shape).mul_(deviation)

    def zero(self, leaf: Given) -> Array:
        shape, repetitions = self.plan.shape(leaf.shape), len(self.rates)
        if self.plan.reading.unseen(leaf):
            return LowRank(*(self.rates.new_zeros((repetitions, size, 0)) for size in shape))
        return filled(lambda s: self.rates.new_zeros((repetitions, *s)), shape)


class Run:
    """The arrays of one run, as far as it has come."""

    def __init__(self, plan: Plan, draws: Draws, rates: Tensor) -> None:
        self.plan, self.reading, self.draws, self.rates = plan, plan.reading, draws, rates
        self.rates_differ = bool((rates != 1).any())
        self.now: dict[str, Array] = {}
        self.start: dict[str, Array] = {}
        self.added: dict[str, Array] = {}  # by the whole training
        self.last: dict[str, Array] = {}  # by the last update
        self.memory: dict[str, Any] = {}
        self.signs: dict[str, Tensor] = {}  # of a factor of a gradient that stays the same
        self.source = Source(plan, draws, rates)
        operations = plan.graph.operations
        self.values: list[Array] = [None] * len(operations)
        self.changing = [i for i, operation in enumerate(operations) if not operation.constant]
        self.fresh = [i for i, operation in enumerate(operations) if operation.fresh]
        self.rules = [self._rule(operation.node) for operation in operations]
        self.arguments = [operation.arguments for operation in operations]
        self.parameters = {p.name: p for p in plan.program.parameters}
        self.sides = {name: plan.reading.one_sided(name) for name in self.parameters}
        self.factored = {name: plan.reading.factored(name) for name in self.parameters}
        self.descents = {name: self._each(p) * -plan.power(p.rate) for name, p in self.parameters.items()}
        self._begin()

    # -- one step -------------------------------------------------------------------------------------------------

    def take_step(self, step: int) -> tuple[Values, Values]:
        """One update. Returns the watched gradients from before it, and the values that speak of the step itself.

        What the step changed is computed while the old parameters still stand and the update is known, so no old
        parameter is copied and no difference of near numbers is taken.
        """
        along = self.gradients_watched()
        self.update(step)
        self.source.sample = step
        self._forget(self.fresh)
        moving = {place: self._kept(place) for place in self.reading.of_the_step}
        self.apply()
        self._forget(self.changing)
        return along, moving

    def update(self, step: int) -> None:
        """Decide what the step adds to each parameter."""
        self.last.update({name: self._update(name, step) for name in self.parameters})

    def apply(self) -> None:
        for name, update in self.last.items():
            self.now[name] = _plus(self.now[name], update)
            if name in self.added:
                self.added[name] = _plus(self.added[name], update)

    def gradients_watched(self) -> Values:
        return {place: self._kept(place) for place in self.reading.of_the_last}

    def _update(self, name: str, step: int) -> Array:
        gradient, optimiser = self.value(self.plan.gradients[name]), self.plan.program.optimiser
        if self.sides[name] == "right":
            return self._one_sided(name, gradient, step)
        if self.sides[name] == "left":
            return self._one_sided(name, gradient.swapaxes(-1, -2), step).swapaxes(-1, -2)
        if not isinstance(optimiser, Adam):
            return self._optimise(name, gradient if self.factored[name] else dense(gradient), step)
        memory, rate = self.memory.get(name), self.plan.power(self.parameters[name].rate)
        self.memory[name], update = fused_adam(optimiser, memory, gradient, step, self.plan.width, rate=rate)
        return update.mul_(self._each(self.parameters[name])) if self.rates_differ else update

    def _one_sided(self, name: str, gradient: LowRank, step: int) -> Array:
        """The update by a gradient of which the right factor stays the same."""
        if self.factored[name]:
            if name not in self.signs:
                self.signs[name] = gradient.right.sign()
            return LowRank(self._optimise(name, gradient.left, step), self.signs[name])
        optimiser = self.plan.program.optimiser
        assert isinstance(optimiser, Adam)  # an update by signs is factored
        if name not in self.memory:
            self.memory[name] = OneSided(optimiser, gradient.right, self.plan.width)
        update: Tensor = self.memory[name].step(gradient.left, step, self.descents[name])
        return update

    def _optimise(self, name: str, gradient: Array, step: int) -> Array:
        optimiser = self.plan.program.optimiser
        self.memory[name], update = optimiser.numeric(self.memory.get(name), gradient, step, self.plan.width)
        return update * self.descents[name]

    def _each(self, p: Parameter) -> Tensor:
        """The factor on the learning rate of each repetition."""
        return self.rates.reshape((-1,) + (1,) * len(p.shape))

    # -- values ---------------------------------------------------------------------------------------------------

    def value(self, place: int) -> Array:
        """The value of an operation at the present parameters and sample."""
        found = self.values[place]
        if found is None:
            found = self.values[place] = self.rules[place](*map(self.value, self.arguments[place]))
        return found

    def _kept(self, place: int) -> Array:
        """A value that outlives the next update."""
        return _copy(self.value(place)) if place in self.reading.in_place else self.value(place)

    def _forget(self, places: list[int]) -> None:
        for place in places:
            self.values[place] = None

    def _rule(self, node: Expression) -> Callable[..., Array]:
        """What computes an operation from its arguments."""
        match node:
            case Scale(coefficient=c, power=power):
                multiplier = float(c) * self.plan.power(power.exponent)
                return lambda x: node.numeric(x, multiplier)
            case MatMul(arguments=(x, y)) if len(x.shape) + len(y.shape) == 3:
                return on if len(x.shape) == 2 else lambda row, matrix: on(matrix.swapaxes(-1, -2), row)
            case OuterProduct():  # kept as its factors
                return lambda u, w: LowRank(u.unsqueeze(-1), w.unsqueeze(-1))
            case RowDot() | RowLength():  # entry by entry, which factors are not
                return lambda *matrices: node.numeric(*map(dense, matrices))
        return node.numeric if node.arguments else self._leaf(node)

    def _leaf(self, node: Expression) -> Callable[[], Array]:
        """Where an array comes from that is not computed. None refers to the run, or its memory would outlive it."""
        now, start, added, last, source, rates = self.now, self.start, self.added, self.last, self.source, self.rates
        match node:
            case Parameter(name=name):
                return lambda: now[name]
            case Snapshot(parameter=p):
                return lambda: start[p.name]
            case Change(parameter=p, since=Time.START):
                return lambda: added[p.name]
            case Change(parameter=p):
                return lambda: last[p.name]
            case Data() | Frozen():
                return lambda: source.leaf(node)
            case One():
                return lambda: torch.ones_like(rates)
        return node.numeric

    # -- draws ----------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        for name, p in self.parameters.items():
            self.now[name] = self._given(name) if name in self.reading.starts else self.source.draw(p, name)
        for left, right in sorted(self.plan.program.orthogonal):
            self._make_orthogonal(left, right)
        for name, p in self.parameters.items():
            if self.reading.keeps_start(name):
                self.start[name] = _copy(self.now[name])
            if self.reading.keeps_movement(name):
                self.added[name] = self.source.zero(p)

    def _given(self, name: str) -> Tensor:
        """A start that the program computes; a copy, as training moves it in place."""
        place = self.reading.starts[name]
        start = long_axis_contiguous(dense(self.value(place))).clone()
        self._forget([place])
        return start

    def _make_orthogonal(self, left: str, right: str) -> None:
        """left @ right = 0: the factors are put on complementary halves of a random basis of the axis they share."""
        size = self.now[left].shape[-1]
        basis = torch.linalg.qr(self.draws.normal(f"{left} {right}", (size, size))).Q
        odd, even = basis[..., ::2], basis[..., 1::2]
        self.now[left] = self.now[left] @ even @ even.swapaxes(-1, -2) * (size / even.shape[-1]) ** 0.5
        self.now[right] = odd @ (odd.swapaxes(-1, -2) @ self.now[right]) * (size / odd.shape[-1]) ** 0.5


def _plus(tensor: Array, update: Array) -> Array:
    """tensor + update, in place where the tensor is written out."""
    if not isinstance(tensor, Tensor):
        return tensor + update
    if not isinstance(update, LowRank):
        return tensor.add_(update)
    if update.rank == 1:
        return tensor.addcmul_(update.left, update.right.mT)
    return tensor.baddbmm_(update.left, update.right.mT)


def _copy(array: Array) -> Array:
    return array.clone() if isinstance(array, Tensor) else array
