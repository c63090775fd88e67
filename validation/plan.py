"""What a run has to compute, and how each tensor is kept, decided once from the program before any number is drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Final

from gamma_calc.engine.change import earlier
from gamma_calc.engine.gradient import gradients
from gamma_calc.errors import ProgramError
from gamma_calc.language.dims import Dim, Shape
from gamma_calc.language.program import Program, Quantity, Role
from gamma_calc.optimisers.adam import Adam
from gamma_calc.optimisers.sgd import SGD
from gamma_calc.optimisers.sign import Sign
from gamma_calc.orders.order import Order
from gamma_calc.rules.add import Add
from gamma_calc.rules.leaves import Data, Frozen, Moved, Parameter, Snapshot, Time
from gamma_calc.rules.matmul import MatMul
from gamma_calc.rules.outer import OuterProduct
from gamma_calc.rules.product import Product
from gamma_calc.rules.scale import Scale
from gamma_calc.rules.transpose import Transpose
from validation.graph import Graph, Operation

FIXED_SIZE: Final = 5  # of a dimension that does not grow: odd, so that a sum of as many signs is never zero

Given = Data | Frozen | Parameter


@dataclass(frozen=True, slots=True)
class Watch:
    """A watched quantity: its place in the graph, the gradient it is aligned with, and its number of entries."""

    name: str
    place: int | None
    along: int | None
    entries: int


@dataclass(frozen=True, slots=True)
class Check:
    """An output after and before a step, and the parts that must add up to the difference."""

    now: int
    before: int
    parts: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """A program at one width; ``sizes`` gives fixed dimensions their number of entries by name.

    Raises ProgramError where an exponent is still open.
    """

    program: Program
    width: int
    sizes: Mapping[str, int]
    with_loss: bool = False
    graph: Graph = field(init=False, default_factory=Graph)
    starts: dict[str, int] = field(init=False, default_factory=dict)  # of the parameters whose start is given
    gradients: dict[str, int] = field(init=False, default_factory=dict)
    watches: list[Watch] = field(init=False, default_factory=list)
    checks: list[Check] = field(init=False, default_factory=list)
    losses: list[int] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        refuse_what_is_open(self.program)
        of_node = gradients(self.program.loss)
        for p in self.program.parameters:
            self.gradients[p.name] = self.graph.add(of_node[id(p)])
            if p.init.expression is not None:
                self.starts[p.name] = self.graph.add(p.init.expression)
        for q in self.program.quantities.values():
            place = None if q.expression is None else self.graph.add(q.expression)
            along = self.graph.add(of_node[id(q.node)]) if id(q.node) in of_node else None
            self.watches.append(Watch(q.name, place, along, prod(self.shape(q.node.shape))))
        for group in self.program.watch:
            self.checks.extend(self._sums(group))
        if self.with_loss:
            self.losses.append(self.graph.add(self.program.loss))

    def _sums(self, group: tuple[Quantity, ...]) -> list[Check]:
        """The change of an output, and its parts where they are watched, must add up."""
        by_role: dict[Role, list[int]] = {role: [] for role in Role}
        for q in group:
            if q.expression is not None:
                by_role[q.role].append(self.graph.add(q.expression))
        parts = by_role[Role.ONE_FACTOR] + by_role[Role.BOTH_FACTORS]
        ways = [way for way in (by_role[Role.CHANGE], parts) if way]
        return [
            Check(self.graph.add(q.node), self.graph.add(earlier(q.node, Time.PREVIOUS)), tuple(way))
            for q in group
            if q.role is Role.OUTPUT
            for way in ways
        ]

    # -- sizes ----------------------------------------------------------------------------------------------------

    def power(self, exponent: Order) -> float:
        """n^exponent; 0 for -oo."""
        return 0.0 if exponent.is_zero_quantity else float(self.width) ** float(exponent.rational)

    def size(self, dim: Dim) -> int:
        if dim.exponent == 0:
            return self.sizes.get(dim.name, FIXED_SIZE)
        return max(1, round(self.power(dim.exponent)))

    def shape(self, shape: Shape) -> tuple[int, ...]:
        return tuple(map(self.size, shape))

    # -- how tensors are kept -------------------------------------------------------------------------------------

    @cached_property
    def uses(self) -> Mapping[str, list[int]]:
        """The places at which each drawn tensor stands, at whatever time it is taken."""
        found: dict[str, list[int]] = {}
        for i, operation in enumerate(self.graph.operations):
            node = _drawn(operation)
            if node is not None:
                found.setdefault(node.name, []).append(i)
        return found

    def keeps_start(self, name: str) -> bool:
        return any(isinstance(self.graph.operations[i].node, Snapshot) for i in self.uses[name])

    def keeps_movement(self, name: str) -> bool:
        """Is what the whole training added to a parameter used?"""
        nodes = (self.graph.operations[i].node for i in self.uses[name])
        return any(isinstance(node, Moved) and node.since is Time.START for node in nodes)

    def unseen(self, leaf: Given) -> bool:
        """May a random matrix be drawn only along the vectors that it meets?

        Yes where it does nothing but act on vectors, and every update is a sum of outer products. It pays where both
        axes grow; with few rows or columns the matrix is smaller than what would be remembered of it. A start that is
        given is written out.
        """
        return (
            len(leaf.shape) == 2
            and leaf.name not in self.starts
            and all(d.exponent != 0 for d in leaf.shape)
            and all(map(self._only_acts, self.uses[leaf.name]))
            and (not isinstance(leaf, Parameter) or self.factored(leaf.name))
        )

    def factored(self, name: str) -> bool:
        """Is every update of a parameter a sum of few outer products?"""
        rank = self._rank(self.gradients[name])
        match self.program.optimiser:
            case SGD():
                return rank is not None
            case Sign():
                return rank == 1
        return self.one_sided(name) is not None

    def one_sided(self, name: str) -> str | None:
        """Which factor of a gradient u w^T never changes, under Adam without epsilon: "left", "right" or None.

        Adam's ratio of means does not see the scale of that factor, so the update is its sign times Adam of the other.
        """
        optimiser = self.program.optimiser
        if isinstance(optimiser, Adam) and optimiser.epsilon.is_zero_quantity:
            return self._constant_side(self.gradients[name])
        return None

    def _constant_side(self, place: int) -> str | None:
        operation = self.graph.operations[place]
        match operation.node:
            case Scale():
                return self._constant_side(operation.arguments[0])
            case OuterProduct():
                left, right = (self.graph.operations[a].constant for a in operation.arguments)
                return "right" if right else "left" if left else None
        return None

    def _rank(self, place: int) -> int | None:
        """How many outer products a gradient is a sum of; None where it is no such sum."""
        operation = self.graph.operations[place]
        match operation.node:
            case OuterProduct():
                return 1
            case Scale() | Transpose() | Product():
                return self._rank(operation.arguments[-1])
            case Add():
                ranks = [self._rank(a) for a in operation.arguments]
                return None if None in ranks else sum(r for r in ranks if r is not None)
        return None

    def _only_acts(self, place: int) -> bool:
        return place not in self._wanted and all(self._acts(user, place) for user in self._users[place])

    def _acts(self, user: int, place: int) -> bool:
        operation = self.graph.operations[user]
        match operation.node:
            case Scale() | Transpose():
                return self._only_acts(user)
            case MatMul():
                others = [a for a in operation.arguments if a != place]
                return all(len(self.graph.operations[a].node.shape) == 1 for a in others) and bool(others)
        return False

    @cached_property
    def _users(self) -> Mapping[int, list[int]]:
        return self.graph.users()

    @cached_property
    def _wanted(self) -> frozenset[int]:
        """The places whose values are wanted for themselves."""
        watched = [p for w in self.watches for p in (w.place, w.along) if p is not None]
        checked = [p for c in self.checks for p in (c.now, c.before, *c.parts)]
        return frozenset([*self.gradients.values(), *self.starts.values(), *watched, *checked, *self.losses])

    # -- cost -----------------------------------------------------------------------------------------------------

    def numbers(self, steps: int) -> int:
        """About how many numbers one repetition holds at once."""
        vectors = sum(prod(self.shape(op.node.shape)) for op in self.graph.operations if len(op.node.shape) < 2)
        leaves = {n.name: n for n in map(_drawn, self.graph.operations) if n is not None}
        return vectors + sum(self._kept(leaf, steps) for leaf in leaves.values())

    def _kept(self, leaf: Given, steps: int) -> int:
        if len(leaf.shape) < 2:
            return 0
        rows, columns = self.shape(leaf.shape)
        if self.unseen(leaf):
            meetings = len(self.uses[leaf.name]) + len(self._users[self.uses[leaf.name][0]])
            return (rows + columns) * meetings * (steps + 1)
        if not isinstance(leaf, Parameter):
            return rows * columns
        copies = 2 + self.keeps_start(leaf.name) + self.keeps_movement(leaf.name)
        return rows * columns * (copies + (0 if self.factored(leaf.name) else 4))


def refuse_what_is_open(program: Program) -> None:
    """A run needs a value for every exponent."""
    if program.variables:
        raise ProgramError(
            f"the exponents {', '.join(program.variables)} are open",
            where=f"program {program.name}",
            mend="a run needs a value for each, as in at={'eta': '-1/2'}",
        )


def _drawn(operation: Operation) -> Given | None:
    """The tensor that a leaf is, or was at another time."""
    node = operation.node.parameter if isinstance(operation.node, Snapshot | Moved) else operation.node
    return node if isinstance(node, Given) else None
