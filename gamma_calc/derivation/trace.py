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
from fractions import Fraction
from typing import Final

from gamma_calc.calculus.lemmas import Lemma
from gamma_calc.calculus.value import Contribution
from gamma_calc.derivation.solution import Solution
from gamma_calc.display.blocks import Block
from gamma_calc.display.formula import aligned, expression_latex
from gamma_calc.display.showing import SelfShowing
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.gradient import optimiser_inputs
from gamma_calc.errors import ProgramError
from gamma_calc.exponents import Order, largest, order
from gamma_calc.language.expression import Expression, walk
from gamma_calc.language.program import Quantity

HEADS: Final = ("expression", "order", "by")
ALIGNED: Final = ".aligned"
PROJECTION: Final = Lemma(
    "projection",
    "<x, G> / (N |G|) is the largest of its pairs of directions, orders added, with the overlap of the two directions",
    "the definition of the loss-aligned size, docs/explanation",
)


@dataclass(frozen=True, slots=True)
class Justification:
    """One lemma behind an order, and the order it gives."""

    lemma: Lemma
    order: Order


@dataclass(frozen=True, slots=True)
class Step:
    """One operation of a derivation: the expression, its order, and the lemmas that give the leading part of it."""

    expression: str
    order: Order
    reasons: tuple[Justification, ...]

    def cells(self, dialect: str) -> tuple[str, str, str]:
        """The row of a table."""
        alone = len(self.reasons) == 1
        by = [reason.lemma.name if alone else f"{reason.order:{dialect}} {reason.lemma}" for reason in self.reasons]
        return self.expression, f"{self.order:{dialect}}", ", ".join(by)

    def formula(self) -> str:
        """A row of an aligned display."""
        by = r",\ ".join(rf"\text{{{reason.lemma}}}" for reason in self.reasons)
        return rf"\gamma[{expression_latex(self.expression)}] &= {self.order:latex} && {by}"


@dataclass(frozen=True, slots=True)
class Trace(SelfShowing):
    """How the orders of quantities after ``step`` steps come out, arguments before what is made of them.

    ``updates`` derive, for each parameter in it, the gradient that made its last update; ``gradients``, for each
    loss-aligned quantity, the gradient that it is projected on. Where orders are told by those at the largest rates,
    the derivation is of these: ``rates`` are their exponents.
    """

    quantity: str
    step: int
    steps: tuple[Step, ...]
    updates: tuple[tuple[str, tuple[Step, ...]], ...]
    gradients: tuple[tuple[str, tuple[Step, ...]], ...] = ()
    rates: tuple[tuple[str, Fraction], ...] = ()

    def lemmas(self) -> tuple[Lemma, ...]:
        """The lemmas used, each once, with statement and source."""
        everything = [*self.steps, *(step for _, steps in (*self.updates, *self.gradients) for step in steps)]
        return tuple(dict.fromkeys(reason.lemma for step in everything for reason in step.reasons))

    def blocks(self, dialect: str) -> Iterator[Block]:
        """Every expression with its order and the lemmas that give it; then the lemmas with their sources."""
        at = ", ".join(f"{order(name):{dialect}} = {order(value):{dialect}}" for name, value in self.rates)
        yield _table(f"Derivation after step {self.step}{' at ' if at else ''}{at}", self.steps, dialect)
        for name, steps in self.updates:
            yield _table(f"Update of {name} in step {self.step}, from its gradient before the step", steps, dialect)
        for name, steps in self.gradients:
            yield _table(f"Gradient of the loss by {name}, before step {self.step}", steps, dialect)
        yield Block("Lemmas", tuple((lemma.name, f"{lemma.statement} [{lemma.source}]") for lemma in self.lemmas()))

    def __repr__(self) -> str:
        return f"<Trace of {self.quantity} after step {self.step}: {len(self.steps)} expressions>"

    def _repr_latex_(self) -> str:
        return aligned(step.formula() for step in self.steps)


def _table(title: str, steps: Iterable[Step], dialect: str) -> Block:
    return Block(title, tuple(step.cells(dialect) for step in steps), HEADS)


# -- from the states of a training ------------------------------------------------------------------------------------


def trace(solution: Solution, names: Sequence[str], step: int | None = None) -> Trace:
    """The derivation of orders at a step; without one, at the first step from which all orders hold.

    A name is that of a quantity, of a loss-aligned quantity ("delta1.aligned"), or of a condition, which stands for
    what it speaks of.
    """
    if not names:
        first = next(iter(solution.orders))
        raise ProgramError("a trace of nothing", hint=f"name a quantity or a condition, such as {first!r}")
    program = solution.program
    at = solution.from_step if step is None else step
    before, now = solution.around(at)
    asked = [_asked(solution, name) for each in names for name in _meant(solution, each)]
    quantities = dict.fromkeys(q for q, _ in asked)
    projected = [q for q, aligned_too in dict.fromkeys(asked) if aligned_too]
    roots = [q.expression for q in quantities if q.expression is not None]
    here, there = Evaluation(program, now), Evaluation(program, before)
    owners = dict.fromkeys(str(node.owner) for node in walk(roots) if node.owner is not None) if at else {}
    driven = optimiser_inputs(program)
    return Trace(
        ", ".join(names),
        at,
        (*_steps(here, roots), *(_projection(solution, q, at) for q in projected)),
        tuple((name, _steps(there, [driven[name]])) for name in owners),
        tuple((str(q.node), _steps(there, [solution.gradient_of(q.node)])) for q in projected),
        tuple(solution.step_at(at).states_at.items()),
    )


def _meant(solution: Solution, name: str) -> tuple[str, ...]:
    """The quantities that a name stands for."""
    if name in solution.orders or name not in solution.conditions:
        return (name,)
    return tuple(constraint.quantity for constraint in solution.conditions[name].constraints)


def _asked(solution: Solution, name: str) -> tuple[Quantity, bool]:
    """The quantity that a name is of, and whether it is the loss-aligned one. Raises UnknownName."""
    is_aligned = name in solution.orders and name not in solution.program.quantities
    return solution.program.quantity(name.removesuffix(ALIGNED) if is_aligned else name), is_aligned


def _projection(solution: Solution, q: Quantity, step: int) -> Step:
    """The last step of the derivation of a loss-aligned order."""
    value = solution.at_step(step)[f"{q.name}{ALIGNED}"].substitute(solution.step_at(step).states_at)
    return Step(f"{q.name} along the gradient", value, (Justification(PROJECTION, value),))


def _steps(evaluation: Evaluation, roots: Sequence[Expression]) -> tuple[Step, ...]:
    """One step for each expression; numbers alone need no derivation."""
    for root in roots:
        evaluation.value(root)
    nodes = [node for node in walk(roots) if any(below.is_tensor for below in walk([node]))]
    return tuple(dict.fromkeys(_step(evaluation, node) for node in nodes))


def _step(evaluation: Evaluation, node: Expression) -> Step:
    read = evaluation.state.read
    found = [c._replace(order=read(c.order)) for c in evaluation.contributions(node)]
    return Step(str(node), read(evaluation.value(node).order), _leading(found))


def _leading(contributions: list[Contribution]) -> tuple[Justification, ...]:
    """For each lemma the largest order it gives, without those that another lemma's order is never below."""
    lemmas = dict.fromkeys(c.lemma for c in contributions)
    best = {lemma: largest(c.order for c in contributions if c.lemma is lemma) for lemma in lemmas}
    for lemma in lemmas:
        rest = [order for other, order in best.items() if other is not lemma]
        if rest and largest(rest) == largest(best.values()):
            del best[lemma]
    return tuple(Justification(lemma, order) for lemma, order in best.items())
