"""The derivation of one order, rule by rule: every node below a quantity, with the lemma behind each component."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gamma_calc.calculus.lemmas import GIVEN, Lemma
from gamma_calc.calculus.value import Contribution
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.language.expression import Expression, walk
from gamma_calc.orders.order import Order, maximum
from gamma_calc.rules.leaves import Leaf, Moved, Parameter, Snapshot

if TYPE_CHECKING:
    from gamma_calc.derivation import Derivation


@dataclass(frozen=True, slots=True)
class Reason:
    """One component of a result: its direction, its order, and the lemma that gives it."""

    direction: str
    order: Order
    lemma: Lemma


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a derivation: the expression, its order, and its leading components."""

    expression: str
    order: Order
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """How the order of a quantity after ``step`` steps comes out, leaves first.

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
        lines = [f"{self.quantity} after step {self.step}", *_lines(self.steps)]
        for name, steps in self.updates:
            lines += ["", f"update of {name} in step {self.step}: its gradient before the step", *_lines(steps)]
        lines += ["", *(f"{lemma.name}: {lemma.statement} [{lemma.source}]" for lemma in self.lemmas())]
        return "\n".join(lines)


def trace(derivation: Derivation, quantity: str, step: int | None = None) -> Trace:
    """The derivation of a quantity's order at a step; without one, at the first step from which all orders hold."""
    program, history = derivation.program, derivation.course.states
    at = derivation.from_step if step is None else step
    now = history[min(at, len(history) - 1)]
    before = history[max(min(at, len(history) - 1) - 1, 0)]
    expression = program.quantity(quantity).expression
    if expression is None:
        return Trace(quantity, at, (), ())
    here, there = Evaluation(program, now), Evaluation(program, before)
    owners = dict.fromkeys(_owners(expression)) if at else {}
    updates = tuple((p.name, _steps(there, derivation.gradient_of(p))) for p in owners)
    return Trace(quantity, at, _steps(here, expression), updates)


def _owners(expression: Expression) -> Iterator[Parameter]:
    for node in walk([expression]):
        if isinstance(node, Parameter):
            yield node
        elif isinstance(node, Snapshot | Moved):
            yield node.parameter


def _steps(evaluation: Evaluation, expression: Expression) -> tuple[Step, ...]:
    evaluation.value(expression)
    nodes = [node for node in walk([expression]) if not (isinstance(node, Leaf) and node.name == "1")]
    return tuple(
        Step(str(node), evaluation.value(node).order, _reasons(list(evaluation.contributions(node)))) for node in nodes
    )


def _reasons(contributions: list[Contribution]) -> tuple[Reason, ...]:
    """Each direction once, by the largest of its contributions where one is the largest everywhere."""
    best: dict[tuple[str, Lemma], Order] = {}
    for c in contributions:
        key = (str(c.direction), c.lemma)
        best[key] = maximum(best[key], c.order) if key in best else c.order
    return tuple(Reason(direction, order, lemma) for (direction, lemma), order in best.items())


def _lines(steps: tuple[Step, ...]) -> list[str]:
    lines = []
    for step in steps:
        lines.append(f"  {step.expression}: {step.order}")
        if any(reason.lemma is not GIVEN for reason in step.reasons):
            lines += [f"      {r.order} along {r.direction} ({r.lemma})" for r in step.reasons]
    return lines
