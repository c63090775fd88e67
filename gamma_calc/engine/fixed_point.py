"""For every t: run the program until a step changes no order, and say where in exponent space that is so.

At a point where two successive states agree, all later ones do: the next state is a function of the present one. So
the set of exponents at which the last two states agree is a proof by induction, point by point. Outside it some order
still moves; there the growth per step is reported.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from gamma_calc.calculus.pruning import projection_order
from gamma_calc.engine.state import State
from gamma_calc.engine.step_orders import StepOrders, steps
from gamma_calc.exponents import Order, Region, where
from gamma_calc.language.program import Program

PATIENCE = 4  # states before the whole space is given up and the settled set is computed
ENOUGH = 9  # states before a settled set that is not everything is accepted: the growth outside shows by then
MOST_STEPS = 16
Observer = Callable[[StepOrders], None]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The steps one by one, and the exponents at which the last two agree (so that all later ones do).

    ``out_of_steps``: the orders were still moving elsewhere, and may settle there all the same.
    """

    steps: tuple[StepOrders, ...]
    settled: Region
    out_of_steps: bool = False

    @cached_property
    def states(self) -> tuple[State, ...]:
        return tuple(step.now for step in self.steps)

    @property
    def last(self) -> State:
        return self.steps[-1].now


def trajectory(program: Program, observe: Observer = lambda _: None) -> Trajectory:
    """Run until the orders are settled: everywhere in the domain, or on a set that another step does not enlarge.

    ``observe`` is shown every step as it is made.
    """
    history: list[StepOrders] = []
    known: Region | None = None
    for made in islice(steps(program), MOST_STEPS):
        history.append(made)
        observe(made)
        if len(history) < 2:
            continue
        if same(made.before, made.now):
            return Trajectory(tuple(history), program.region)
        if len(history) > PATIENCE:
            found = agreement(program, made.before, made.now)
            if found == program.region or (len(history) >= ENOUGH and found == known and not found.is_empty):
                return Trajectory(tuple(history), found)
            known = found
    found = known if known is not None else agreement(program, made.before, made.now)
    return Trajectory(tuple(history), found, out_of_steps=True)


def same(before: State, after: State) -> bool:
    """Are two states the same, component by component, at every exponent?"""
    return all(before.tensors[name].parts == after.tensors[name].parts for name in after.tensors)


def agreement(program: Program, before: State, after: State) -> Region:
    """The points of the domain at which two states agree along every direction that either of them has."""
    region = program.region
    for old_order, new_order in _changes(program, before, after):
        region = region & where(old_order, "=", new_order)
        if region.is_empty:
            break
    return region


def _changes(program: Program, before: State, after: State) -> set[tuple[Order, Order]]:
    found: set[tuple[Order, Order]] = set()
    for p in program.parameters:
        for old, new in zip(before.tensors[p.name].parts, after.tensors[p.name].parts, strict=True):
            for direction in old.components.keys() | new.components.keys() if old != new else ():
                pair = projection_order(old, direction, p.shape), projection_order(new, direction, p.shape)
                if pair[0] != pair[1]:
                    found.add(pair)
    return found
