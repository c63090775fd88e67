"""Ties of sign steps: two steps of one size in two directions cancel exactly on about half of the entries.

Lemma: let x = a (u + v) + o(a), where u and v are independent of each other and have entries +1 and -1, as two sign
steps of one matrix at one learning rate make it. Where u = -v what is smaller decides the sign of x, and that is where
the steps started from: so the sign of x is along one of the two alone, and a sum that would be coherent along the other
is not. The maximum that the calculus takes for a sum is an upper bound there. Hypothesis: steps of exactly one size, so
sign descent and not Adam. Source: this package. An adapter whose factors are both random and both outgrown by their
first steps is an example: its delta3 stays a sum of independent terms, which coherent directions would make larger.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from gamma_calc.calculus.direction import Direction, Outer
from gamma_calc.calculus.value import Value
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.gradient import optimiser_inputs
from gamma_calc.engine.state import State, Tensor
from gamma_calc.exponents.orders.order import MINUS_INFINITY
from gamma_calc.exponents.regions.region import Region, where
from gamma_calc.language.expression import Expression
from gamma_calc.language.program import Program
from gamma_calc.optimisers.sign import Sign

Sides = frozenset[Direction]


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


def ties(program: Program, history: tuple[State, ...]) -> tuple[SignCancellation, ...]:
    """Every parameter whose gradient is led by two tied steps, at the first step that uses it."""
    if not isinstance(program.optimiser, Sign):
        return ()
    found = (_first(program, name, gradient, history) for name, gradient in optimiser_inputs(program).items())
    return tuple(tie for tie in found if tie is not None)


def _first(program: Program, name: str, gradient: Expression, history: tuple[State, ...]) -> SignCancellation | None:
    at_start = Evaluation(program, history[0]).value(gradient)
    for state in history[2:]:
        tied = [pair for tensor in state.tensors.values() for pair in _tied_steps(tensor)]
        value = Evaluation(program, state).value(gradient) if tied else Value({})
        for one, two in combinations(value.components, 2):
            for sides, region in tied:
                there = program.region & region & _lead(value, at_start, one, two)
                if sides in _sides(one, two) and not there.is_empty:
                    return SignCancellation(name, state.step + 1, there)
    return None


def _tied_steps(tensor: Tensor) -> Iterator[tuple[Sides, Region]]:
    """The sides in which the last step and the earlier ones differ, and where each is one direction, of one size."""
    for one in tensor.before.components:
        for two in tensor.last.components:
            region = _alone(tensor.before, one) & _alone(tensor.last, two)
            size = where(tensor.before.components[one], "=", tensor.last.components[two])
            yield from ((sides, region & size) for sides in _sides(one, two))


def _sides(one: Direction, two: Direction) -> list[Sides]:
    """Where two different directions have one side in common: their other sides. Vectors are their own."""
    if one == two:
        return []
    if not (isinstance(one, Outer) and isinstance(two, Outer)):
        return [frozenset((one, two))]
    if one.right == two.right:
        return [frozenset((one.left, two.left))]
    return [frozenset((one.right, two.right))] if one.left == two.left else []


def _alone(value: Value, direction: Direction) -> Region:
    """Where a value is led by one direction alone."""
    size, region = value.components[direction], Region.of(())
    for other, order in value.components.items():
        region = region if other == direction else region & where(order, "<", size)
    return region


def _lead(value: Value, at_start: Value, one: Direction, two: Direction) -> Region:
    """Where both directions lead, and by more than they had at the start."""
    first, second = value.components[one], value.components[two]
    region = where(first, "=", second) & where(first, "=", value.order)
    for direction in (one, two):
        before = at_start.components.get(direction, MINUS_INFINITY)
        region = region & where(before, "<", value.components[direction])
    return region
