"""Growth without end: orders that rise by the same every second step wherever a form is above zero.

An example: gradient descent on an adapter moves its output by n^((2 t - 1) eta - 1) in step t. Each step finds a little
more of eta > 0 to be unstable, eta <= 1/3, eta <= 1/5, and no number of them comes to eta <= 0. But two steps raise all
by 4 eta, whatever it was raised by before; and what rises by 4 eta > 0 again and again is not bounded. That nothing is
missed by looking at what rises alone is shown in docs/explanation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, NamedTuple

from gamma_calc.calculus.direction import Direction
from gamma_calc.calculus.value import Value
from gamma_calc.engine.fixed_point import same
from gamma_calc.engine.gradient import gradients
from gamma_calc.engine.run import rules_of, step
from gamma_calc.engine.stable_set import Cut, EndlessGrowth, StableSet
from gamma_calc.engine.state import State, Tensor
from gamma_calc.engine.step_orders import StepOrders
from gamma_calc.exponents import MINUS_INFINITY, Affine, Ceiling, Order, Region, Scope
from gamma_calc.language.program import Program

PERIOD: Final = 2  # steps between which orders are compared: a zero start lets a factor move at every second one only
MOST_STEPS: Final = 3 * PERIOD  # that are made at a point before it is given up
MOST_POINTS: Final = 6  # at which growth is looked for
RAISED: Final = "raised by"  # no exponent of a program has a space in its name
RAISED_BY: Final = Affine.variable(RAISED)
LITTLE: Final = Fraction(1, 10**6)  # of a rise, where what does not rise leads
MUCH: Final = Fraction(1)
ZERO: Final = Fraction(0)


class _Place(NamedTuple):
    """A component of a state."""

    parameter: str
    part: int
    direction: Direction


Point = Mapping[str, Fraction]
Rises = Mapping[_Place, Fraction]  # how much a component rises where the form rises by one


@dataclass(frozen=True, slots=True)
class Growth:
    """Components of a state that have risen by multiples of a form over PERIOD steps, and by the same before."""

    form: Affine
    rises: Rises
    state: State
    spot: Point  # where the one form of each order leads


def endless_growth(program: Program, first: State, found: StableSet, cuts: Sequence[Cut]) -> EndlessGrowth | None:
    """The proof that some form must not be above zero, where one of these cuts looks like more to come; else None.

    ``first`` is what there is at the start at least. Of that less will do: the steps are made with the one form of each
    order that leads at a point, which is there at least everywhere.
    """
    last = next((cut for cut in cuts if _comes_again(cut, found.cuts)), None)
    growth = None if last is None or not found.only_adds else _growth_within(program, first, found, last.form)
    return None if growth is None else proved(program, found, growth)


def _comes_again(cut: Cut, cuts: Sequence[Cut]) -> bool:
    """Is a cut known to be needed, of a quantity of which less was cut off a little before?"""
    before = (one for one in cuts if one.quantity == cut.quantity)
    return cut.proof is not None and any(0 < cut.step - one.step <= PERIOD for one in before)


def proved(program: Program, found: StableSet, growth: Growth) -> EndlessGrowth | None:
    """The proof that a growth seen at a point has no end wherever its form is above zero; None where it fails."""
    scope = _beyond(found, growth.form)
    raised = _raised(growth.state, growth.rises, RAISED_BY)
    there = None if scope is None else _where_bounded(program, found, scope, raised.on(_at(growth.spot, MUCH)))
    later = None if there is None else _period_later(program, raised.on(_at(growth.spot, LITTLE)))
    if there is None or later is None:
        return None
    proofs = _proofs(there, _raised(growth.state, growth.rises, RAISED_BY + growth.form), later)
    return None if proofs is None else EndlessGrowth(growth.form, proofs)


def _beyond(found: StableSet, form: Affine) -> Scope | None:
    """Where a form is not below zero, of what is not known to be unstable, with any rise; None where nothing is."""
    beyond = None if found.outer is None else found.outer.beyond(form)
    return None if beyond is None else beyond.within((RAISED_BY, ">="))


def _at(point: Point, raised: Fraction = ZERO) -> Scope:
    """Orders as they are at one point, with this rise."""
    values = {**point, RAISED: raised}
    (there,) = Region.of([(Affine.variable(name) - value, "=") for name, value in values.items()]).polyhedra
    return Scope.of(there)


# -- what grows at a point ---------------------------------------------------------------------------------------------


def _growth_within(program: Program, first: State, found: StableSet, form: Affine) -> Growth | None:
    """What grows by the same twice on the way from the edge of a set to lower rates; None where nothing is seen to.

    Too near the edge products of many that grow soon lead; too far from it nothing grows.
    """
    edge = None if found.inner is None else found.inner.within((form, "="))
    if edge is None:
        return None
    begin = dict.fromkeys(program.variables, ZERO) | edge.polyhedron.interior_point
    low, high = ZERO, Fraction(1)
    for _ in range(MOST_POINTS):
        middle = (low + high) / 2
        spot = {name: value - middle if name in program.open_rates else value for name, value in begin.items()}
        growth = growth_at(program, first, found, spot)
        if isinstance(growth, Growth):
            return growth
        low, high = (middle, high) if growth else (low, middle)
    return None


def growth_at(program: Program, first: State, found: StableSet, spot: Point) -> Growth | bool:
    """What grows by the same twice in steps at a point; else whether something that must be bounded is not there."""
    rules, states, of_node = rules_of(program), [first.on(_at(spot))], gradients(program.loss)
    while len(states) <= MOST_STEPS and not (len(states) > 1 and same(*states[-2:])):
        states.append(step(program, states[-1], rules))
        grown = _grown(states[-1::-PERIOD], spot) if len(states) > 2 * PERIOD else None
        if grown is not None:
            return grown
        made = StepOrders(program, of_node, states[-2], states[-1])
        if any((made.size(name).at(spot) or ZERO) > 0 for name in found.names(made)):
            return True
    return False


def _grown(states: Sequence[State], spot: Point) -> Growth | None:
    """What has risen by multiples of the smallest rise, by the same in each of the last two times; the last first."""
    now, before, first = (dict(_parts(state)) for state in states[:3])
    rises = {at: now[at].form - before[at].form for at in now.keys() & before.keys() & first.keys()}
    steady = {at: rise for at, rise in rises.items() if rise.at(spot) > 0 and before[at].form - first[at].form == rise}
    if not steady:
        return None
    form = min(steady.values(), key=lambda rise: (rise.at(spot), str(rise)))
    ratios = {at: rise.at(spot) / form.at(spot) for at, rise in steady.items()}
    return Growth(form, {at: ratio for at, ratio in ratios.items() if form * ratio == steady[at]}, states[0], spot)


def _parts(state: State) -> Iterator[tuple[_Place, Order]]:
    for name, tensor in state.tensors.items():
        for index, value in enumerate(tensor.parts):
            for direction, size in value.components.items():
                yield _Place(name, index, direction), size


# -- the proof that it does everywhere ---------------------------------------------------------------------------------


def _raised(state: State, rises: Rises, by: Affine) -> State:
    """The components of a state that rise, each as much larger as it rises."""
    added = Order.affine(by)

    def raised(name: str, index: int, value: Value) -> Value:
        places = ((_Place(name, index, d), size) for d, size in value.components.items())
        return Value({at.direction: size + added * rises[at] for at, size in places if at in rises}, value.power)

    tensors = {
        name: Tensor(tensor.start, *(raised(name, index, value) for index, value in enumerate(tensor.parts)))
        for name, tensor in state.tensors.items()
    }
    return replace(state, tensors=tensors)


def _where_bounded(program: Program, found: StableSet, beyond: Scope, raised: State) -> Scope | None:
    """Where something asked for is bounded that is not with every rise, so that no point has room for all of them.

    Read where much is raised: what is not bounded there has a form that rises.
    """
    made = StepOrders(program, gradients(program.loss), raised, raised)
    sizes = (made.size(name) for name in found.names(made))
    forms = (size.form for size in sizes if not size.is_zero_quantity)
    return next((beyond.without(form) for form in forms if form.coefficient(RAISED) > 0), None)


def _period_later(program: Program, state: State) -> State | None:
    """The state PERIOD steps later; None where it may count for more than there is."""
    rules = rules_of(program)
    for _ in range(PERIOD):
        state = step(program, state, rules)
        if not all(region.is_empty for region in state.overcounted.values()):
            return None
    return state


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
