"""What is asked of a run at every step: the places, in one graph, of the values that are recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from gamma_calc.calculus.dims import Shape
from gamma_calc.engine.gradient import gradients, optimiser_inputs
from gamma_calc.language.change import earlier
from gamma_calc.language.expression import Expression, Time, total
from gamma_calc.language.optimiser import Optimiser
from gamma_calc.language.program import Program, Quantity, Role
from validation.executor.carried import carried
from validation.executor.fast_paths import fast_operation
from validation.executor.graph import Graph, identity


@dataclass(frozen=True, slots=True)
class Alignment:
    """A gradient, and two places whose inner product is that of the watched quantity and the gradient."""

    gradient: int
    inner: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Watch:
    """A watched quantity: its place in the graph, its axes, and what it is aligned with."""

    name: str
    place: int | None
    shape: Shape
    along: Alignment | None


@dataclass(frozen=True, slots=True)
class SumCheck:
    """An output after and before a step, and the parts whose sum must be the difference."""

    now: int
    before: int
    parts: tuple[int, ...]
    sum: int


@dataclass(frozen=True, eq=False)
class Wanted:
    """A program's operations, each once, and the places of those whose values are wanted.

    An update overwrites the parameters, so what is wanted falls into three: what speaks of the step itself and is
    taken while the update is known and not yet applied (``of_the_step``), the gradients from before it
    (``of_the_last``), and what holds after it (``noted``).
    """

    program: Program
    with_loss: bool = False
    graph: Graph = field(init=False, default_factory=Graph)
    initial: dict[str, int] = field(init=False, default_factory=dict)  # of the parameters whose start is given
    gradients: dict[str, int] = field(init=False, default_factory=dict)
    rules: dict[str, Optimiser] = field(init=False, default_factory=dict)  # the optimiser of each parameter
    motions: dict[str, int] = field(init=False, default_factory=dict)  # of the parameters that move by themselves
    watches: list[Watch] = field(init=False, default_factory=list)
    checks: list[SumCheck] = field(init=False, default_factory=list)
    losses: list[int] = field(init=False, default_factory=list)
    carried: dict[int, int] = field(init=False, default_factory=dict)  # products, with what a step adds to them

    def __post_init__(self) -> None:
        of_node, of_parameter = gradients(self.program.loss), optimiser_inputs(self.program)
        for p in self.program.parameters:
            self.gradients[p.name] = self.graph.add(of_parameter[p.name])
            rule = self.rules[p.name] = self.program.optimiser.for_parameter(p)
            motion = rule.own_motion(p)
            if motion is not None:
                self.motions[p.name] = self.graph.add(motion)
            if p.init.expression is not None:
                self.initial[p.name] = self.graph.add(p.init.expression)
        for q in self.program.quantities.values():
            self.watches.append(self._watch(q, of_node))
        for group in self.program.watch:
            self.checks.extend(self._sums(group))
        if self.with_loss:
            self.losses.append(self.graph.add(self.program.loss))
        self.carried.update(carried(self.graph, self.motions))

    def _watch(self, q: Quantity, of_node: Mapping[int, Expression]) -> Watch:
        place = None if q.expression is None else self.graph.add(q.expression)
        return Watch(q.name, place, q.node.shape, self._along(q, of_node))

    def _along(self, q: Quantity, of_node: Mapping[int, Expression]) -> Alignment | None:
        """What is not trained is aligned with nothing: its projection would be a single chance number."""
        if q.expression is None or not q.is_trained or id(q.node) not in of_node:
            return None
        place = self.graph.add(of_node[id(q.node)])
        return Alignment(place, self._inner(q.expression, place))

    def _inner(self, x: Expression, gradient: int) -> tuple[int, int]:
        """<W, u v'> is <W v, u>, and where v stays the same, W v is a product that the next step begins with."""
        operation = self.graph.operations[gradient]
        if x.owner is x and fast_operation(operation.node).outer:
            (u, v), (left, right) = operation.node.arguments, operation.arguments
            if self.graph.operations[right].constant:
                return self.graph.add(x @ v), left
            if self.graph.operations[left].constant:
                return self.graph.add(x.T @ u), right
        return self.graph.add(x), gradient

    def _sums(self, group: tuple[Quantity, ...]) -> list[SumCheck]:
        """The change of an output, and its parts where they are watched, must add up; one check if the sums are one."""
        of_role = {role: [q.expression for q in group if q.expression is not None and q.role is role] for role in Role}
        parts = of_role[Role.ONE_FACTOR] + of_role[Role.BOTH_FACTORS]
        ways: dict[int, tuple[int, ...]] = {}
        for way in (of_role[Role.CHANGE], parts):
            whole = total(way)
            if whole is not None:
                ways[self.graph.add(whole)] = tuple(map(self.graph.add, way))
        return [
            SumCheck(self.graph.add(q.node), self.graph.add(earlier(q.node, Time.PREVIOUS)), way, whole)
            for q in group
            if q.role is Role.OUTPUT
            for whole, way in ways.items()
        ]

    @cached_property
    def name(self) -> str:
        return identity(self.program)

    # -- what is noted at a step ----------------------------------------------------------------------------------

    @cached_property
    def moves(self) -> frozenset[int]:
        """The places that speak of the last step."""
        return frozenset(i for i, operation in enumerate(self.graph.operations) if operation.moves)

    @cached_property
    def of_the_step(self) -> list[int]:
        """The places wanted while an update is known and not yet applied."""
        moving = [w.place for w in self.watches if w.place is not None and w.place in self.moves]
        return _once([*moving, *(place for c in self.checks for place in (c.before, c.sum, *c.parts))])

    @cached_property
    def of_the_last(self) -> list[int]:
        """The places wanted as they were before an update: gradients."""
        return _once(place for w in self.watches if w.along for place in (w.along.gradient, w.along.inner[1]))

    @cached_property
    def noted(self) -> list[int]:
        """The places wanted after an update."""
        watched = [w.place for w in self.watches if w.place is not None]
        inner = [w.along.inner[0] for w in self.watches if w.along]
        return _once([*watched, *inner, *(place for c in self.checks for place in (c.now, *c.parts))])

    @cached_property
    def in_place(self) -> frozenset[int]:
        """The places whose values are a parameter's own array, which an update overwrites."""
        overwritten: set[int] = set()
        for i, operation in enumerate(self.graph.operations):
            turned = fast_operation(operation.node).view and not overwritten.isdisjoint(operation.arguments)
            if turned or operation.node.until in (Time.NOW, Time.PREVIOUS):
                overwritten.add(i)
        return frozenset(overwritten)

    @cached_property
    def wanted(self) -> frozenset[int]:
        """The places whose values are wanted for themselves."""
        noted = [*self.noted, *self.of_the_step, *self.of_the_last]
        return frozenset(
            [*self.gradients.values(), *self.motions.values(), *self.initial.values(), *noted, *self.losses]
        )


def _once(places: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(places))
