"""Steps of one size that undo each other: an error that changes its sign takes the last step back, entry by entry.

Lemma: let the gradient of p be s G with a scalar s, such as the error of a squared loss, and let the rule leave nothing
of s but its sign. Where s changes its sign and G does not, a step is exactly minus the one before, so p is where it
was, however large its steps are. s can change its sign once what training added to it is at least as large as what it
was: at equal orders the constants decide. Hypothesis: steps of exactly one size, as sign descent and Muon make them,
and Adam does not.
Source: this package.

An example: f = n^-1 v'B A x with B = 0, a target y of order 0, and B and A trained by signs at n^-1 and n^0. The first
step of A brings f to order 0, the next takes it back: A is as it was drawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from operator import or_

from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.gradient import optimiser_inputs
from gamma_calc.engine.state import State
from gamma_calc.exponents import NOTHING, Order, Region, where_on
from gamma_calc.language.change import change, earlier
from gamma_calc.language.expression import Expression, Time, walk
from gamma_calc.language.program import Program

Error = tuple[Expression, Expression]  # what it was before training, and what training added


@dataclass(frozen=True, slots=True)
class SignReversal:
    """From ``step`` on, in ``where``, orders are upper bounds: the steps of ``parameter`` may cancel exactly."""

    parameter: str
    step: int
    where: Region

    def __str__(self) -> str:
        return (
            f"from step {self.step} on steps of {self.parameter} can undo each other where {self.where}: training "
            "moves an error by as much as it was, and its sign can turn; orders are upper bounds there"
        )


def sign_reversals(program: Program, history: tuple[State, ...], domain: Region) -> tuple[SignReversal, ...]:
    """Every parameter that the sign of a turning error moves, at each step from which that is so in more places."""
    inputs = optimiser_inputs(program)
    turned = [p.name for p in program.parameters if program.optimiser.for_parameter(p).of_one_size]
    errors = {name: tuple(_errors(inputs[name])) for name in turned}
    return tuple(chain.from_iterable(_reversals(program, name, errors[name], history, domain) for name in turned))


def _errors(gradient: Expression) -> Iterator[Error]:
    """The scalars by which a gradient is multiplied, as far as training moves them."""
    for node in walk([gradient]):
        for factor in node.arguments if node.shape else ():
            added = None if factor.shape else change(factor, Time.START)
            if added is not None:
                yield earlier(factor, Time.START), added


def _reversals(
    program: Program, name: str, errors: tuple[Error, ...], history: tuple[State, ...], domain: Region
) -> Iterator[SignReversal]:
    known = NOTHING
    for state in (s for s in history if errors and not s.tensors[name].moved.is_zero):
        here = Evaluation(program, state)
        sizes = ([state.read(here.value(part).order) for part in error] for error in errors)
        there = reduce(or_, (_turned(domain, was, added) for was, added in sizes), NOTHING)
        more = there - known
        if not more.is_empty:
            yield SignReversal(name, state.step + 1, more)
            known |= there


def _turned(domain: Region, was: Order, added: Order) -> Region:
    """Where a change can turn the sign of what was there. What was zero has driven nothing."""
    return NOTHING if was.is_zero_quantity or added.is_zero_quantity else where_on(domain, was, "<=", added)
