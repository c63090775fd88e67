"""For every t: run the program until a step changes no order, and say where in exponent space that is so.

At a point where two successive states agree, all later ones do: the next state is a function of the present one. So
the set of exponents at which the last two states agree is a proof by induction, point by point. Outside it some order
still moves; there the growth per step is reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from gamma_calc.engine.run import states
from gamma_calc.engine.state import State
from gamma_calc.language.program import Program
from gamma_calc.orders.order import MINUS_INFINITY
from gamma_calc.regions.region import Region, where

PATIENCE = 4  # steps before the whole space is given up and the settled set is computed
MOST_STEPS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """The states step by step, and the exponents at which the last two agree (so that all later ones do)."""

    states: tuple[State, ...]
    settled: Region

    @property
    def last(self) -> State:
        return self.states[-1]


def course(program: Program) -> Course:
    """Run until the orders are settled: everywhere in the domain, or on a set that another step does not enlarge."""
    history: list[State] = []
    known: Region | None = None
    for state in islice(states(program), MOST_STEPS):
        history.append(state)
        if len(history) < 2:
            continue
        if same(history[-2], state):
            return Course(tuple(history), program.region)
        if len(history) > PATIENCE:
            found = agreement(history[-2], state, program.region)
            if found == program.region or (known is not None and found == known and not found.is_empty):
                return Course(tuple(history), found)
            known = found
    return Course(tuple(history), known if known is not None else agreement(history[-2], history[-1], program.region))


def same(before: State, after: State) -> bool:
    """Do two states agree at every point of exponent space?"""
    return before.components() == after.components()


def agreement(before: State, after: State, domain: Region) -> Region:
    """The points of the domain at which two states agree, component by component."""
    old, new = before.components(), after.components()
    region = domain
    pairs = {(old.get(place, MINUS_INFINITY), new.get(place, MINUS_INFINITY)) for place in old.keys() | new.keys()}
    for a, b in pairs:
        if a != b:
            region = region & where(a, "=", b)
        if region.is_empty:
            break
    return region
