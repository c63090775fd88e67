"""Which quantities a mark makes upper bounds of, and from which step on.

A mark speaks of the movement of one parameter from one step on (``engine/feedback.py``, ``engine/sign_ties.py``). A
quantity with that parameter in it is a bound from then on; a parameter whose gradient has it in it moves by a bound one
step later, and so on. What counts for more than it may be (``Unresolved``) is known by quantity
(``Evaluation.overcounted``): what is made of it, now or at an earlier step.

An example: feedback on A from step 3 makes Z_A = A Z a bound from step 3; B, whose gradient holds A Z, moves by a bound
in step 4, and so does everything with B in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Protocol

from gamma_calc.engine.gradient import gradients, optimiser_inputs
from gamma_calc.engine.step_orders import StepOrders
from gamma_calc.exponents import NOTHING, Region
from gamma_calc.language.expression import Expression, walk
from gamma_calc.language.program import Program


class BoundCause(Protocol):
    """What makes orders upper bounds: the parameter whose movement it speaks of, from where and when."""

    @property
    def parameter(self) -> str: ...

    @property
    def step(self) -> int: ...

    @property
    def where(self) -> Region: ...


@dataclass(frozen=True, slots=True)
class Unresolved:
    """From ``step`` on, something counts for more than it may be: ``why`` says in words what does."""

    step: int
    where: Region
    why: str

    def __str__(self) -> str:
        return f"from step {self.step} on {self.why}"


@dataclass(frozen=True, slots=True)
class UpperBound:
    """From ``step`` on, the order of a quantity may be above the truth at the exponents in ``where``."""

    quantity: str
    step: int
    where: Region
    reason: str


def unresolved(domain: Region, steps: Iterable[StepOrders]) -> tuple[Unresolved, ...]:
    """Each step at which something counts for more than it may be at more exponents than before."""
    found, known = [], NOTHING
    for step in steps:
        more = domain & reduce(or_, step.overcounted.values(), NOTHING) - known
        if not more.is_empty:
            found.append(Unresolved(step.now.step, more, step.why_bounds))
            known |= more
    return tuple(found)


def overcounted(domain: Region, steps: Iterable[StepOrders]) -> Iterator[UpperBound]:
    """Every quantity that is made of what counts for more than it may be, at each step that adds exponents."""
    known: dict[str, Region] = {}
    added = _Added(domain)
    for step in steps:
        for name, region in step.overcounted.items():
            more, known[name] = added.to(known.get(name, NOTHING), region)
            if not more.is_empty:
                yield UpperBound(name, step.now.step, more, str(Unresolved(step.now.step, more, step.why_bounds)))


@dataclass(frozen=True, slots=True)
class _Added:
    """What regions add to others in a domain: found once for the same two, as many quantities have the same."""

    domain: Region
    _found: dict[tuple[int, int], tuple[Region, Region, Region]] = field(default_factory=dict)

    def to(self, known: Region, region: Region) -> tuple[Region, Region]:
        """What a region adds to what is known, and what is known then."""
        if region is NOTHING:
            return NOTHING, known
        key = id(known), id(region)
        if key not in self._found:
            more = self.domain & region - known
            self._found[key] = more, known if more.is_empty else known | more, region  # kept, as it goes by its id
        more, both, _ = self._found[key]
        return more, both


def upper_bounds(program: Program, marks: Collection[BoundCause]) -> Iterator[UpperBound]:
    """Every quantity that a mark makes a bound of, loss-aligned ones too."""
    if not marks:
        return
    inputs = {name: _owners([node]) for name, node in optimiser_inputs(program).items()}
    of_node = gradients(program.loss)
    for mark in marks:
        steps = _moved(mark, inputs)
        for q in program.quantities.values():
            roots = [] if q.expression is None else [q.expression]
            named = {q.name: roots}
            if id(q.node) in of_node:
                named[f"{q.name}.aligned"] = [*roots, of_node[id(q.node)]]
            for name, nodes in named.items() if roots else ():
                reached = [steps[p] for p in _owners(nodes) if p in steps]
                if reached:
                    yield UpperBound(name, min(reached), mark.where, str(mark))


def _owners(roots: Iterable[Expression]) -> frozenset[str]:
    """The parameters that expressions depend on."""
    return frozenset(str(node.owner) for node in walk(roots) if node.owner is not None)


def _moved(mark: BoundCause, inputs: Mapping[str, frozenset[str]]) -> dict[str, int]:
    """The step from which each parameter moves by a bound, as far as the mark reaches."""
    steps, reached = {mark.parameter: mark.step}, {mark.parameter}
    while reached:
        reached = {name for name, owners in inputs.items() if name not in steps and owners & steps.keys()}
        latest = max(steps.values())
        steps |= dict.fromkeys(reached, latest + 1)
    return steps
