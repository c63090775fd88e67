"""Feedback: where a parameter's own movement comes back in its gradient and outgrows what drove it.

A loss that is linear in the output never does this: the gradient of a factor does not contain the factor. A squared
error does: the error signal holds the adapter's own output, and through a random B0 it returns with B0'B0 of order n.
Once the returned part is the larger one, updates turn round, and the maximum that the calculus takes for a sum is an
upper bound only. Along the returning direction the movement can settle where both parts are of one order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from gamma_calc.calculus.pruning import projection_order
from gamma_calc.calculus.value import ZERO
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
    drives it.
    """

    parameter: str
    step: int
    where: Region
    balance_exponent: Order

    def __str__(self) -> str:
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


def balanced(state: State, found: tuple[Feedback, ...]) -> State:
    """The state with each returning movement reduced to where it is in balance, as it is where it returns first."""
    tensors = dict(state.tensors)
    for f in {f.parameter: f for f in reversed(found)}.values():
        t = tensors[f.parameter]
        tensors[f.parameter] = replace(
            t, before=t.before.times(f.balance_exponent), last=t.last.times(f.balance_exponent)
        )
    return replace(state, tensors=tensors)


def _returns(
    program: Program, p: Parameter, gradient: Expression, history: tuple[State, ...], domain: Region
) -> Iterator[Feedback]:
    known = NOTHING
    for state in _moving(history):
        driven, returned = _along_movement(program, p, gradient, state)
        if returned.is_zero_quantity:
            continue
        drive, back = state.read(driven), state.read(returned)
        there = where_on(domain, drive, "<", back)
        region = there - known
        if not region.is_empty:
            yield Feedback(p.name, state.step + 1, region, drive - back)
            known |= there  # in fewer pieces than what of it is new


def _moving(history: tuple[State, ...]) -> Iterator[State]:
    """The states after the start, but one that is as the one before it was: nothing returns in it that did not."""
    for before, now in pairwise(history):
        if now.scope is None or not same_on(now.scope, before, now):
            yield now


def _along_movement(program: Program, p: Parameter, gradient: Expression, state: State) -> tuple[Order, Order]:
    """The size of the gradient without the movement, and with it the most along a direction of the movement.

    -oo where it is along none by more than it is without. Whichever direction it is, the movement returns.
    """
    tensor = state.tensors[p.name]
    still = replace(state, tensors={**state.tensors, p.name: replace(tensor, before=ZERO, last=ZERO)})
    full, driven = Evaluation(program, state).value(gradient), Evaluation(program, still).value(gradient)
    along = (projection_order(full, d, p.shape, state.comparison) for d in tensor.moved.components)
    larger = [] if driven.is_zero else [one for one in along if not state.nowhere_above(one, driven.order)]
    return driven.order, largest(larger)
