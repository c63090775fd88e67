"""What a program asks of a run at any width: its operations as one graph, and how each of its tensors can be kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from gamma_calc.calculus.dims import Shape
from gamma_calc.engine.gradient import gradients, optimiser_inputs
from gamma_calc.language.change import earlier
from gamma_calc.language.expression import Expression, Time, total, walk
from gamma_calc.language.leaves import Change, Data, Frozen, Parameter, Snapshot
from gamma_calc.language.optimiser import Optimiser
from gamma_calc.language.program import Program, Quantity, Role
from validation.executor.fast_paths import WRITTEN_OUT, FastUpdate, fast_operation, fast_update
from validation.executor.graph import Graph, Operation, identity

Given = Data | Frozen | Parameter


@dataclass(frozen=True, slots=True)
class Along:
    """A gradient, and two places whose inner product is that of the watched quantity and the gradient."""

    gradient: int
    inner: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Watch:
    """A watched quantity: its place in the graph, its axes, and what it is aligned with."""

    name: str
    place: int | None
    shape: Shape
    along: Along | None


@dataclass(frozen=True, slots=True)
class Check:
    """An output after and before a step, and the parts whose sum must be the difference."""

    now: int
    before: int
    parts: tuple[int, ...]
    sum: int


@dataclass(frozen=True, eq=False)
class StoragePlan:
    """A program's operations, each once, and the places of those whose values are wanted."""

    program: Program
    with_loss: bool = False
    graph: Graph = field(init=False, default_factory=Graph)
    initial: dict[str, int] = field(init=False, default_factory=dict)  # of the parameters whose start is given
    gradients: dict[str, int] = field(init=False, default_factory=dict)
    rules: dict[str, Optimiser] = field(init=False, default_factory=dict)  # the optimiser of each parameter
    motions: dict[str, int] = field(init=False, default_factory=dict)  # of the parameters that move by themselves
    watches: list[Watch] = field(init=False, default_factory=list)
    checks: list[Check] = field(init=False, default_factory=list)
    losses: list[int] = field(init=False, default_factory=list)

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

    def _watch(self, q: Quantity, of_node: Mapping[int, Expression]) -> Watch:
        place = None if q.expression is None else self.graph.add(q.expression)
        return Watch(q.name, place, q.node.shape, self._along(q, of_node))

    def _along(self, q: Quantity, of_node: Mapping[int, Expression]) -> Along | None:
        """What is not trained is aligned with nothing: its projection would be a single chance number."""
        trained = any(isinstance(leaf, Parameter) for leaf in walk([q.node]))
        if q.expression is None or not trained or id(q.node) not in of_node:
            return None
        place = self.graph.add(of_node[id(q.node)])
        return Along(place, self._inner(q.expression, place))

    def _inner(self, x: Expression, gradient: int) -> tuple[int, int]:
        """<W, u v'> is <W v, u>, and where v stays the same, W v is a product that the next step begins with."""
        operation = self.graph.operations[gradient]
        if isinstance(x, Parameter) and fast_operation(operation.node).outer:
            (u, v), (left, right) = operation.node.arguments, operation.arguments
            if self.graph.operations[right].constant:
                return self.graph.add(x @ v), left
            if self.graph.operations[left].constant:
                return self.graph.add(x.T @ u), right
        return self.graph.add(x), gradient

    def _sums(self, group: tuple[Quantity, ...]) -> list[Check]:
        """The change of an output, and its parts where they are watched, must add up; one check if the sums are one."""
        of_role = {role: [q.expression for q in group if q.expression is not None and q.role is role] for role in Role}
        parts = of_role[Role.ONE_FACTOR] + of_role[Role.BOTH_FACTORS]
        ways: dict[int, tuple[int, ...]] = {}
        for way in (of_role[Role.CHANGE], parts):
            whole = total(way)
            if whole is not None:
                ways[self.graph.add(whole)] = tuple(map(self.graph.add, way))
        return [
            Check(self.graph.add(q.node), self.graph.add(earlier(q.node, Time.PREVIOUS)), way, whole)
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
        found: set[int] = set()
        for i, operation in enumerate(self.graph.operations):
            turned = fast_operation(operation.node).view and not found.isdisjoint(operation.arguments)
            if turned or isinstance(operation.node, Parameter | Change):
                found.add(i)
        return frozenset(found)

    # -- how tensors are kept -------------------------------------------------------------------------------------

    @cached_property
    def uses(self) -> Mapping[str, list[int]]:
        """The places at which each drawn tensor stands, at whatever time it is taken; none for an idle parameter."""
        found: dict[str, list[int]] = {p.name: [] for p in self.program.parameters}
        for i, operation in enumerate(self.graph.operations):
            node = _drawn(operation)
            if node is not None:
                found.setdefault(node.name, []).append(i)
        return found

    @cached_property
    def leaves(self) -> list[Given]:
        """Every drawn tensor once."""
        return list({n.name: n for n in map(_drawn, self.graph.operations) if n is not None}.values())

    def keeps_initial(self, name: str) -> bool:
        return any(isinstance(self.graph.operations[i].node, Snapshot) for i in self.uses[name])

    def keeps_moved(self, name: str) -> bool:
        """Is what the whole training added to a parameter used?"""
        nodes = (self.graph.operations[i].node for i in self.uses[name])
        return any(isinstance(node, Change) and node.since is Time.START for node in nodes)

    def implicit(self, leaf: Given) -> bool:
        """May a random matrix be drawn only along the vectors that it meets?

        Yes where it does nothing but act on vectors, and every update is a sum of outer products. It pays where both
        axes grow; with few rows or columns the matrix is smaller than what would be remembered of it. A start that is
        given is written out.
        """
        return (
            len(leaf.shape) == 2
            and leaf.name not in self.initial
            and all(d.exponent != 0 for d in leaf.shape)
            and all(map(self._only_acts, self.uses[leaf.name]))
            and (not isinstance(leaf, Parameter) or self.factored(leaf.name))
        )

    def products(self, leaf: Given) -> int:
        """How many vectors a matrix meets in a step, at most."""
        return len(self.uses[leaf.name]) + len(self._users[self.uses[leaf.name][0]])

    def fast(self, name: str) -> FastUpdate:
        """What saves work in the updates of a parameter; nothing where it moves by itself too."""
        return WRITTEN_OUT if name in self.motions else fast_update(self.rules[name])

    def factored(self, name: str) -> bool:
        """Is every update of a parameter a sum of few outer products?"""
        rank, side = self._ranks[self.gradients[name]], self._constant_side(self.gradients[name])
        return self.fast(name).factored(self.rules[name], rank, side)

    def one_sided(self, name: str) -> str | None:
        """Which factor of a gradient u w' never changes, where that saves work: "left", "right" or None.

        What an optimiser keeps is then kept of the other factor alone.
        """
        return self._constant_side(self.gradients[name]) if self.fast(name).by_factor else None

    def update_arrays(self, name: str) -> int:
        """How many arrays of a parameter's shape its updates take: none, the update, or also gradient and memory."""
        if self.factored(name):
            return 0
        return 1 if self.one_sided(name) else self.fast(name).arrays

    def _constant_side(self, place: int) -> str | None:
        operation = self.graph.operations[place]
        fast = fast_operation(operation.node)
        if fast.scales:
            return self._constant_side(operation.arguments[0])
        if fast.outer:
            left, right = (self.graph.operations[a].constant for a in operation.arguments)
            return "right" if right else "left" if left else None
        return None

    @cached_property
    def _ranks(self) -> list[int | None]:
        """For each operation, how many outer products its result is a sum of; None where it is no such sum."""
        ranks: list[int | None] = []
        for operation in self.graph.operations:
            ranks.append(fast_operation(operation.node).rank([ranks[a] for a in operation.arguments]))
        return ranks

    def _only_acts(self, place: int) -> bool:
        return place not in self._wanted and all(self._acts(user, place) for user in self._users[place])

    def _acts(self, user: int, place: int) -> bool:
        operation = self.graph.operations[user]
        fast = fast_operation(operation.node)
        if fast.passes:
            return self._only_acts(user)
        others = [a for a in operation.arguments if a != place]
        vectors = all(len(self.graph.operations[a].node.shape) == 1 for a in others)
        return fast.acts and vectors and bool(others)

    @cached_property
    def _users(self) -> Mapping[int, list[int]]:
        return self.graph.users()

    @cached_property
    def _wanted(self) -> frozenset[int]:
        """The places whose values are wanted for themselves."""
        noted = [*self.noted, *self.of_the_step, *self.of_the_last]
        return frozenset(
            [*self.gradients.values(), *self.motions.values(), *self.initial.values(), *noted, *self.losses]
        )


def _once(places: Iterable[int]) -> list[int]:
    return list(dict.fromkeys(places))


def storage_plan(program: Program, with_loss: bool = False) -> StoragePlan:
    """The reading of a program, remembered for the programs that were read last: they are immutable."""
    return _storage_plan(_Same(program), with_loss)


class _Same:
    """A program as a key: equal to itself alone. Holding it keeps its id its own."""

    __slots__ = ("program",)

    def __init__(self, program: Program) -> None:
        self.program = program

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.program is self.program

    def __hash__(self) -> int:
        return id(self.program)


@lru_cache(maxsize=32)
def _storage_plan(same: _Same, with_loss: bool) -> StoragePlan:
    return StoragePlan(same.program, with_loss)


def _drawn(operation: Operation) -> Given | None:
    """The tensor that a leaf is, or was at another time."""
    node = operation.node.parameter if isinstance(operation.node, Snapshot | Change) else operation.node
    return node if isinstance(node, Given) else None
