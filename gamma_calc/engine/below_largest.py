"""Orders where rates are at most the largest, told by a run at these alone.

Where many rates are open and functions act on what functions have made, the forms of an order are too many to be told
apart. At the largest rates of the stable set it is one number, and of each form it is known that it has a rate in it,
or else is there before the first step.

Lemma: at a point let every argument of a function keep its order, and let what is made of anything fall as fast as
that. Then below the point an order is at most what it is at the start, or what it is at the point less what some rate
has fallen by, of a parameter that it depends on. The proof is in docs/explanation.md.

An example: of eight relu layers in muP under gradient descent dh2 is 0 where all rates are n^0, and depends on the
first two weights. So it is at most max(eta_1, eta_2) where no rate is larger.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Final

from gamma_calc.calculus.direction import activations
from gamma_calc.engine.fixed_point import Trajectory, trajectory
from gamma_calc.engine.gradient import optimiser_inputs
from gamma_calc.engine.largest_point import Rates, is_made_by_rates
from gamma_calc.engine.run import start
from gamma_calc.engine.stable_set import MOST_NESTED, MOST_RATES, StableSet, asked, nested
from gamma_calc.engine.step_orders import ALIGNED, StepOrders
from gamma_calc.exponents import EVERYTHING, MINUS_INFINITY, Order, Region, largest, nowhere_above, order
from gamma_calc.language.expression import Expression, walk
from gamma_calc.language.program import Program, Quantity, Role

BY_RATES: Final = (
    "orders are told by what they are where all rates are largest: elsewhere they count as lower by what one rate is "
    "lower by, the one of those they depend on that is so by least, and are upper bounds"
)


@dataclass(frozen=True, eq=False)
class StepBelow(StepOrders):
    """A step where rates are at most the ``largest`` (exponents), told by the same step ``there`` and by the start."""

    largest: Rates = field(kw_only=True)
    there: StepOrders = field(kw_only=True)
    at_start: StepOrders = field(kw_only=True)

    why_bounds = BY_RATES

    def size(self, name: str) -> Order:
        return self._told[name]

    def projection(self, name: str) -> Order:
        return self._told[f"{name}{ALIGNED}"]

    @cached_property
    def _told(self) -> Mapping[str, Order]:
        sizes = {q.name: self._size_below(q) for q in self.program.quantities.values()}
        those = (q for q in self.program.quantities.values() if id(q.node) in self.gradients)
        return sizes | {f"{q.name}{ALIGNED}": self._projection_below(q, sizes[q.name]) for q in those}

    def _size_below(self, q: Quantity) -> Order:
        if q.expression is None:
            return MINUS_INFINITY
        return self._below(self.at_start.size(q.name), self.most(q.name), [q.expression])

    def most(self, name: str) -> Order:
        """The order of what a quantity is made of where all rates are largest."""
        return self.there.size_as_made(self.there.program.quantities[name])

    def _projection_below(self, q: Quantity, size: Order) -> Order:
        """No projection is larger than the whole; where the gradient keeps its order, it is divided by a number."""
        first, gradient = (one.gradient(self._at_point(q)) for one in (self.at_start, self.there))
        if q.expression is None or not gradient.at_least == gradient.order == first.order:
            return size
        made = [q.expression, self.gradients[id(q.node)]]
        return self._below(self.at_start.projection(q.name), self.there.projection(q.name), made)

    def _at_point(self, q: Quantity) -> Quantity:
        return self.there.program.quantities[q.name]

    def _below(self, first: Order, most: Order, made: Iterable[Expression]) -> Order:
        """The most that an order is, of what is made of these, from what it is at the start and at the point."""
        if most.is_zero_quantity:
            return first
        return self.now.read(largest((first, *(gap + most for gap in self._gaps(made)))))

    def _gaps(self, made: Iterable[Expression]) -> list[Order]:
        """What the rates of the parameters that expressions are made of are lower by than at the point."""
        owners = dict.fromkeys(str(node.owner) for node in walk(made) if node.owner is not None)
        return [self._gap_of[name] for name in owners]

    @cached_property
    def _gap_of(self) -> Mapping[str, Order]:
        pairs = zip(self.program.parameters, self.there.program.parameters, strict=True)
        return {p.name: p.rate - there.rate for p, there in pairs}

    @cached_property
    def overcounted(self) -> Mapping[str, Region]:
        """Nothing is known to be as large."""
        return dict.fromkeys(self.orders, EVERYTHING)

    @property
    def least(self) -> StepOrders:
        return self

    @property
    def states_at(self) -> Rates:
        return self.largest


def told_below(program: Program, found: StableSet, start_of_it: StepOrders) -> Trajectory | None:
    """The training on a stable set by what it is at its largest rates; the start is told as it was made.

    None where the set has no such point, where something asked for is not bounded there, or where the lemma is silent.
    """
    point = found.region.largest_point(*program.variables) if is_made_by_rates(program) else None
    if not point or found.inner is None:
        return None
    there = program.substitute(point)
    # What divides counts all parts of an update in full.
    first = replace(start(there), is_blurred=program.divides_entries)
    run = trajectory(there, first=first)
    if run.settled != there.region or not _falls_as_fast(there, run.steps):
        return None
    told = _below(start_of_it, point, run.steps)
    return _on(found, (start_of_it, *told)) if _is_bounded(told, found.roles) else None


def is_to_be_told(program: Program, made: StepOrders) -> bool:
    """Do functions of functions show parts of open sizes by more than chance, in a network of many of them?

    What they show of no part by more than that is left out, and orders are short.
    """
    if len(program.variables) <= MOST_RATES or nested(program.loss) <= MOST_NESTED:
        return False
    return any(_shows_more(made, node) for node in program.nodes if node.acts_on_entries and node.shape)


def _shows_more(made: StepOrders, node: Expression) -> bool:
    """Does a function show a part of an open size by more than chance, somewhere that orders are read?"""
    chance = node.shape[0].independent_overlap
    parts = chain.from_iterable(f.parts for f in activations(made.value_of(node).components))
    return any(size.variables and not made.now.nowhere_above(size, chance) for _, size in parts)


def _below(made: StepOrders, point: Rates, steps: Sequence[StepOrders]) -> list[StepBelow]:
    """The steps after the start, each told by the same step at the point: of what settles at once by the last one."""
    first, *later = steps if len(steps) > 1 else (*steps, *steps)
    return [
        StepBelow(made.program, made.gradients, there.before, there.now, largest=point, there=there, at_start=first)
        for there in later
    ]


def _on(found: StableSet, told: Iterable[StepOrders]) -> Trajectory:
    assert found.inner is not None
    return Trajectory(tuple(step.on(found.inner) for step in told), found.region, stable_set=found)


def _is_bounded(told: Iterable[StepBelow], roles: Collection[Role]) -> bool:
    return all(nowhere_above(step.most(name), order(0)) for step in told for name in asked(step.program, roles))


def _falls_as_fast(program: Program, steps: Sequence[StepOrders]) -> bool:
    """Does every argument of a function keep its order, and all that is made fall as fast as what it is made of?"""
    watched = (q.expression for q in program.quantities.values() if q.expression is not None)
    made = list(walk(chain(watched, optimiser_inputs(program).values())))
    arguments = [node.arguments[0] for node in made if node.acts_on_entries]
    stay = all(here.value_of(one).order == steps[0].value_of(one).order for here in steps for one in arguments)
    return stay and all(
        node.falls_as_fast(tuple(map(here.value_of, node.arguments))) for here in steps for node in made
    )
