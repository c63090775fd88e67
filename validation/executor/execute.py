"""The training run in numbers: the same program, with arrays for orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, Final, cast

import torch

from gamma_calc.language.expression import Expression
from gamma_calc.language.leaves import Parameter
from validation.arrays.draws import Draws
from validation.arrays.matrices import (
    Array,
    ImplicitRandomMatrix,
    LowRank,
    Tensor,
    View,
    dense,
    filled,
    long_axis_contiguous,
)
from validation.arrays.update import OneSided
from validation.executor.carried import Carried
from validation.executor.fast_paths import rule
from validation.executor.graph import Operation
from validation.executor.memory import keep_freed
from validation.executor.plan import Plan
from validation.executor.recorder import Recorder, RunRecord, Values
from validation.executor.room import Room
from validation.executor.storage import Given, MovedAsMade

NOTHING_GIVEN: Final[Mapping[str, Tensor]] = MappingProxyType({})


def execute(
    plan: Plan, draws: Draws, steps: int, rates: Tensor, given: Mapping[str, Tensor] = NOTHING_GIVEN
) -> RunRecord:
    """Run a plan; ``rates`` multiplies every learning rate, one factor for each repetition.

    ``given`` has the arrays, by name, of tensors that are not drawn.

    Nothing in a step waits for the device.
    """
    run, recorder = TrainingRun(plan, draws, rates, given), Recorder(plan, torch.zeros_like(rates))
    recorder.add(run.value, run.gradients_watched(), {})
    for step in range(1, steps + 1):
        recorder.add(run.value, *run.take_step(step))
    return recorder.record()


class Leaves:
    """The arrays that are drawn rather than computed."""

    def __init__(self, plan: Plan, draws: Draws, rates: Tensor, given: Mapping[str, Tensor]) -> None:
        self.plan, self.draws, self.rates, self.given = plan, draws, rates, given
        self.sample = 0

    def leaf(self, node: Given) -> Array:
        return self.draw(node, f"{node.name}@{self.sample}" if node.fresh else node.name)

    def draw(self, leaf: Given, name: str) -> Array:
        if name in self.given:
            return self.given[name]
        deviation = self.plan.power(leaf.entry)
        if deviation == 0:
            return self.zero(leaf)
        shape = self.plan.shape(leaf.shape)
        if self.plan.storage.implicit(leaf):
            rows, columns = shape
            return View(ImplicitRandomMatrix(self.draws, name, (rows, columns), deviation))
        return filled(partial(self.draws.normal, name), shape).mul_(deviation)

    def zero(self, leaf: Given) -> Array:
        shape, repetitions = self.plan.shape(leaf.shape), len(self.rates)
        if self.plan.storage.implicit(leaf):
            return LowRank(*(self.rates.new_zeros((repetitions, size, 0)) for size in shape))
        return filled(lambda s: self.rates.new_zeros((repetitions, *s)), shape)


@dataclass(frozen=True, slots=True)
class _History:
    """The training of one parameter in arrays. Times before the last step are asked for while it is not yet applied."""

    name: str
    values: Mapping[str, Array]
    starts: Mapping[str, Array]
    added: Mapping[str, Array]
    updates: Mapping[str, Array]

    @property
    def start(self) -> Array:
        return self.starts[self.name]

    @property
    def now(self) -> Array:
        return self.values[self.name]

    @property
    def moved(self) -> Array:
        return self.added[self.name]

    @property
    def last(self) -> Array:
        return self.updates[self.name]

    previous, before = now, moved


class TrainingRun:
    """The arrays of one run, as far as it has come."""

    def __init__(self, plan: Plan, draws: Draws, rates: Tensor, given: Mapping[str, Tensor] = NOTHING_GIVEN) -> None:
        keep_freed()
        self.plan, self.storage, self.draws, self.rates = plan, plan.storage, draws, rates
        self.rates_differ = bool((rates != 1).any())
        self.now: dict[str, Array] = {}
        self.start: dict[str, Array] = {}
        self.added: dict[str, Array] = {}  # by the whole training
        self.last: dict[str, Array] = {}  # by the last update
        self.carried: dict[int, Carried] = {}
        self.memory: dict[str, Any] = {}
        self.signs: dict[str, Tensor] = {}  # of a factor of a gradient that stays the same
        self.leaves = Leaves(plan, draws, rates, given)
        operations = plan.graph.operations
        self.values: list[Array] = [None] * len(operations)
        self.changing = [i for i, operation in enumerate(operations) if not operation.constant]
        self.fresh = [i for i, operation in enumerate(operations) if operation.fresh]
        self.rules = [self._rule(place, operation) for place, operation in enumerate(operations)]
        self.arguments = [operation.arguments for operation in operations]
        self.parameters = {p.name: p for p in plan.program.parameters}
        self.sides = {name: plan.storage.one_sided(name) for name in self.parameters}
        self.factored = {name: plan.storage.factored(name) for name in self.parameters}
        self.as_made = {name: plan.storage.moved_as_made(name) for name in self.parameters}
        self.descents = {name: self._each(p) * -plan.power(p.rate) for name, p in self.parameters.items()}
        self._begin()

    # -- one step -------------------------------------------------------------------------------------------------

    def take_step(self, step: int) -> tuple[Values, Values]:
        """One update. Returns the watched gradients from before it, and the values that speak of the step itself.

        What the step changed is computed while the old parameters still stand and the update is known, so no old
        parameter is copied and no difference of near numbers is taken. The next step may write over what is returned.
        """
        along = self.gradients_watched()
        self.update(step)
        self.leaves.sample = step
        self._forget(self.fresh)
        moving = {place: self._kept(place) for place in self.storage.of_the_step}
        self._carry()
        self.apply()
        self._forget(self.changing)
        for place, product in self.carried.items():
            self.values[place] = product.value
        return along, moving

    def update(self, step: int) -> None:
        """Decide what the step adds to each parameter; one of which nothing is asked but products moves at once."""
        for name in self.parameters:
            places = self.as_made[name]
            if places is None:
                self.last[name] = self._update(name, step)
            else:
                self._move(name, places, step)

    def apply(self) -> None:
        for name, update in self.last.items():
            self.now[name] = _plus(self.now[name], update)
            if name in self.added:
                self.added[name] = _plus(self.added[name], update)

    def _carry(self) -> None:
        """Take note of what the step adds to the products that need not be computed again."""
        for place, change in self.storage.carried.items():
            product = self.carried.get(place) or Carried(self.value(place))
            self.carried[place] = product.after(self.value(change))

    def gradients_watched(self) -> Values:
        return {place: self._kept(place) for place in self.storage.of_the_last}

    def _move(self, name: str, places: MovedAsMade, step: int) -> None:
        """Move a parameter while its update is made, and keep the products of that with vectors that stay the same."""
        for place in places.of_the_old:
            self.value(place)
        products: dict[int, list[Tensor]] = {place: [] for place in places.of_the_update}
        for some, update in self._pieces(name, step):
            for place, parts in products.items():
                parts.append(self._product(place, update, some))
            self.now[name][some].add_(update)
        for place, parts in products.items():
            self.values[place] = torch.cat(parts)

    def _product(self, place: int, update: Tensor, some: slice) -> Tensor:
        """A product of an update with a vector that stays the same, for some repetitions."""
        operation, operations = self.plan.graph.operations[place], self.plan.graph.operations
        arrays = [update if operations[a].moves else self.value(a)[some] for a in operation.arguments]
        product: Tensor = rule(operation.node, self.plan.power)(*arrays)
        return product

    def _pieces(self, name: str, step: int) -> Iterator[tuple[slice, Tensor]]:
        """The update by a gradient of which a factor stays the same, some repetitions after the other."""
        gradient, right = self.value(self.plan.gradients[name]), self.sides[name] == "right"
        turned = gradient if right else gradient.swapaxes(-1, -2)
        for some, update in self._apart(name, turned.right).pieces(turned.left, step, self.descents[name]):
            yield some, update if right else update.mT

    def _update(self, name: str, step: int) -> Array:
        update = self._by_gradient(name, step)
        if name not in self.storage.motions:
            return update
        return update + dense(self.value(self.storage.motions[name])) * self.descents[name]

    def _by_gradient(self, name: str, step: int) -> Array:
        gradient, fast = self.value(self.plan.gradients[name]), self.storage.fast(name)
        if self.sides[name] == "right":
            return self._one_sided(name, gradient, step)
        if self.sides[name] == "left":
            return self._one_sided(name, gradient.swapaxes(-1, -2), step).swapaxes(-1, -2)
        if self.factored[name] or fast.kernel is None:
            return self._optimise(name, gradient if self.factored[name] else dense(gradient), step)
        memory, rate = self.memory.get(name), self.plan.power(self.parameters[name].rate)
        optimiser, width = self.storage.rules[name], self.plan.width
        self.memory[name], update = fast.kernel(optimiser, memory, gradient, step, width, rate=rate)
        return update.mul_(self._each(self.parameters[name])) if self.rates_differ else update

    def _one_sided(self, name: str, gradient: LowRank, step: int) -> Array:
        """The update by a gradient of which the right factor stays the same."""
        if self.factored[name]:
            if name not in self.signs:
                self.signs[name] = gradient.right.sign()
            return LowRank(self._optimise(name, gradient.left, step), self.signs[name])
        return self._apart(name, gradient.right).step(gradient.left, step, self.descents[name])

    def _apart(self, name: str, still: Tensor) -> OneSided:
        """What an optimiser keeps of the factor that moves."""
        make = self.storage.fast(name).one_sided
        assert make is not None, "an optimiser that is not factored by a sign has this"
        if name not in self.memory:
            self.memory[name] = make(self.storage.rules[name], still, self.plan.width)
        kept: OneSided = self.memory[name]
        return kept

    def _optimise(self, name: str, gradient: Array, step: int) -> Array:
        optimiser = self.storage.rules[name]
        self.memory[name], update = optimiser.numeric(self.memory.get(name), gradient, step, self.plan.width)
        return update * self.descents[name]

    def _each(self, p: Parameter) -> Tensor:
        """The factor on the learning rate of each repetition."""
        return self.rates.reshape((-1,) + (1,) * len(p.shape))

    # -- values ---------------------------------------------------------------------------------------------------

    def value(self, place: int) -> Array:
        """The value of an operation at the present parameters and sample."""
        array = self.values[place]
        return self._made(place) if array is None else array

    def _made(self, place: int) -> Array:
        """The value of an operation that is not there yet: what it lacks first, whatever the depth of the program."""
        waiting, values = [place], self.values
        while waiting:
            last = waiting[-1]
            missing = [a for a in self.arguments[last] if values[a] is None]
            waiting.extend(reversed(missing))
            if not missing:
                if values[last] is None:
                    values[last] = self.rules[last](*(values[a] for a in self.arguments[last]))
                del waiting[-1]
        return values[place]

    def _kept(self, place: int) -> Array:
        """A value that outlives the next update."""
        return _copy(self.value(place)) if place in self.storage.in_place else self.value(place)

    def _forget(self, places: list[int]) -> None:
        for place in places:
            self.values[place] = None

    def _rule(self, place: int, operation: Operation) -> Callable[..., Array]:
        """What computes an operation from its arguments, or fetches a leaf."""
        if not operation.arguments:
            return self._leaf(operation.node)
        compute, turns = rule(operation.node, self.plan.power), self.storage.turns.get(place)
        return compute if turns is None else Room(compute, turns)

    def _leaf(self, node: Expression) -> Callable[[], Array]:
        """Where an array comes from that is not computed. None refers to the run, or its memory would outlive it."""
        leaves, rates = self.leaves, self.rates
        if node.owner is not None:
            history = _History(str(node.owner), self.now, self.start, self.added, self.last)
            return lambda: node.of(history)
        if node.tensor is not None:
            tensor = cast("Given", node.tensor)
            return lambda: leaves.leaf(tensor)
        number = node.number
        return node.numeric if number is None else lambda: torch.full_like(rates, number)

    # -- draws ----------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        for name, p in self.parameters.items():
            computed = name in self.storage.initial and name not in self.leaves.given
            self.now[name] = self._computed(name) if computed else self.leaves.draw(p, name)
        for left, right in sorted(self.plan.program.orthogonal):
            self._make_orthogonal(left, right)
        for name, p in self.parameters.items():
            if self.storage.keeps_initial(name):
                self.start[name] = _copy(self.now[name])
            if self.storage.keeps_moved(name):
                self.added[name] = self.leaves.zero(p)

    def _computed(self, name: str) -> Tensor:
        """A start that the program computes; a copy, as training moves it in place."""
        place = self.storage.initial[name]
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
