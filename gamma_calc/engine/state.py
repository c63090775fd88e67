"""What the engine keeps of a training run: for each parameter its start, what training added, and the last step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain

from gamma_calc.calculus.direction import Activation, Direction
from gamma_calc.calculus.earlier_steps import from_previous_step
from gamma_calc.calculus.mask_times import of_earlier_step
from gamma_calc.calculus.premises import EVERYWHERE, Comparison
from gamma_calc.calculus.streams import Streams
from gamma_calc.calculus.value import ZERO, Value
from gamma_calc.calculus.versions import Versions, are_many
from gamma_calc.engine.samples_of_steps import differ_by_steps
from gamma_calc.exponents import NOTHING, OnDomain, Order, Region, Scope
from gamma_calc.language.expression import Expression
from gamma_calc.language.program import Program

Reader = Scope | OnDomain  # where orders are read, and how
Led = Mapping[str, frozenset[Activation]]  # functions with what leads their arguments alone, by their sites


@dataclass(frozen=True, eq=False)
class Tensor:
    """One parameter at one time. Its sums are asked for at every place where it stands, and made once."""

    start: Value
    before: Value = ZERO  # what all steps but the last added
    last: Value = ZERO  # what the last step added
    memory: Value = ZERO  # what the optimiser remembers
    alone: Value = ZERO  # the most that the gradient of one step would move it by, of what has masks that steps move

    @cached_property
    def moved(self) -> Value:
        return self.before.plus(self.last)

    @cached_property
    def previous(self) -> Value:
        return self.start.plus(self.before)

    @cached_property
    def now(self) -> Value:
        return self.start.plus(self.moved)

    @property
    def values(self) -> tuple[Value, ...]:
        return self.start, self.before, self.last, self.memory, self.alone

    def mapped(self, change: Callable[[Order], Order]) -> Tensor:
        return Tensor(*(value.mapped(change) for value in self.values))

    def renamed(self, rename: Callable[[Direction], Direction]) -> Tensor:
        return Tensor(*(value.renamed(rename) for value in self.values))

    def with_masks_of_before(self, moved: frozenset[str]) -> Tensor:
        """The parameter as the next step finds it: what is remembered of gradients has the masks that these have."""
        before, last = (value.renamed(lambda d: of_earlier_step(d, moved)) for value in (self.before, self.last))
        return replace(self, before=before, last=last)

    @property
    def parts(self) -> tuple[Value, ...]:
        """What must stop changing for the orders to hold at all later steps."""
        return self.before, self.last, self.memory, self.alone


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """All parameters after ``step`` steps."""

    step: int
    tensors: Mapping[str, Tensor]
    overcounted: Mapping[str, Region] = field(default_factory=dict)  # where a parameter has moved by more than it may
    scope: Reader | None = None  # where orders are read; without one everywhere
    is_blurred: bool = False  # and may have divided something
    versions: Versions | None = None  # of functions, where there are too many to be told apart
    streams: Streams | None = None  # of directions that travel together, where words are too many to be told apart
    least: State | None = None  # the same without what only travels along: of what is there at least
    led: Led = field(default_factory=dict)  # at earlier steps
    mixed: Region = NOTHING  # where samples of several steps may count for more than they are

    def value(self, leaf: Expression) -> Value:
        """The value of a parameter, now or at an earlier time, or of its change between two times."""
        return leaf.of(self.tensors[str(leaf.owner)])

    def on_scope(self, order: Order) -> Order:
        """An order as it is kept where orders are read."""
        return order if self.scope is None else self.scope.order(order)

    def read(self, order: Order) -> Order:
        """An order as far as it counts where orders are read."""
        return order if self.scope is None else self.scope.shown(order)

    def tensor(self, name: str) -> Tensor:
        """A parameter with its orders as they count where orders are read."""
        return self.tensors[name].mapped(self.read)

    @property
    def comparison(self) -> Comparison:
        """How orders are compared where they are read."""
        return EVERYWHERE if self.scope is None else self.scope

    def is_read_in(self, region: Region) -> bool:
        """Are orders read at any point of a region?"""
        if self.scope is None or region.is_empty:
            return not region.is_empty
        return not (region & Region((self.scope.polyhedron,))).is_empty

    def nowhere_above(self, low: Order, high: Order) -> bool:
        """Is an order at most another wherever orders are read?"""
        return self.comparison.nowhere_above(low, high)

    @property
    def with_versions_joined(self) -> State:
        """The state with versions of functions counted as one, once there are too many."""
        made = [d for tensor in self.tensors.values() for value in tensor.values for d in value.components]
        if self.versions is None and not are_many(made):
            return self
        versions = (self.versions or Versions()).including(made)
        return replace(self.renamed(versions.as_one), versions=versions)

    def renamed(self, rename: Callable[[Direction], Direction]) -> State:
        """The state with every direction renamed."""
        return replace(self, tensors={name: tensor.renamed(rename) for name, tensor in self.tensors.items()})

    def on(self, scope: Reader) -> State:
        """The same state where orders are read; itself, with all that is known of it, where they are read there."""
        if scope is self.scope and all(side.is_kept_by(scope.order) for side in self.sides):
            return self
        return replace(self._mapped(scope.order), scope=scope, least=self.least and self.least.on(scope))

    def is_kept_by(self, change: Callable[[Order], Order]) -> bool:
        """Does a change of orders leave all of them as they are?"""
        values = [value for tensor in self.tensors.values() for value in tensor.values]
        parts = [order for value in values for order in value.components.values()]
        notes = {} if self.streams is None else self.streams.notes
        shares = (share for shares in notes.values() for share in shares.values())
        is_sure = all(value.least is None for value in values)
        return is_sure and all(change(order) is order for order in chain(parts, shares))

    def read_on(self, scope: Scope) -> State:
        """The same state with its orders as they are, to be read there."""
        return replace(self, scope=scope, least=self.least and self.least.read_on(scope))

    def _mapped(self, change: Callable[[Order], Order]) -> State:
        tensors = {name: tensor.mapped(change) for name, tensor in self.tensors.items()}
        return replace(self, tensors=tensors, streams=self.streams and self.streams.mapped(change))

    @property
    def at_start(self) -> State:
        """The parameters as they were before the first step."""
        tensors = {name: Tensor(tensor.start) for name, tensor in self.tensors.items()}
        return State(0, tensors, scope=self.scope)

    @property
    def sides(self) -> tuple[State, ...]:
        """The state, and what of it is there at least where the two may differ."""
        return (self,) if self.least is None else (self, self.least)

    def from_previous_step(self, program: Program) -> State:
        """The state as the next step sees it: samples may be drawn anew, and masks are as that step finds them."""
        past = self._with_earlier_samples(program.fresh) if program.fresh else self
        return past.with_masks_of_before(program)

    def _with_earlier_samples(self, fresh: frozenset[str]) -> State:
        """The state once another sample is drawn."""
        added = (value for tensor in self.tensors.values() for value in (tensor.moved, tensor.memory))
        mixed = self.mixed | differ_by_steps(added, fresh)
        return replace(self.renamed(lambda d: from_previous_step(d, fresh)), mixed=mixed)

    def with_masks_of_before(self, program: Program) -> State:
        """The state with the masks in what the last step added known as those of an earlier step."""
        moved = program.moved_masks
        if not moved:
            return self
        return replace(self, tensors={name: t.with_masks_of_before(moved) for name, t in self.tensors.items()})
