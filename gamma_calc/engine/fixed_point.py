"""For every t: run the program until a step changes no order, and say where in exponent space that is so.

At a point where two successive states agree, all later ones do: the next state is a function of the present one. So
the set of exponents at which the last two states agree is a proof by induction, point by point. Outside it some order
still moves; there the growth per step is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, islice
from typing import TypeVar

from gamma_calc.calculus.direction import Direction
from gamma_calc.calculus.pruning import projection_order
from gamma_calc.engine.stable_set import StableSet, domain_of
from gamma_calc.engine.state import Reader, State
from gamma_calc.engine.step_orders import StepOrders, steps
from gamma_calc.exponents import MINUS_INFINITY, NOTHING, OnDomain, Order, Region, where, where_on
from gamma_calc.language.program import Program

PATIENCE = 4  # states before the whole space is given up and the settled set is computed
ENOUGH = 9  # states before a settled set that is not everything, or growth, is accepted
MOST_STEPS = 16
MOST_FORMS = 750  # of all orders of a state on its whole domain; the longest that settle there come close to it
MANY_FORMS = 300  # that are still told after as many states as most programs settle in, or where outputs are bounded
Observer = Callable[[StepOrders], None]
D = TypeVar("D", bound=Direction)


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The steps one by one, and the exponents at which the last two agree (so that all later ones do).

    ``out_of_steps``: the orders were still moving elsewhere, and may settle there all the same. With a ``stable_set``
    the steps speak of it alone; orders are ``read_on`` a region where they are too long elsewhere, and it
    is ``undecided`` where they would settle in what is bounded so far.
    """

    steps: tuple[StepOrders, ...]
    settled: Region
    out_of_steps: bool = False
    stable_set: StableSet | None = None
    read_on: Region | None = None
    undecided: Region = NOTHING

    @cached_property
    def states(self) -> tuple[State, ...]:
        return tuple(step.now for step in self.steps)

    def domain(self, program: Program) -> Region:
        """The exponents that the steps speak of: all of the program's, or where they were found to be stable."""
        whole = program.region if self.read_on is None else self.read_on
        return whole if self.stable_set is None else self.stable_set.read_region

    @property
    def is_too_long(self) -> bool:
        """Were the steps given up as orders on the whole domain became too long?"""
        return self.read_on is None and self.out_of_steps and is_long(self.last, MANY_FORMS)

    @property
    def last(self) -> State:
        return self.steps[-1].now


def trajectory(program: Program, observe: Observer = lambda _: None, first: State | None = None) -> Trajectory:
    """Run until the orders are settled: everywhere in the domain, or on a set that another step does not enlarge.

    ``observe`` is shown every step as it is made; ``first`` is the state at the start, where it is not the program's.
    """
    history: list[StepOrders] = []
    known: Region | None = None
    scope = domain_of(program)
    for made in islice(steps(program, scope, first), MOST_STEPS):
        history.append(made)
        if is_long(made.now, MOST_FORMS if len(history) < ENOUGH - 1 else MANY_FORMS):
            return Trajectory(tuple(history), NOTHING, out_of_steps=True)  # not shown: its sizes would take long
        observe(made)
        if len(history) < 2:
            continue
        if same(made.before, made.now) if scope is None else same_on(scope, made.before, made.now):
            return Trajectory(tuple(history), program.region)
        if len(history) >= ENOUGH - 1 or (len(history) > PATIENCE and _may_agree(program, made.before, made.now)):
            found = agreement(program, made.before, made.now)
            if found == program.region or (len(history) >= ENOUGH and found == known and not found.is_empty):
                return Trajectory(tuple(history), found)
            known = found
        if len(history) >= ENOUGH and not program.variables and goes_on(history):
            break
    found = known if known is not None else agreement(program, made.before, made.now)
    return Trajectory(tuple(history), found, out_of_steps=True)


def is_long(state: State, most: int = MOST_FORMS) -> bool:
    """Have the orders of a state more forms than this, where they are made canonical as they are read?

    What a step makes of them takes a time that grows with the square of their length.
    """
    if not isinstance(state.scope, OnDomain):
        return False
    sizes = (size for tensor in state.tensors.values() for value in tensor.values for size in value.components.values())
    forms = (len(read.above) + len(read.below) for read in map(state.read, sizes))
    return any(total > most for total in accumulate(forms))


def goes_on(history: Sequence[StepOrders]) -> bool:
    """Do sizes grow without end, or come back every second step? So it looks where no exponent is open.

    They do where each has moved by the same in any two of the last steps, or the largest by no less than before.
    """
    sizes = [[part.order.number for t in made.now.tensors.values() for part in t.parts] for made in history[-5:]]
    first, then, last = (_moved(*pair) for pair in zip(sizes, sizes[2:], strict=False))
    largest = [max((size for size in those if size is not None), default=Fraction(0)) for those in sizes]
    rises = [after - before for before, after in zip(largest, largest[2:], strict=False)]
    return first == then == last or 0 < rises[0] <= rises[1] <= rises[2]


def _moved(before: Sequence[Fraction | None], after: Sequence[Fraction | None]) -> list[Fraction | None]:
    """How far each size moved; None where it was zero."""
    return [None if old is None or new is None else new - old for old, new in zip(before, after, strict=True)]


def same_on(scope: Reader, before: State, after: State) -> bool:
    """Are two states found to be the same wherever orders are read?"""
    return all(scope.equal(old, new) for old, new in _kept(before, after))


def same(before: State, after: State) -> bool:
    """Are two states the same, component by component, at every exponent?"""
    return all(old == new for old, new in _kept(before, after))


def _kept(before: State, after: State) -> Iterator[tuple[Order, Order]]:
    """All orders that two states keep, of both readings where there are two."""
    for old, new in zip(before.sides, after.sides, strict=True):
        for name in new.tensors:
            for one, other in zip(old.tensors[name].parts, new.tensors[name].parts, strict=True):
                yield from _by_direction(one.components, other.components)
        yield from _shares(old, new)


def _shares(before: State, after: State) -> Iterator[tuple[Order, Order]]:
    """What two states note of directions that travel together."""
    one, other = ({} if state.streams is None else state.streams.notes for state in (before, after))
    for direction in dict.fromkeys((*one, *other)):
        yield from _by_direction(one.get(direction, {}), other.get(direction, {}))


def _by_direction(old: Mapping[D, Order], new: Mapping[D, Order]) -> Iterator[tuple[Order, Order]]:
    return ((old.get(d, MINUS_INFINITY), new.get(d, MINUS_INFINITY)) for d in dict.fromkeys((*old, *new)))


def agreement(program: Program, before: State, after: State) -> Region:
    """The points of the domain at which two states agree along every direction that either of them has."""
    region = program.region
    for old_order, new_order in _changes(program, before, after):
        region = region & _where_equal(after, old_order, new_order)
        if region.is_empty:
            break
    return region


def agreement_on(program: Program, region: Region, before: State, after: State) -> Region:
    """The points of a region, which states are read on, at which two of them agree along every direction."""
    for old, new in _changes(program, before, after):
        if region.is_empty:
            break
        if not after.nowhere_above(old, new) or not after.nowhere_above(new, old):
            region = where_on(region, old, "=", new)
    return region


def _where_equal(state: State, one: Order, other: Order) -> Region:
    """Where two orders are equal: where the one that is nowhere below is not above, if one of them is."""
    low, high = (one, other) if state.nowhere_above(one, other) else (other, one)
    return where(high, "<=", low) if state.nowhere_above(low, high) else where(one, "=", other)


def _may_agree(program: Program, before: State, after: State) -> bool:
    """May two states agree everywhere? On a domain that is known before the set where they agree is made."""
    scope = after.scope
    return scope is None or all(scope.equal(old, new) for old, new in _projections(program, before, after))


def _changes(program: Program, before: State, after: State) -> Iterable[tuple[Order, Order]]:
    """The pairs that differ, each once and in one sequence: how a region is cut into parts hangs on it."""
    pairs = ((after.read(old), after.read(new)) for old, new in _projections(program, before, after))
    return dict.fromkeys((old, new) for old, new in pairs if old != new)


def _projections(program: Program, before: State, after: State) -> Iterator[tuple[Order, Order]]:
    """What two states show along each direction of the parts that they differ in, and what they note."""
    orders = after.comparison
    for one, other in zip(before.sides, after.sides, strict=True):
        for p in program.parameters:
            for old, new in zip(one.tensors[p.name].parts, other.tensors[p.name].parts, strict=True):
                for d in dict.fromkeys((*old.components, *new.components)) if old != new else ():
                    yield projection_order(old, d, p.shape, orders), projection_order(new, d, p.shape, orders)
        yield from _shares(one, other)
