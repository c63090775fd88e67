"""Training on the set of exponents where what must stay bounded does, which is found on the way.

The set is smaller with every step. Where directions travel together the run is made anew on what a cut leaves: more of
them do on a smaller set, and what was told apart before would stay apart. Where each step cuts off a little more, the
cuts to come are seen to be one (``engine/endless_growth.py``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from gamma_calc.engine.below_largest import is_to_be_told, told_below
from gamma_calc.engine.endless_growth import endless_growth
from gamma_calc.engine.fixed_point import MOST_STEPS, Observer, Trajectory, same_on
from gamma_calc.engine.gradient import gradients
from gamma_calc.engine.run import rules_of, start, step
from gamma_calc.engine.stable_set import StableSet
from gamma_calc.engine.state import State
from gamma_calc.engine.step_orders import StepOrders
from gamma_calc.engine.travelling import only_adds
from gamma_calc.errors import ProgramError
from gamma_calc.exponents import Polyhedron, Region, Scope
from gamma_calc.language.program import Program, Role

FIRST_STEPS: Final = 2  # after which all factors of a zero start have moved


def on_stable_set(program: Program, roles: frozenset[Role], observe: Observer = lambda _: None) -> Trajectory:
    """Run on the set where what has these roles stays bounded, until the orders are settled there."""
    whole, first = Scope.of(_whole(program)), start(program)
    found = _by_the_least(program, StableSet(roles, whole, whole, only_adds=only_adds(program)), first)
    return _run(program, found, first.on(found.inner) if found.inner and found.cuts else first, _once(observe))


def _by_the_least(program: Program, found: StableSet, first: State) -> StableSet:
    """What is left where training is stable by what there is at least, if it is known of the program at every step.

    Its cuts are all needed, and so is the whole of them before the steps are made in full: where orders are unstable
    little travels together, and other cuts would hide them. Of many exponents later steps take too long.
    """
    if first.least is None or not found.only_adds:
        return found
    rules, of_node = rules_of(program), gradients(program.loss)
    before, now, most = first.least, first.least, MOST_STEPS if len(program.variables) == 1 else FIRST_STEPS
    while True:
        left = found.until_cut(StepOrders(program, of_node, before, now))
        left = _without_growth(program, first.least, found, left)
        if left.inner is None or (left is found and before is not now and same_on(left.inner, before, now)):
            return found
        if now.step == most:
            return left
        found, before = left, now.on(left.inner)
        now = step(program, before, rules)


def _run(program: Program, found: StableSet, first: State, show: Observer) -> Trajectory:
    """The steps from a state, on what they leave of a set."""
    rules, of_node = rules_of(program), gradients(program.loss)
    history: list[StepOrders] = []
    before, now, asked = first, first, None
    while len(history) < MOST_STEPS and found.inner is not None:
        made = StepOrders(program, of_node, before, now)
        left = found if first.streams is None else _without_growth(program, first, found, found.until_cut(made))
        if left is not found and left.inner is not None:
            found, history = left, []
            before = now = first.on(left.inner)
            continue
        left, made = left.after(made)
        found, made = _narrowed(_without_growth(program, first, found, left), left, made)
        history.append(made)
        if found is not asked and is_to_be_told(program, made):
            asked, told = found, told_below(program, found, history[0])
            if told is not None:
                return _shown(told, show)
        show(made)
        if found.inner is None or (len(history) > 1 and same_on(found.inner, before, now)):
            read = history if found.inner is None else [step.on(found.inner) for step in history]
            return Trajectory(tuple(read), found.region, stable_set=found)
        before = now.on(found.inner)
        now = step(program, before, rules).from_previous_step(program)
    return Trajectory(tuple(history), Region(()), out_of_steps=True, stable_set=replace(found, settled=False))


def _shown(told: Trajectory, show: Observer) -> Trajectory:
    """A training that is told all at once, once its steps are shown."""
    for one in told.steps:
        show(one)
    return told


def _narrowed(less: StableSet, left: StableSet, made: StepOrders) -> tuple[StableSet, StepOrders]:
    """A set with a step as it is read there; on another one it is read already."""
    return less, made if less is left or less.inner is None else made.narrowed(less.inner)


def _without_growth(program: Program, first: State, whole: StableSet, left: StableSet) -> StableSet:
    """What is left where the last cuts are some of endlessly many: all that they cut off is cut off at once."""
    last = left.cuts[len(whole.cuts) :]
    if not last or left.inner is None:
        return left
    proof = endless_growth(program, first.least or first, left, last)
    return left if proof is None else left.without(replace(last[-1], form=proof.form, proof=proof))


def _once(observe: Observer) -> Observer:
    """An observer that is shown no step again, as those of a run that is made anew are."""
    shown: set[int] = set()

    def show(made: StepOrders) -> None:
        if made.now.step not in shown:
            shown.add(made.now.step)
            observe(made)

    return show


def _whole(program: Program) -> Polyhedron:
    domain = program.region.polyhedra
    if len(domain) != 1:
        raise ProgramError(f"the domain {program.region} is not convex", hint="fix exponents until three are open")
    return domain[0]
