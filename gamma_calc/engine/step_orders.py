"""The orders of every watched quantity after one step: sizes, and loss-aligned sizes when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, reduce
from operator import or_
from types import MappingProxyType
from typing import ClassVar, Final, NamedTuple

from gamma_calc.calculus.alignment import aligned
from gamma_calc.calculus.earlier_steps import from_previous_step
from gamma_calc.calculus.value import Value
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.gradient import gradients
from gamma_calc.engine.run import states
from gamma_calc.engine.state import Reader, State
from gamma_calc.exponents import EVERYTHING, MINUS_INFINITY, NOTHING, Order, Region, Scope, at_most, maximum, where_on
from gamma_calc.language.change import earlier
from gamma_calc.language.expression import Expression, Time
from gamma_calc.language.program import Program, Quantity, Role

ALIGNED: Final = ".aligned"
COUNTED_IN_FULL: Final = (
    "directions are counted for the most that they can be: orders of what is made of them are upper bounds (words or "
    "products too long to be told apart, many versions of one function, a saturated function times what saturates it, "
    "functions of powers, a relu of what may be negative everywhere, parts of a sign that can cancel, functions of "
    "images of what a step has turned, slopes of sums of the same at two places or steps, slopes and masks of finitely "
    "many entries or of what has two values, Gram matrices of updates that outgrew the start, or earlier samples that "
    "may be of different steps)"
)


class _Watched(NamedTuple):
    name: str
    expression: Expression
    node: Expression


def steps(program: Program, scope: Reader | None = None, first: State | None = None) -> Iterator[StepOrders]:
    """The start, the first step, the second, and so on without end; the state at the start may be known."""
    of_node = gradients(program.loss)
    before: State | None = None
    for now in states(program, scope, first):
        yield StepOrders(program, of_node, before or now, now)
        before = now


@dataclass(frozen=True, eq=False)
class StepOrders:
    """One step. The loss gradient is that of the parameters before the step, which made the step."""

    program: Program
    gradients: Mapping[int, Expression]
    before: State
    now: State
    evaluated: Evaluation | None = None  # what is known after the step from where orders were read more widely
    outer: Scope | None = None  # outside it something that must be bounded is not, at this step or before
    _projected: dict[str, Order] = field(default_factory=dict, init=False, repr=False)
    why_bounds: ClassVar[str] = COUNTED_IN_FULL  # what makes orders of it upper bounds, where they are

    def on(self, scope: Reader) -> StepOrders:
        """The same step where orders are read; as it is where they are already."""
        if self.before.scope is scope and self.now.scope is scope:
            return self
        return replace(self, before=self.before.on(scope), now=self.now.on(scope), evaluated=None)

    def narrowed(self, scope: Scope) -> StepOrders:
        """The same step read at fewer exponents. What was evaluated is not evaluated again."""
        return replace(self, now=self.now.read_on(scope), evaluated=self._here.on(scope))

    @cached_property
    def sizes(self) -> Mapping[str, Order]:
        """Quantity to the order of its size."""
        return MappingProxyType({name: self.size(name) for name in self.program.quantities})

    def size(self, name: str) -> Order:
        """The order of one quantity's size."""
        return self.now.read(self._size(self.program.quantities[name]))

    def sizes_of_terms(self, name: str) -> Iterator[Order]:
        """The sizes of what a quantity adds up, one after another: the largest is its own."""
        expression = self.program.quantities[name].expression
        return iter(()) if expression is None else map(self.now.read, self._here.sizes_of_terms(expression))

    @cached_property
    def projections(self) -> Mapping[str, Order]:
        """NAME.aligned to the order of its projection on the loss gradient, for what the loss depends on."""
        those = (name for name, q in self.program.quantities.items() if id(q.node) in self.gradients)
        return MappingProxyType({f"{name}{ALIGNED}": self.projection(name) for name in those})

    def projection(self, name: str) -> Order:
        """The order of one quantity's projection on the loss gradient."""
        if name not in self._projected:
            self._projected[name] = self.now.read(self._projection(self.program.quantities[name]))
        return self._projected[name]

    def order(self, name: str) -> Order:
        """The order by one of the names in ``orders``."""
        return self.projection(name.removesuffix(ALIGNED)) if name.endswith(ALIGNED) else self.size(name)

    @cached_property
    def orders(self) -> Mapping[str, Order]:
        return MappingProxyType({**self.sizes, **self.projections})

    @cached_property
    def overcounted(self) -> Mapping[str, Region]:
        """Quantity, loss-aligned ones too, to where what it is made of counts for more than it may be.

        A gradient counts for more where it has moved any parameter by more.
        """
        if self.now.least is not None:
            return self._above_least
        known = {q.name: self._here.overcounted(q.expression) for q in self._watched}
        driven = reduce(or_, self.now.overcounted.values(), NOTHING)
        aligned = (q.name for q in self._watched if id(q.node) in self.gradients)
        return known | {f"{name}{ALIGNED}": known[name] | driven for name in aligned}

    @cached_property
    def least(self) -> StepOrders:
        """The step with what is there at least (``engine/state.py``); itself where nothing travels along."""
        if self.now.least is None or self.before.least is None:
            return self
        return StepOrders(self.program, self.gradients, self.before.least, self.now.least)

    @property
    def states_at(self) -> Mapping[str, Fraction]:
        """The exponents that its states are of; of none at whatever exponents orders are read."""
        return MappingProxyType({})

    @property
    def _above_least(self) -> Mapping[str, Region]:
        """Quantity to where its order is above what is there at least, so that it may be above the truth."""
        least = self.least.orders
        return {name: self._where_above(high, least[name]) for name, high in self.orders.items()}

    def _where_above(self, high: Order, low: Order) -> Region:
        """Where one order is above another that is nowhere above it, of where orders are read."""
        scope = self.now.scope
        if high == low if scope is None else scope.equal(high, low):
            return NOTHING
        here = Region((scope.polyhedron,)) if isinstance(scope, Scope) else EVERYTHING
        return here - where_on(here, high, "<=", low)

    @property
    def _watched(self) -> Iterator[_Watched]:
        for q in self.program.quantities.values():
            if q.expression is not None:
                yield _Watched(q.name, q.expression, q.node)

    @cached_property
    def _here(self) -> Evaluation:
        return self.evaluated or Evaluation(self.program, self.now)

    @cached_property
    def _there(self) -> Evaluation:
        return Evaluation(self.program, self.before)

    def _value(self, q: Quantity) -> Value:
        return Value({}) if q.expression is None else self._here.value(q.expression)

    def size_as_made(self, q: Quantity) -> Order:
        """The order of what a quantity is made of; a change may be smaller by the values that it lies between."""
        return MINUS_INFINITY if q.expression is None else self._here.size(q.expression)

    def value_of(self, expression: Expression) -> Value:
        """The value of an expression after the step."""
        return self._here.value(expression)

    def gradient(self, q: Quantity) -> Value:
        """The gradient that a quantity is projected on."""
        return self._gradient(self.gradients[id(q.node)])

    def _size(self, q: Quantity) -> Order:
        """A change is no larger than the larger of the two values it lies between, and as large if they differ."""
        size = self.size_as_made(q)
        if q.role is not Role.CHANGE:
            return size
        now = self._here.size(q.node)
        if self.now.nowhere_above(size, now) and size.number in {now.number, None}:
            return size
        before = earlier(q.node, Time.PREVIOUS)
        most = maximum(now, self._here.size(before))
        differ = most.number is not None and now != self._here.size(before)
        return most if differ and self._is_exact(q.node, before) else at_most(size, most)

    def _is_exact(self, *those: Expression) -> bool:
        return all(self._here.overcounted(one).is_empty for one in those)

    def _gradient(self, made: Expression) -> Value:
        """The gradient that made the step; where it may be less than it counts for, with what there is at least.

        Of open exponents it is as it counts where that is so on a part alone, or nothing is known at least: elsewhere
        what is along it is exact.
        """
        value = self._there.value(made)
        if not self._there.overcounted(made).is_everything:
            return value
        known = self._there.from_below(made)
        return value if self.program.variables and known.at_least.is_zero_quantity else known

    def _projection(self, q: Quantity) -> Order:
        gradient = self.gradient(q)
        if self.program.fresh and self.before.step < self.now.step:
            gradient = gradient.renamed(lambda d: from_previous_step(d, self.program.fresh))
        value, notebook = self._value(q), self._here.notebook
        if notebook is not None:
            value = notebook.tensor_met(value, gradient.components, q.node.shape)
        return aligned(value, gradient, q.node.shape, self._here.premises)
