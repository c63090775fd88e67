"""Feedback: where a parameter's own movement comes back in its gradient and outgrows what drove it.

A loss that is linear in the output never does this: the gradient of a factor does not contain the factor. A squared
error does: the error signal holds the adapter's own output, and through a random B0 it returns with B0'B0 of order n.
Once the returned part is the larger one, updates turn round, and the maximum that the calculus takes for a sum is an
upper bound only. Along the returning direction the movement can settle where both parts are of one order.

Where rows are divided by lengths that the movement has outgrown, the gradient with it is the smaller one, and yet all
of it may have come back: that is a bound too, and no balance is told there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from itertools import chain, pairwise
from operator import or_

from gamma_calc.calculus.pruning import projection_order
from gamma_calc.calculus.value import ZERO, Value
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.fixed_point import same_on
from gamma_calc.engine.gradient import gradients
from gamma_calc.engine.state import State
from gamma_calc.exponents import NOTHING, Order, Region, largest, where_on
from gamma_calc.language.expression import Expression, walk
from gamma_calc.language.leaves import Parameter
from gamma_calc.language.program import Program


@dataclass(frozen=True, slots=True)
class Feedback:
    """From ``step`` on, in ``where``, every order that uses the movement of ``parameter`` is an upper bound only.

    ``balance_exponent`` (an exponent, negative there) is how far below its bound the movement is in balance with what
    drives it; None where lengths that rows are divided by have grown with it, as nothing is known of it there.
    """

    parameter: str
    step: int
    where: Region
    balance_exponent: Order | None

    def __str__(self) -> str:
        if self.balance_exponent is None:
            return (
                f"from step {self.step} on the lengths that rows are divided by have grown with {self.parameter} where "
                f"{self.where}, and its gradient may be made of its own earlier updates: orders are upper bounds there"
            )
        return (
            f"from step {self.step} on the gradient of {self.parameter} is dominated by its own earlier updates where "
            f"{self.where}: orders are upper bounds there, and its movement is in balance "
            f"n^({self.balance_exponent}) lower"
        )


def feedback(program: Program, history: tuple[State, ...], domain: Region) -> tuple[Feedback, ...]:
    """Every parameter whose movement returns in a domain, at each step from which it does so at more exponents."""
    of_node = gradients(program.loss)  # not what an optimiser has scaled: that has one size whatever drives it
    suspects = [(p, of_node[id(p)]) for p in program.parameters if p in walk([of_node[id(p)]])]
    return tuple(chain.from_iterable(_returns(program, p, gradient, history, domain) for p, gradient in suspects))


def balanced(state: State, found: tuple[Feedback, ...]) -> State | None:
    """The state with each returning movement reduced to where it is in balance, as it is where it returns first.

    None where it is not known of one.
    """
    tensors = dict(state.tensors)
    for f in {f.parameter: f for f in reversed(found)}.values():
        if f.balance_exponent is None:
            return None
        t, lower = tensors[f.parameter], f.balance_exponent
        tensors[f.parameter] = replace(t, before=t.before.times(lower), last=t.last.times(lower))
    return replace(state, tensors=tensors)


def _returns(
    program: Program, p: Parameter, gradient: Expression, history: tuple[State, ...], domain: Region
) -> Iterator[Feedback]:
    known = NOTHING
    for state in _moving(history):
        for where, balance in _returned(program, p, gradient, state, domain):
            region = where - known
            if not region.is_empty:
                yield Feedback(p.name, state.step + 1, region, balance)
                known |= where  # in fewer pieces than what of it is new


def _moving(history: tuple[State, ...]) -> Iterator[State]:
    """The states after the start, but one that is as the one before it was: nothing returns in it that did not."""
    for before, now in pairwise(history):
        if now.scope is None or not same_on(now.scope, before, now):
            yield now


def _returned(
    program: Program, p: Parameter, gradient: Expression, state: State, domain: Region
) -> Iterator[tuple[Region, Order | None]]:
    """Where a movement returns, and how far below its bound it is in balance there."""
    tensor = state.tensors[p.name]
    still = replace(state, tensors={**state.tensors, p.name: replace(tensor, before=ZERO, last=ZERO)})
    moved, unmoved = Evaluation(program, state), Evaluation(program, still)
    yield _outgrown(p, gradient, moved, unmoved, domain), None
    back = _along_movement(p, moved.value(gradient), unmoved.value(gradient), state)
    if not back.is_zero_quantity:
        drive = state.read(unmoved.value(gradient).order)
        yield where_on(domain, drive, "<", state.read(back)), drive - state.read(back)


def _outgrown(p: Parameter, gradient: Expression, moved: Evaluation, unmoved: Evaluation, domain: Region) -> Region:
    """Where lengths that a gradient is divided by have grown by a movement that is in the rest of it as well."""
    lengths = {id(node.divisor): node.divisor for node in walk([gradient]) if node.divisor is not None}
    if p not in walk([gradient], known=lambda node: id(node) in lengths):
        return NOTHING
    both = (tuple(side.state.read(side.value(one).order) for side in (unmoved, moved)) for one in lengths.values())
    return reduce(or_, (where_on(domain, before, "<", now) for before, now in both), NOTHING)


def _along_movement(p: Parameter, full: Value, driven: Value, state: State) -> Order:
    """The most of a gradient along a direction of the movement; -oo where it is along none by more than without it.

    Whichever direction it is, the movement returns.
    """
    moved = state.tensors[p.name].moved
    along = (projection_order(full, d, p.shape, state.comparison) for d in moved.components)
    return largest([] if driven.is_zero else [one for one in along if not state.nowhere_above(one, driven.order)])
