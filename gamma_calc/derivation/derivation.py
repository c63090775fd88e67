"""The derivation: every order at every step, the conditions that hold, and the reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

from gamma_calc.derivation.condition_result import ConditionResult, Constraint
from gamma_calc.derivation.conditions import CONDITIONS, STABILITY, Stability
from gamma_calc.derivation.trace import Trace, trace
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.feedback import Feedback, balanced, feedback
from gamma_calc.engine.fixed_point import Trajectory, trajectory
from gamma_calc.engine.gradient import gradients
from gamma_calc.engine.run import states
from gamma_calc.engine.sign_ties import SignCancellation, ties
from gamma_calc.engine.state import State
from gamma_calc.engine.step_orders import StepOrders
from gamma_calc.errors import GammaError, OrderError, unknown
from gamma_calc.exponents.orders.order import MINUS_INFINITY, Exponent, Order, largest
from gamma_calc.exponents.orders.simplify import same_on, simplify
from gamma_calc.exponents.regions.region import Region
from gamma_calc.language.expression import Expression
from gamma_calc.language.program import Program

if TYPE_CHECKING:
    from rich.text import Text


@dataclass(frozen=True, eq=False, repr=False)
class Derivation:
    """What the calculus says of a program, for every step and in the limit of many.

    ``orders`` holds the settled orders (for every step from ``from_step`` on, at the exponents in ``settled``) and, for
    what the loss depends on, the loss-aligned ones under ``NAME.aligned``; ``at_step(t)`` those of one step;
    ``conditions`` the sets of exponents.

    >>> from gamma_calc import derive, lora
    >>> found = derive(lora(init="A"))
    >>> found.orders["Z_B"]
    Order('max(eta, 2*eta + 1)')
    >>> found.conditions["stable"].region
    Region('eta <= -1/2')
    """

    program: Program
    trajectory: Trajectory
    stability: Stability

    # -- orders ---------------------------------------------------------------------------------------------------

    @cached_property
    def orders(self) -> Mapping[str, Order]:
        """Quantity to settled order (an exponent), sizes first, then the loss-aligned ones."""
        return _simplified(self._readings[-1].orders, self.settled)

    @cached_property
    def from_step(self) -> int:
        """The first step from which the settled orders hold, for every quantity."""
        last = len(self._readings) - 1
        while last > 0 and self._agree(self._readings[last - 1].orders, self._readings[-1].orders):
            last -= 1
        return last

    def at_step(self, step: int) -> Mapping[str, Order]:
        """Quantity to order after ``step`` steps; 0 is the start. Raises OrderError for a negative step."""
        if step < 0:
            raise OrderError(f"step {step} is before the start", hint="steps count from 0")
        return _simplified(self._at(step).orders, self.program.region)

    def _at(self, step: int) -> StepOrders:
        if step < len(self._readings):
            return self._readings[step]
        if self.settled == self.program.region:
            return self._readings[-1]
        before, now = islice(states(self.program), step - 1, step + 1)
        return self._reading(before, now)

    @property
    def settled(self) -> Region:
        """The exponents at which the orders hold for every later step. Outside, some order grows with every step."""
        return self.trajectory.settled

    @cached_property
    def growth(self) -> Mapping[str, Order | None]:
        """Quantity to growth of its order per step, outside the settled set; empty if everything settles.

        None marks an order whose growth itself grows with every step.
        """
        outside = self.program.region - self.settled
        if outside.is_empty or len(self._readings) < 5:
            return MappingProxyType({})
        growth = {name: self._growth(name, outside) for name in self.program.quantities}
        return MappingProxyType({name: rate for name, rate in growth.items() if rate is None or rate != 0})

    def _growth(self, name: str, outside: Region) -> Order | None:
        """Over two steps, since a zero start can let a quantity move at every second one only."""
        first, second, third = (self._readings[i].sizes[name] for i in (-5, -3, -1))
        if first.is_zero_quantity:
            return MINUS_INFINITY if third.is_zero_quantity else None
        before, after = simplify((second - first) / 2, outside), simplify((third - second) / 2, outside)
        return after if before == after else None

    @cached_property
    def feedback(self) -> tuple[Feedback, ...]:
        """The parameters whose own movement turns their updates round, and where: orders are upper bounds there."""
        return feedback(self.program, self.trajectory.states)

    @cached_property
    def ties(self) -> tuple[SignCancellation, ...]:
        """The parameters that tied sign steps move, and where: orders are upper bounds there too."""
        return ties(self.program, self.trajectory.states)

    @cached_property
    def balance(self) -> Mapping[str, Order]:
        """Quantity to order where every returning movement is in balance with its drive; empty without feedback.

        Only of quantities themselves: the change over a step goes to zero as the balance is reached.
        """
        if not self.feedback:
            return MappingProxyType({})
        there = Evaluation(self.program, balanced(self.trajectory.last, self.feedback))
        values = {q.name: q.expression for q in self.program.quantities.values() if q.expression is q.node}
        return MappingProxyType({name: there.value(node).order for name, node in values.items()})

    def gradient_of(self, node: Expression) -> Expression:
        """The gradient of the loss with respect to a node of the program, as an expression."""
        return self._gradients[id(node)]

    def trace(self, *quantities: str, step: int | None = None) -> Trace:
        """The derivation of the quantities' orders, rule by rule; at ``from_step`` unless a step is given."""
        return trace(self, quantities, step)

    def order(self, name: str) -> Order:
        """The settled order of one quantity; the error for an unknown name suggests the nearest."""
        if name not in self.orders:
            raise unknown("quantity", name, self.orders)
        return self.orders[name]

    # -- conditions -----------------------------------------------------------------------------------------------

    @cached_property
    def conditions(self) -> Mapping[str, ConditionResult]:
        """Condition name to the set of exponents where it holds, with its reason.

        A condition on parts of a change is left out where the program names no such parts.
        """
        roles = {q.role for q in self.program.quantities.values() if q.expression is not None}
        asked = {name: {r.role for r in c.extra_requirements} for name, c in CONDITIONS.items()}
        return MappingProxyType(
            {name: self._condition_result(name) for name, needed in asked.items() if needed <= roles}
        )

    @cached_property
    def assumptions(self) -> tuple[str, ...]:
        """What every result rests on, in words."""
        samples = "a fresh independent sample at every step" if self.program.fresh else "one repeated sample"
        return (
            *dict.fromkeys((samples, *self.program.notes)),
            f"optimiser {self.program.optimiser}",
            self.program.sum_rule.statement,
            f"stability: {self.stability.statement} ({self.stability.source})",
            "widths go to infinity at a fixed number of steps; sums cancel only where the program says so",
        )

    # -- appearance -----------------------------------------------------------------------------------------------

    def to_json(self) -> str:
        """The whole answer as the command line prints it with ``--format json``."""
        from gamma_calc.derivation import data

        return data.json_text(data.as_data(self))

    def __str__(self) -> str:
        from gamma_calc.derivation import sections
        from gamma_calc.display import blocks as layout

        return layout.plain(sections.report(self))

    def __repr__(self) -> str:
        sets = ", ".join(map(str, self.conditions.values()))
        return f"<Derivation of {self.program.name}: {sets}>"

    def __rich__(self) -> Text:
        from gamma_calc.derivation import sections
        from gamma_calc.display import blocks as layout

        return layout.rich_text(sections.report(self, "unicode"))

    def _repr_latex_(self) -> str:
        from gamma_calc.derivation import latex

        return latex.notebook(self)

    # -- the steps ------------------------------------------------------------------------------------------------

    @cached_property
    def _readings(self) -> tuple[StepOrders, ...]:
        history = self.trajectory.states
        return tuple(self._reading(history[max(i - 1, 0)], state) for i, state in enumerate(history))

    @cached_property
    def _gradients(self) -> Mapping[int, Expression]:
        return gradients(self.program.loss)

    def _reading(self, before: State, now: State) -> StepOrders:
        return StepOrders(self.program, self._gradients, before, now)

    def _agree(self, one: Mapping[str, Order], two: Mapping[str, Order]) -> bool:
        return all(one[k] == two[k] or same_on(one[k], two[k], self.settled) for k in two)

    def _condition_result(self, name: str) -> ConditionResult:
        condition = CONDITIONS[name]
        constraints = []
        for requirement in (*self.stability.requirements, *condition.extra_requirements):
            for q in self.program.quantities.values():
                if q.role is requirement.role and q.expression is not None:
                    order = self._at_every_step(q.name) if requirement.at_every_step else self._finally(q.name)
                    constraints.append(Constraint(q.name, order, requirement.relation, requirement.text(q.name)))
        return ConditionResult(condition, tuple(dict.fromkeys(constraints)), self.settled)

    def _at_every_step(self, name: str) -> Order:
        """The largest order a quantity has at any step."""
        return _simpler(largest(step.sizes[name] for step in self._readings), self.settled)

    def _finally(self, name: str) -> Order:
        return _simpler(self._readings[-1].sizes[name], self.settled)


def _simplified(found: Mapping[str, Order], domain: Region) -> Mapping[str, Order]:
    return MappingProxyType({name: _simpler(order, domain) for name, order in found.items()})


def _simpler(order: Order, domain: Region) -> Order:
    return order if domain.is_everything else simplify(order, domain)


def derive(program: Program, *, stability: str = "Z_B", **values: Exponent) -> Derivation:
    """Derive every order of a program, for every step. ``values`` fixes exponents, such as ``rho="1/2"``.

    Raises UnknownName for another ``stability``; ProgramError and OrderError with the program's name in front.

    >>> from gamma_calc import lora
    >>> derive(lora(init="A", rank="growing"), rho="1/2").conditions["stable"].region
    Region('eta <= -3/4')
    """
    if stability not in STABILITY:
        raise unknown("notion of stability", stability, STABILITY)
    fixed = program.substitute(values) if values else program
    try:
        return Derivation(fixed, trajectory(fixed), STABILITY[stability])
    except GammaError as error:
        raise error.at(f"program {program.name}") from error
