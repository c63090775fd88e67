"""Ties of sign steps: two steps of one size in two directions cancel exactly on about half of the entries.

Lemma: let x = a (u + v) + o(a), where u and v are independent of each other and have entries +1 and -1, as two sign
steps of one matrix at one learning rate make it. Where u = -v what is smaller decides the sign of x, and that is where
the steps started from: so the sign of x is along one of the two alone, and a sum that would be coherent along the other
is not. The maximum that the calculus takes for a sum is an upper bound there. Hypothesis: steps of exactly one size, so
sign descent and not Adam. Source: this package. An adapter whose factors are both random and both outgrown by their
first steps is an example: its delta3 stays a sum of independent terms, which coherent directions would make larger.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations

from gamma_calc.calculus.direction import Direction, Outer
from gamma_calc.calculus.value import ZERO, Value
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.gradient import optimiser_inputs
from gamma_calc.engine.sign_moments import is_rest
from gamma_calc.engine.state import State, Tensor
from gamma_calc.exponents import MINUS_INFINITY, NOTHING, Region, where_on
from gamma_calc.language.expression import Expression
from gamma_calc.language.optimiser import Optimiser
from gamma_calc.language.program import Program

Sides = frozenset[Direction]
_Tied = tuple[Sides, Region]


@dataclass(frozen=True, slots=True)
class SignCancellation:
    """From ``step`` on, in ``where``, orders are upper bounds: the sign that moves ``parameter`` is of tied steps."""

    parameter: str
    step: int
    where: Region

    def __str__(self) -> str:
        return (
            f"from step {self.step} on earlier sign steps of one size cancel on some entries of the gradient of "
            f"{self.parameter} where {self.where}: orders are upper bounds there"
        )


@dataclass(frozen=True, slots=True)
class Signed:
    """A parameter whose updates are the signs of a value: the gradient, or what the optimiser makes of it."""

    program: Program
    name: str
    rule: Optimiser
    gradient: Expression

    def value(self, state: State) -> Value:
        gradient = Evaluation(self.program, state).value(self.gradient)
        return self.rule.signed(state.tensors[self.name].memory, gradient).mapped(state.read)


def sign_cancellations(program: Program, history: tuple[State, ...], domain: Region) -> tuple[SignCancellation, ...]:
    """Every parameter whose step is the sign of a value that two tied steps lead, at each step that adds exponents."""
    inputs = optimiser_inputs(program)
    rules = {p.name: program.optimiser.for_parameter(p) for p in program.parameters}
    signed = [Signed(program, name, rule, inputs[name]) for name, rule in rules.items() if rule.takes_signs]
    tied = [[pair for s in signed for pair in _tied_steps(state.tensor(s.name), domain)] for state in history[2:]]
    later = list(zip(history[2:], tied, strict=True))
    return tuple(chain.from_iterable(_ties(one, later, history[0]) for one in signed))


def _ties(asked: Signed, later: Sequence[tuple[State, list[_Tied]]], start: State) -> Iterator[SignCancellation]:
    at_start, known = asked.value(start), NOTHING
    for state, tied in later:
        value = asked.value(state) if tied else ZERO
        for one, two in combinations(value.components, 2):
            for region in (region for sides, region in tied if sides in _sides(one, two)):
                there = _lead(value, at_start, one, two, region)
                more = there - known
                if not more.is_empty:
                    yield SignCancellation(asked.name, state.step + 1, more)
                    known |= there


def _tied_steps(tensor: Tensor, domain: Region) -> Iterator[_Tied]:
    """The sides in which the last step and the earlier ones differ, and where each is one direction, of one size."""
    for one in tensor.before.components:
        for two in tensor.last.components:
            if not (apart := _sides(one, two)):
                continue
            region = _alone(tensor.last, two, _alone(tensor.before, one, domain))
            region = where_on(region, tensor.before.components[one], "=", tensor.last.components[two])
            yield from ((sides, region) for sides in apart if not region.is_empty)


def _sides(one: Direction, two: Direction) -> list[Sides]:
    """Where two different directions have one side in common: their other sides. Vectors are their own."""
    if one == two:
        return []
    if not (isinstance(one, Outer) and isinstance(two, Outer)):
        return [frozenset((one, two))]
    if one.right == two.right:
        return [frozenset((one.left, two.left))]
    return [frozenset((one.right, two.right))] if one.left == two.left else []


def _alone(value: Value, direction: Direction, region: Region) -> Region:
    """The part of a region where a value is led by one direction alone; what signs left comes with what they kept."""
    size = value.components[direction]
    for other, order in value.components.items():
        region = region if other == direction or is_rest(other) else where_on(region, order, "<", size)
    return region


def _lead(value: Value, at_start: Value, one: Direction, two: Direction, region: Region) -> Region:
    """The part of a region where both directions lead, and by more than they had at the start."""
    first, second = value.components[one], value.components[two]
    region = where_on(where_on(region, first, "=", second), first, "=", value.order)
    for direction in (one, two):
        before = at_start.components.get(direction, MINUS_INFINITY)
        region = where_on(region, before, "<", value.components[direction])
    return region
