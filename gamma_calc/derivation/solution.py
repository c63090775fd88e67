"""What the calculus finds out about a program: orders at every step, growth, feedback, and where conditions hold.

Facts only. What is printed of them (sections, reasons, advice, data, formulas, traces) is made in the files beside
this one, and ``Derivation`` is the face that shows itself.

An example, the adapter s B A with B = 0, one learning rate n^eta, and one step at a time. The engine makes the states
(``trajectory.states``), each of them a set of orders along directions. ``step_orders`` reads the watched quantities off
them: the output Z_B is 0 before the first step, n^eta after it, and max(eta, 2*eta + 1) from the second step on, when
both factors have moved. The last two states agree everywhere, so these orders hold for every later step: ``settled`` is
everything. ``from_step`` is 3, as delta2 = dB (A[t-1] Z) needs an A that has moved before it, and ``orders`` are those
of the last state. A condition is a list of requirements on roles; each becomes a constraint on an order, such as
max(eta, 2*eta + 1) <= 0, and the conjunction is a region.

>>> from gamma_calc import derive, lora
>>> solution = derive(lora(init="A"))
>>> [str(step.sizes["Z_B"]) for step in solution.step_orders[:3]]
['-inf', 'eta', 'max(eta, 2*eta + 1)']
>>> solution.from_step, solution.settled
(3, Region('all'))
>>> [str(constraint) for constraint in solution.conditions["stable"].constraints]
['Z_B = O(1) (max(eta, 2*eta + 1) <= 0)']
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, pairwise
from types import MappingProxyType
from typing import Final

from gamma_calc.derivation.condition_result import ConditionResult, ConditionResults, Constraint
from gamma_calc.derivation.conditions import CONDITIONS, Condition, Requirement, Stability
from gamma_calc.derivation.orders import OrderTable
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.feedback import Feedback, balanced, feedback
from gamma_calc.engine.fixed_point import Trajectory, agreement_on
from gamma_calc.engine.run import states
from gamma_calc.engine.sign_reversals import SignReversal, sign_reversals
from gamma_calc.engine.sign_ties import SignCancellation, sign_cancellations
from gamma_calc.engine.state import Reader, State
from gamma_calc.engine.step_orders import StepOrders
from gamma_calc.engine.upper_bounds import BoundCause, Unresolved, UpperBound, overcounted, unresolved, upper_bounds
from gamma_calc.errors import OrderError, is_count, written
from gamma_calc.exponents import (
    EVERYTHING,
    MINUS_INFINITY,
    Affine,
    CanonicalOn,
    Exponent,
    Order,
    Region,
    Scope,
    largest,
    natural,
    order,
    same_on,
    simplify,
)
from gamma_calc.language.expression import Expression
from gamma_calc.language.program import Program

MOST_STEPS: Final = 10**6  # that are counted where the orders grow with every step


@dataclass(frozen=True, eq=False, repr=False)
class Solution:
    """The facts of a derivation: a program, the states of its training, and a notion of stability."""

    program: Program
    trajectory: Trajectory
    stability: Stability

    def __eq__(self, other: object) -> bool:
        """Program and stability decide everything."""
        if not isinstance(other, Solution):
            return NotImplemented
        return (self.program, self.stability) == (other.program, other.stability)

    def __hash__(self) -> int:
        return hash((self.program, self.stability))

    # -- orders ---------------------------------------------------------------------------------------------------

    @cached_property
    def orders(self) -> OrderTable:
        """Quantity to settled order (an exponent), sizes first, then the loss-aligned ones."""
        known = self._simplified(self.step_orders[-1].orders, self.settled)
        domain = EVERYTHING if self.settled == self.program.region else self.settled
        growing = frozenset(self.growth) if self.settled.is_empty else None
        return OrderTable(known, self.from_step, onwards=True, domain=domain, growing=growing)

    @cached_property
    def from_step(self) -> int:
        """The first step from which the settled orders hold, for every quantity."""
        last = len(self.step_orders) - 1
        while last > 0 and (self._stands(last - 1) or self._agrees(self.step_orders[last - 1], self.step_orders[-1])):
            last -= 1
        return last

    def _stands(self, step: int) -> bool:
        """Are the states before and after a step those of the next one, where orders have settled?

        Then so are its orders, which are made of these states, and none of them is made to see it. On a set of many
        pieces it would take longer than they do.
        """
        if step < 1 or self._scope is not None or len(self.settled.polyhedra) != 1:
            return False
        around = pairwise(self.trajectory.states[step - 1 : step + 2])
        return all(agreement_on(self.program, self.settled, *both) == self.settled for both in around)

    @property
    def _unlike_program(self) -> Region:
        """What orders speak of, where it is not all that the program does."""
        return EVERYTHING if self.domain == self.program.region else self.domain

    @property
    def early_steps(self) -> range:
        """The steps before the orders settle; where they never do, those that were derived."""
        return range(len(self.trajectory.states) if self.settled.is_empty else self.from_step)

    def at_step(self, step: int) -> OrderTable:
        """Quantity to order after ``step`` steps; 0 is the start. Raises OrderError for a negative step."""
        return OrderTable(self._simplified(self.step_at(step).orders, self.domain), step, domain=self._unlike_program)

    def step_at(self, step: int) -> StepOrders:
        """What is derived of one step, as it is kept; 0 is the start. Raises OrderError for a negative step."""
        before, now = self.around(step)
        if now.step < len(self.step_orders):
            return self.step_orders[now.step]
        return StepOrders(self.program, self.gradients, before, now)

    def around(self, step: int) -> tuple[State, State]:
        """The state before a step and the one after it; of settled states the last one. Raises OrderError."""
        history = self.trajectory.states
        if not is_count(step, least=0, most=MOST_STEPS):
            raise OrderError(f"{written(step)} is no step", hint=f"steps count from 0 to {MOST_STEPS}")
        if step < len(history):
            return history[max(step - 1, 0)], history[step]
        if self.settled == self.domain:
            return history[-1], history[-1]
        before, now = islice(states(self.program, history[0].scope), step - 1, step + 1)
        return before, now

    @property
    def domain(self) -> Region:
        """The exponents that orders and conditions speak of: the program's own, or those that steps were made on."""
        return self.trajectory.domain(self.program)

    @property
    def settled(self) -> Region:
        """The exponents at which the orders hold for every later step. Outside, some order grows with every step."""
        return self.trajectory.settled

    @property
    def settled_orders(self) -> Mapping[str, Order | None]:
        """Quantity to settled order; None for what grows with every step wherever the exponents lie."""
        growing = self.orders.growing or ()
        return {name: None if name.partition(".")[0] in growing else order for name, order in self.orders.items()}

    @cached_property
    def growth(self) -> Mapping[str, Order | None]:
        """Quantity to growth of its order per step, outside the settled set; empty if everything settles.

        None marks an order whose growth itself grows with every step.
        """
        outside = self.domain - self.settled
        if outside.is_empty or len(self.step_orders) < 5 or self.trajectory.read_on is not None:
            return MappingProxyType({})
        growth = {name: self._growth(name, outside) for name in self.program.quantities}
        return MappingProxyType({name: rate for name, rate in growth.items() if rate is None or rate != 0})

    def _growth(self, name: str, outside: Region) -> Order | None:
        """Over two steps, since a zero start can let a quantity move at every second one only."""
        first, second, third = (self.step_orders[i].sizes[name] for i in (-5, -3, -1))
        if first.is_zero_quantity:
            return MINUS_INFINITY if third.is_zero_quantity else None
        before, after = simplify((second - first) / 2, outside), simplify((third - second) / 2, outside)
        return after if before == after else None

    def order(self, name: str) -> Order:
        """The settled order of one quantity; the error for an unknown name suggests the nearest."""
        return self.orders[name]

    # -- where orders are upper bounds ----------------------------------------------------------------------------

    @cached_property
    def feedback(self) -> tuple[Feedback, ...]:
        """The parameters whose own movement turns their updates round, and where: orders are upper bounds there."""
        return feedback(self.program, self._states_made, self.domain)

    @cached_property
    def sign_cancellations(self) -> tuple[SignCancellation, ...]:
        """The parameters that tied sign steps move, and where: orders are upper bounds there too."""
        return sign_cancellations(self.program, self._states_made, self.domain)

    @cached_property
    def sign_reversals(self) -> tuple[SignReversal, ...]:
        """The parameters whose sign steps an error that turns can take back, and where: orders are bounds there."""
        return sign_reversals(self.program, self._states_made, self.domain)

    @cached_property
    def bounds(self) -> tuple[UpperBound, ...]:
        """Every quantity whose order may be above the truth: from which step, where, and why. Elsewhere it is exact."""
        of_marks = upper_bounds(self.program, self._marks)
        return *of_marks, *overcounted(self.domain, self.step_orders)

    @cached_property
    def causes(self) -> tuple[BoundCause | Unresolved, ...]:
        """What makes orders upper bounds; each prints as a sentence."""
        return *self._marks, *unresolved(self.domain, self.step_orders)

    @property
    def _states_made(self) -> tuple[State, ...]:
        """The states whose orders are those of the program; all that is told of others is marked as a bound."""
        return tuple(step.now for step in self.step_orders if not step.states_at)

    @property
    def _marks(self) -> tuple[BoundCause, ...]:
        return *self.feedback, *self.sign_cancellations, *self.sign_reversals

    def exact(self, name: str, step: int | None = None, **values: Exponent) -> bool:
        """Is an order (of a step; without one, the settled one) free of bounds at these exponents?

        Raises UnknownName for a quantity that there is not.

        >>> from gamma_calc import derive, lora
        >>> derive(lora(init="A")).exact("Z_B", eta="-1/2")
        True
        """
        self.order(name)
        at = Region.of([(Affine.variable(k) - order(v).form_for(k), "=") for k, v in values.items()])
        marks = (b for b in self.bounds if b.quantity == name and (step is None or b.step <= step))
        return all((b.where & at).is_empty for b in marks)

    @cached_property
    def balance(self) -> Mapping[str, Order]:
        """Quantity to order where every returning movement is in balance with its drive.

        Empty without feedback, and where that balance is not known. Only of quantities themselves: the change over a
        step goes to zero as the balance is reached.
        """
        state = balanced(self.trajectory.last, self.feedback) if self.feedback else None
        if state is None:
            return MappingProxyType({})
        there = Evaluation(self.program, state)
        values = {q.name: q.expression for q in self.program.quantities.values() if q.expression is q.node}
        return MappingProxyType({name: there.state.read(there.value(node).order) for name, node in values.items()})

    # -- conditions -----------------------------------------------------------------------------------------------

    @cached_property
    def conditions(self) -> ConditionResults:
        """Condition name to the set of exponents where it holds, with its reason.

        A condition on parts of a change is left out where the program names no such parts.
        """
        roles = {q.role for q in self.program.quantities.values() if q.expression is not None}
        asked = {c: {r.role for r in c.extra_requirements} for c in CONDITIONS.values()}
        results = {c.name: self._result(c) for c, needed in asked.items() if needed <= roles}
        return ConditionResults(results, at_a_point=not self.program.variables)

    def _result(self, condition: Condition) -> ConditionResult:
        requirements = (*self.stability.requirements, *condition.extra_requirements)
        constraints = dict.fromkeys(c for requirement in requirements for c in self._constraints(requirement))
        unsettled = self.settled.is_empty and not self.growth
        return ConditionResult(condition, tuple(constraints), self.settled, self.decided_by if unsettled else None)

    def _constraints(self, requirement: Requirement) -> Iterator[Constraint]:
        for q in self.program.quantities.values():
            if q.role is requirement.role and q.expression is not None:
                order = self._at_every_step(q.name) if requirement.at_every_step else self._finally(q.name)
                yield Constraint(q.name, order, requirement.relation, requirement.text(q.name))

    def _at_every_step(self, name: str) -> Order:
        """The largest order a quantity has at any step."""
        return self._simpler(largest(step.size(name) for step in self.step_orders), self.settled)

    def _finally(self, name: str) -> Order:
        return self._simpler(self.step_orders[-1].size(name), self.settled)

    @cached_property
    def assumptions(self) -> tuple[str, ...]:
        """What every result rests on, in words."""
        return (
            *dict.fromkeys((self._samples, *self.program.notes)),
            *dict.fromkeys(a for node in self.program.nodes if (a := node.assumption)),
            f"optimiser {self.program.optimiser}",
            self.program.sum_rule.statement,
            f"stability: {self.stability.statement} ({self.stability.source})",
            "widths go to infinity at a fixed number of steps; sums cancel only where the program says so",
            *self._unsettled(),
        )

    @property
    def _samples(self) -> str:
        batch = any(node.is_batch for node in self.program.nodes)
        if self.program.fresh:
            return f"a fresh independent {'batch' if batch else 'sample'} at every step"
        return "one repeated batch" if batch else "one repeated sample"

    def _unsettled(self) -> Iterator[str]:
        found = self.trajectory.stable_set
        if found is not None:
            yield f"{_open(len(self.program.variables))} open: orders are those of stable training alone"
        yield from () if self.undecided.is_empty else [f"where {self.undecided}, stability is not decided"]
        if self.trajectory.read_on is not None:
            yield (
                f"orders are told where {self.domain}: elsewhere they are too long to be told, as an output is not "
                f"bounded after {len(self.trajectory.steps) - 1} steps by what is derived, or they have not settled"
            )
        if self.decided_by is not None:
            yield (
                f"conditions are claimed where {self.settled}: elsewhere orders did not settle within "
                f"{self.decided_by} steps, so that an edge there may be one of these steps alone"
            )

    @cached_property
    def undecided(self) -> Region:
        """Where neither is known that training is stable nor that it is not; of few exponents it is not told."""
        found = self.trajectory.stable_set
        return self.trajectory.undecided if found is None else found.outer_region - found.region

    @property
    def decided_by(self) -> int | None:
        """The number of steps that conditions rest on, where orders had not settled after as many as are made."""
        return len(self.trajectory.steps) - 1 if self.trajectory.out_of_steps else None

    @cached_property
    def rates(self) -> tuple[str, ...]:
        """The open exponents of the learning rates, sorted."""
        return tuple(sorted(self.program.open_rates, key=natural))

    # -- the steps ------------------------------------------------------------------------------------------------

    @property
    def step_orders(self) -> tuple[StepOrders, ...]:
        """The orders after each step that was derived, the start first."""
        return self.trajectory.steps

    @property
    def gradients(self) -> Mapping[int, Expression]:
        """The gradient of the loss with respect to each node of the program, by the node's identity."""
        return self.step_orders[0].gradients

    def gradient_of(self, node: Expression) -> Expression:
        """The gradient of the loss with respect to a node of the program, as an expression."""
        return self.gradients[id(node)]

    def _agrees(self, one: StepOrders, two: StepOrders) -> bool:
        """Have two steps the same orders? The first is read as far as they agree."""
        return all(self._same(one.order(name), known) for name, known in two.orders.items())

    def _same(self, one: Order, two: Order) -> bool:
        scope = self._scope or self._domain
        return scope.equal(one, two) if scope else one == two or same_on(one, two, self.settled)

    @property
    def _scope(self) -> Scope | None:
        """Where the orders are read, if not everywhere."""
        found = self.trajectory.stable_set
        return None if found is None else found.inner

    @cached_property
    def _domain(self) -> Reader | None:
        """How orders of a few exponents are read, where they have settled on all that they speak of or are long."""
        is_whole = self.trajectory.read_on is not None or self.settled == self.domain
        return self.trajectory.last.scope if is_whole else None

    @cached_property
    def _canonical_on(self) -> CanonicalOn:
        assert self._scope is not None
        return CanonicalOn(self._scope)

    def _simplified(self, orders: Mapping[str, Order], domain: Region) -> Mapping[str, Order]:
        if self._is_read_on(domain):
            return orders
        return {name: self._simpler(order, domain) for name, order in orders.items()}

    def _simpler(self, order: Order, domain: Region) -> Order:
        if self._scope is not None:
            return self._canonical_on.order(order)
        is_short = domain.is_everything or domain.is_empty or self.trajectory.read_on is not None
        return order if is_short else simplify(order, domain)

    def _is_read_on(self, domain: Region) -> bool:
        """Are orders kept in their one form on a domain?"""
        return self._scope is None and self.trajectory.last.scope is not None and domain == self.domain


def _open(count: int) -> str:
    return f"{count} exponents are" if count > 1 else "an exponent is"
