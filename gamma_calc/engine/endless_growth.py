"""Growth without end: orders that rise by the same every second step wherever a form is above zero.

An example: gradient descent on an adapter moves its output by n^((2 t - 1) eta - 1) in step t. Each step finds a little
more of eta > 0 to be unstable, eta <= 1/3, eta <= 1/5, and no number of them comes to eta <= 0. But two steps raise all
by 4 eta, whatever it was raised by before; and what rises by 4 eta > 0 again and again is not bounded. That nothing is
missed by looking at what rises alone is shown in docs/explanation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Final, NamedTuple

from gamma_calc.calculus.direction import Direction
from gamma_calc.calculus.value import Value
from gamma_calc.engine.run import rules_of, step
from gamma_calc.engine.stable_set import Cut, EndlessGrowth, StableSet
from gamma_calc.engine.state import State, Tensor
from gamma_calc.engine.step_orders import StepOrders
from gamma_calc.exponents import MINUS_INFINITY, Affine, Ceiling, Order, Scope

PERIOD: Final = 2  # steps between which orders are compared: a zero start lets a factor move at every second one only
RAISED: Final = "raised by"  # no exponent of a program has a space in its name
RAISED_BY: Final = Affine.variable(RAISED)


class _Place(NamedTuple):
    """A component of a state."""

    parameter: str
    part: int
    direction: Direction


Rises = Mapping[_Place, Fraction]  # how much a component rises where the form rises by one


def repeated(cuts: Sequence[Cut]) -> Mapping[Affine, Cut]:
    """By how much forms rise over PERIOD steps that have risen by the same twice, and a cut of the last step each."""
    return {rise: cut for cut, rise in _repeated(cuts)}


def _repeated(cuts: Sequence[Cut]) -> Iterator[tuple[Cut, Affine]]:
    forms = {(cut.quantity, cut.step, cut.form) for cut in cuts}
    for last, gap in product((cut for cut in cuts if cut.step == cuts[-1].step), range(1, PERIOD + 1)):
        for before in (form for name, at, form in forms if (name, at) == (last.quantity, last.step - gap)):
            rise = last.form - before
            if (last.quantity, last.step - 2 * gap, before - rise) in forms:
                yield last, rise * Fraction(PERIOD, gap)


def endless_growth(found: StableSet, then: StepOrders, now: StepOrders, form: Affine) -> EndlessGrowth | None:
    """The proof that where a form is above zero something that must be bounded is not; None where none is found.

    ``then`` is PERIOD steps before ``now``, and both are of what there is at least.
    """
    scope = _beyond(found, form)
    if scope is None:
        return None
    free = dict.fromkeys(now.program.variables, Fraction(0))
    rises = _rises(then.now, now.now, form, free | scope.polyhedron.interior_point)
    first = _raised(now.now, rises, Order.affine(RAISED_BY)).on(scope)
    reached = _period_later(replace(found, inner=scope, outer=scope, cuts=()), now, first)
    if reached is None:
        return None
    there, later = reached
    proofs = _proofs(there, _raised(now.now, rises, Order.affine(RAISED_BY + form)), later)
    return None if proofs is None or not _ends(there) else EndlessGrowth(form, proofs)


def _beyond(found: StableSet, form: Affine) -> Scope | None:
    """Where a form is not below zero, of what is not known to be unstable, with any rise; None where nothing is."""
    beyond = found.outer.beyond(form) if found.only_adds and found.outer is not None else None
    if beyond is None or form.at(beyond.polyhedron.interior_point) <= 0:
        return None
    return beyond.within((RAISED_BY, ">="))


def _ends(scope: Scope) -> bool:
    """Is there at no exponents of the program room for a rise without end?"""
    return any(row.coefficient(RAISED) < 0 for row, _ in scope.rows)


def _parts(state: State) -> Iterator[tuple[_Place, Order]]:
    for name, tensor in state.tensors.items():
        for index, value in enumerate(tensor.parts):
            for direction, size in value.components.items():
                yield _Place(name, index, direction), size


def _rises(then: State, now: State, form: Affine, point: Mapping[str, Fraction]) -> Rises:
    """As they are at a point, where a component was there before: a guess, for the proof to confirm."""
    before = {place: size.at(point) for place, size in _parts(then)}
    moved = ((place, before.get(place), size.at(point)) for place, size in _parts(now))
    known = ((place, new - old) for place, old, new in moved if old is not None and new is not None)
    return {place: rise / form.at(point) for place, rise in known if rise > 0}


def _raised(state: State, rises: Rises, by: Order) -> State:
    """The state with each component as much larger as it rises."""

    def raised(name: str, index: int, value: Value) -> Value:
        places = ((_Place(name, index, d), size) for d, size in value.components.items())
        return Value({at.direction: size + by * rises[at] for at, size in places if at in rises}, value.power)

    tensors = {
        name: Tensor(tensor.start, *(raised(name, index, value) for index, value in enumerate(tensor.parts)))
        for name, tensor in state.tensors.items()
    }
    return replace(state, tensors=tensors)


def _period_later(left: StableSet, now: StepOrders, state: State) -> tuple[Scope, State] | None:
    """The state PERIOD steps later, and where all that must be bounded is on the way; None if that is not known."""
    rules, scope = rules_of(now.program), left.inner
    for _ in range(PERIOD):
        left, made = left.after(replace(now, before=state, now=state, evaluated=None))
        scope = left.inner if left.is_exact else None
        if scope is None:
            return None
        state = step(now.program, made.now.on(scope), rules)
        if not all(region.is_empty for region in state.overcounted.values()):
            return None
    return None if scope is None else (scope, state)


def _proofs(scope: Scope, aim: State, reached: State) -> tuple[Ceiling, ...] | None:
    """That each component of the one state is nowhere above that of the other, there; None where one is not seen."""
    found, larger = [], dict(_parts(reached))
    for place, size in _parts(aim):
        other = larger.get(place, MINUS_INFINITY)
        answer = None if other.is_zero_quantity else scope.at_most_zero(size.form - other.form)
        if not isinstance(answer, Ceiling):
            return None
        found.append(answer)
    return tuple(found)
