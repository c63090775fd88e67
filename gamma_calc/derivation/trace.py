"""The derivation of orders, rule by rule: every node below the quantities, with the lemmas behind its order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from gamma_calc.calculus.lemmas import Lemma
from gamma_calc.calculus.value import Contribution
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.gradient import optimiser_inputs
from gamma_calc.engine.run import states
from gamma_calc.engine.state import State
from gamma_calc.exponents.orders.order import Order, largest
from gamma_calc.language.expression import Expression, walk
from gamma_calc.language.leaves import Change, Leaf, Parameter, Snapshot

if TYPE_CHECKING:
    from gamma_calc.derivation.derivation import Derivation


@dataclass(frozen=True, slots=True)
class Reason:
    """One lemma behind an order, and the order it gives."""

    lemma: Lemma
    order: Order


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a derivation: the expression, its order, and the lemmas that give the leading part of it."""

    expression: str
    order: Order
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """How the orders of quantities after ``step`` steps come out, arguments before what is made of them.

    ``updates`` derive, for each parameter in it, the gradient that made its last update.
    """

    quantity: str
    step: int
    steps: tuple[Step, ...]
    updates: tuple[tuple[str, tuple[Step, ...]], ...]

    def lemmas(self) -> tuple[Lemma, ...]:
        """The lemmas used, each once, with statement and source."""
        everything = [*self.steps, *(step for _, steps in self.updates for step in steps)]
        return tuple(dict.fromkeys(reason.lemma for step in everything for reason in step.reasons))

    def __str__(self) -> str:
        from gamma_calc.derivation.sections import derivation
        from gamma_calc.display.blocks import plain

        return plain(derivation(self, "text"))


def trace(derivation: Derivation, quantities: Sequence[str], step: int | None = None) -> Trace:
    """The derivation of quantities' orders at a step; without one, at the first step from which all orders hold."""
    program = derivation.program
    at = derivation.from_step if step is None else step
    before, now = _around(derivation, at)
    roots = [q.expression for q in map(program.quantity, quantities) if q.expression is not None]
    here, there = Evaluation(program, now), Evaluation(program, before)
    owners = dict.fromkeys(_owners(roots)) if at else {}
    driven = optimiser_inputs(program)
    updates = tuple((p.name, _steps(there, [driven[p.name]])) for p in owners)
    return Trace(", ".join(quantities), at, _steps(here, roots), updates)


def _around(derivation: Derivation, at: int) -> tuple[State, State]:
    """The state before a step and the one after it."""
    history = derivation.trajectory.states
    if at < len(history):
        return history[max(at - 1, 0)], history[at]
    if derivation.settled == derivation.program.region:
        return history[-1], history[-1]
    before, now = islice(states(derivation.program), at - 1, at + 1)
    return before, now


def _owners(roots: Iterable[Expression]) -> Iterator[Parameter]:
    for node in walk(roots):
        if isinstance(node, Parameter):
            yield node
        elif isinstance(node, Snapshot | Change):
            yield node.parameter


def _steps(evaluation: Evaluation, roots: Sequence[Expression]) -> tuple[Step, ...]:
    """One step for each expression; numbers alone need no derivation."""
    for root in roots:
        evaluation.value(root)
    nodes = [node for node in walk(roots) if any(isinstance(n, Leaf) and n.name != "1" for n in walk([node]))]
    return tuple(dict.fromkeys(_step(evaluation, node) for node in nodes))


def _step(evaluation: Evaluation, node: Expression) -> Step:
    return Step(str(node), evaluation.value(node).order, _leading(list(evaluation.contributions(node))))


def _leading(contributions: list[Contribution]) -> tuple[Reason, ...]:
    """For each lemma the largest order it gives, without those that another lemma's order is never below."""
    lemmas = dict.fromkeys(c.lemma for c in contributions)
    best = {lemma: largest(c.order for c in contributions if c.lemma is lemma) for lemma in lemmas}
    for lemma in lemmas:
        rest = [order for other, order in best.items() if other is not lemma]
        if rest and largest(rest) == largest(best.values()):
            del best[lemma]
    return tuple(Reason(lemma, order) for lemma, order in best.items())
