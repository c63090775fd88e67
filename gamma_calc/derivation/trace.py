"""The derivation of orders, rule by rule: every node below the quantities, with the lemmas behind its order.

An example: the hidden feature A Z of an adapter with B = 0, after the second step, the first one that moves A. The
operation "A Z" sums over an axis of size n. The part of A that was drawn makes n^0 of it (central limit), and the part
that Adam added, with entries n^eta, makes n^(eta + 1) of it (coherent sum: an update agrees in sign with the input that
made it). Either can be the larger one, so the order is their maximum, and the step names both lemmas. The update of
each parameter is derived in the same way, from its gradient before the step.

>>> from gamma_calc import derive, lora
>>> for step in derive(lora(init="A")).trace("Z_A", step=2).steps:
...     print(*step.cells("text"), sep=" | ")
A | max(-1/2, eta) | given
Z | 0 | given
A Z | max(0, eta + 1) | 0 central limit, eta + 1 coherent sum
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gamma_calc.calculus.lemmas import Lemma
from gamma_calc.calculus.value import Contribution
from gamma_calc.derivation.solution import Solution
from gamma_calc.display.blocks import Block, plain
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.gradient import optimiser_inputs
from gamma_calc.exponents.orders.order import Order, largest
from gamma_calc.language.expression import Expression, walk
from gamma_calc.language.leaves import Change, Leaf, Parameter, Snapshot

HEADS = ("expression", "order", "by")


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

    def cells(self, dialect: str) -> tuple[str, str, str]:
        """The row of a table."""
        alone = len(self.reasons) == 1
        by = [reason.lemma.name if alone else f"{reason.order:{dialect}} {reason.lemma}" for reason in self.reasons]
        return self.expression, f"{self.order:{dialect}}", ", ".join(by)


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

    def blocks(self, dialect: str) -> Iterator[Block]:
        """Every expression with its order and the lemmas that give it; then the lemmas with their sources."""
        yield _table(f"Derivation after step {self.step}", self.steps, dialect)
        for name, steps in self.updates:
            yield _table(f"Update of {name} in step {self.step}, from its gradient before the step", steps, dialect)
        yield Block("Lemmas", tuple((lemma.name, f"{lemma.statement} [{lemma.source}]") for lemma in self.lemmas()))

    def __str__(self) -> str:
        return plain(self.blocks("text"))


def _table(title: str, steps: Iterable[Step], dialect: str) -> Block:
    return Block(title, tuple(step.cells(dialect) for step in steps), HEADS)


# -- from the states of a training ------------------------------------------------------------------------------------


def trace(solution: Solution, quantities: Sequence[str], step: int | None = None) -> Trace:
    """The derivation of quantities' orders at a step; without one, at the first step from which all orders hold."""
    program = solution.program
    at = solution.from_step if step is None else step
    before, now = solution.around(at)
    roots = [q.expression for q in map(program.quantity, quantities) if q.expression is not None]
    here, there = Evaluation(program, now), Evaluation(program, before)
    owners = dict.fromkeys(_owners(roots)) if at else {}
    driven = optimiser_inputs(program)
    updates = tuple((p.name, _steps(there, [driven[p.name]])) for p in owners)
    return Trace(", ".join(quantities), at, _steps(here, roots), updates)


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
