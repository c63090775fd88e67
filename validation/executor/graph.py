"""A program's expressions as one graph, in which equal expressions are one operation however often they are written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from gamma_calc.language.expression import Expression, Time, walk
from gamma_calc.language.program import Program


@dataclass(frozen=True, slots=True)
class Operation:
    """One node of the graph: an expression, the operations it uses, and what it changes with."""

    node: Expression
    arguments: tuple[int, ...]
    varies: bool  # with the parameters
    fresh: bool  # with a sample that is drawn anew at every step
    moves: bool  # with the last update

    @property
    def constant(self) -> bool:
        return not (self.varies or self.fresh or self.moves)


class Graph:
    """Operations in the order in which they can be computed; adding an expression gives its place.

    An expression that speaks of the last step (X[t-1] and what was added to X since) is kept as it is seen from before
    the step, when the update is known and not yet applied: X[t-1] is then the present X, and shares its work.
    """

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self._places: dict[object, int] = {}
        self._done: dict[tuple[int, bool], tuple[Expression, int]] = {}  # with the node, so that its id stays its own

    def add(self, expression: Expression) -> int:
        return self._add(expression, any(map(_of_last_step, walk([expression]))))

    def users(self) -> dict[int, list[int]]:
        """For each operation, those that use it."""
        users_of: dict[int, list[int]] = {i: [] for i in range(len(self.operations))}
        for i, operation in enumerate(self.operations):
            for argument in operation.arguments:
                users_of[argument].append(i)
        return users_of

    def text(self) -> str:
        """One line for each operation, with everything that decides its value."""
        return "\n".join(f"{type(op.node).__name__} {_facts(op.node)} {op.arguments}" for op in self.operations)

    def _add(self, expression: Expression, back: bool) -> int:
        for node in walk([expression], known=lambda node: (id(node), back) in self._done, below=_needed):
            self._done[id(node), back] = node, self._new(node, back)
        return self._done[id(expression), back][1]

    def _new(self, node: Expression, back: bool) -> int:
        arguments = tuple(self._done[id(a), back][1] for a in _needed(node))
        return self._place(node.before_update() if back else node, arguments) if node.computed is node else arguments[0]

    def _place(self, node: Expression, arguments: tuple[int, ...]) -> int:
        key = (type(node), *_own(node), arguments)
        if key not in self._places:
            self._places[key] = len(self.operations)
            self.operations.append(self._operation(node, arguments))
        return self._places[key]

    def _operation(self, node: Expression, arguments: tuple[int, ...]) -> Operation:
        parts = [self.operations[a] for a in arguments]
        moves = node.since is Time.PREVIOUS
        varies = node.until is Time.NOW and not moves
        return Operation(
            node,
            arguments,
            varies=varies or any(p.varies for p in parts),
            fresh=node.fresh or any(p.fresh for p in parts),
            moves=moves or any(p.moves for p in parts),
        )


def identity(program: Program) -> str:
    """A name for everything in a program that decides its numbers: equal programs have equal names.

    What is watched counts too: it decides in which order a random matrix is drawn.
    """
    graph = Graph()
    graph.add(program.loss)
    for q in program.quantities.values():
        if q.expression is not None:
            graph.add(q.expression)
    starts = [f"{p.name} = {graph.add(p.init.expression)}" for p in program.parameters if p.init.expression is not None]
    facts = [graph.text(), *starts, repr(program.optimiser), *program.quantities, str(sorted(program.orthogonal))]
    text = "\n".join(facts)
    return hashlib.sha256(text.encode()).hexdigest()


def _needed(node: Expression) -> tuple[Expression, ...]:
    """What a node is computed from: its arguments, or what is computed in its place."""
    return node.arguments if node.computed is node else (node.computed,)


def _of_last_step(node: Expression) -> bool:
    return Time.PREVIOUS in (node.since, node.until)


def _is_state(node: Expression) -> bool:
    """Is it something about a parameter, of which its name says all?"""
    return node.owner is not None and node.owner is not node


def _own(node: Expression) -> tuple[object, ...]:
    """What a node is besides its arguments, which decide its shape: a leaf, a multiplier, a function."""
    if _is_state(node):
        return (str(node),)
    shape = () if node.arguments else node.shape
    return (*shape, *node.facts.values())


def _facts(node: Expression) -> str:
    """The same as text."""
    if _is_state(node):
        return str(node)
    shape = ", ".join(f"{d.name}: {d.exponent}" for d in node.shape)
    own = {k: str(getattr(v, "name", v)) for k, v in node.facts.items()}
    return f"({shape}) {sorted(own.items())}"
