"""The orders of every watched quantity after one step: sizes, and loss-aligned sizes when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from gamma_calc.calculus.alignment import aligned
from gamma_calc.calculus.earlier_steps import from_previous_step
from gamma_calc.calculus.value import Value
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.gradient import gradients
from gamma_calc.engine.run import states
from gamma_calc.engine.state import State
from gamma_calc.exponents import Order, Region, maximum
from gamma_calc.language.change import earlier
from gamma_calc.language.expression import Expression, Time
from gamma_calc.language.program import Program, Quantity, Role
from gamma_calc.operations.elementwise import at_most


def steps(program: Program) -> Iterator[StepOrders]:
    """The start, the first step, the second, and so on without end."""
    of_node = gradients(program.loss)
    before: State | None = None
    for now in states(program):
        yield StepOrders(program, of_node, before or now, now)
        before = now


@dataclass(frozen=True, eq=False)
class StepOrders:
    """One step. The loss gradient is that of the parameters before the step, which made the step."""

    program: Program
    gradients: Mapping[int, Expression]
    before: State
    now: State

    @cached_property
    def sizes(self) -> Mapping[str, Order]:
        """Quantity to the order of its size."""
        return MappingProxyType({name: self.size(name) for name in self.program.quantities})

    def size(self, name: str) -> Order:
        """The order of one quantity's size."""
        return self.now.read(self._size(self.program.quantities[name]))

    @cached_property
    def projections(self) -> Mapping[str, Order]:
        """NAME.aligned to the order of its projection on the loss gradient, for what the loss depends on."""
        quantities = self.program.quantities.items()
        found = {
            f"{name}.aligned": self.now.read(self._projection(q))
            for name, q in quantities
            if id(q.node) in self.gradients
        }
        return MappingProxyType(found)

    @cached_property
    def orders(self) -> Mapping[str, Order]:
        return MappingProxyType({**self.sizes, **self.projections})

    @property
    def overcounted(self) -> Region:
        """Where something of this step, or of an earlier one, counts for more than it may be."""
        return self.now.overcounted | self._here.overcounted if self.sizes else self.now.overcounted

    @cached_property
    def _here(self) -> Evaluation:
        return Evaluation(self.program, self.now)

    @cached_property
    def _there(self) -> Evaluation:
        return Evaluation(self.program, self.before)

    def _value(self, q: Quantity) -> Value:
        return Value({}) if q.expression is None else self._here.value(q.expression)

    def _size(self, q: Quantity) -> Order:
        """A change is no larger than the larger of the two values it lies between."""
        size = self._value(q).order
        if q.role is not Role.CHANGE:
            return size
        now = self._here.value(q.node).order
        if self.now.nowhere_above(size, now):
            return size
        return at_most(size, maximum(now, self._here.value(earlier(q.node, Time.PREVIOUS)).order))

    def _projection(self, q: Quantity) -> Order:
        projection_order = self._there.value(self.gradients[id(q.node)])
        if self.program.fresh and self.before.step < self.now.step:
            projection_order = projection_order.renamed(lambda d: from_previous_step(d, self.program.fresh))
        return aligned(self._value(q), projection_order, q.node.shape)
