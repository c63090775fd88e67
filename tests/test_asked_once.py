"""Questions that are answered with less: at a point, in whole numbers, or not at all where the answer is known."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Never

import pytest

from gamma_calc import Dim, derive, mlp, order
from gamma_calc.calculus.activation import activation
from gamma_calc.calculus.dims import Shape
from gamma_calc.calculus.direction import Direction, GivenVector
from gamma_calc.calculus.premises import EVERYWHERE
from gamma_calc.calculus.pruning import prune_dominated
from gamma_calc.calculus.showing import shows_in
from gamma_calc.calculus.value import Value
from gamma_calc.derivation import unfinished
from gamma_calc.derivation.solution import Solution
from gamma_calc.derivation.unfinished import StepsSoFar
from gamma_calc.engine.step_orders import StepOrders
from gamma_calc.exponents import Affine, OnDomain, Order
from gamma_calc.operations.relu import RELU

n, N = Dim("n", 1), Dim("N", "beta")
U, V = GivenVector("u"), GivenVector("v")
F = activation(RELU, "x", Value({U: order(0), V: Order("min(0, eta)")}))


@pytest.mark.parametrize(("size", "left"), [("min(0, eta)", 1), ("min(0, eta) + 1/4", 2), ("min(0, eta/2)", 2)])
def test_what_is_covered_everywhere_goes_and_what_is_not_somewhere_stays(size: str, left: int) -> None:
    """relu(u + v) shows v as far as v is in it."""
    assert len(prune_dominated(Value({F: order(0), V: Order(size)}), (n,), EVERYWHERE).components) == left


def test_what_shows_by_chance_on_an_axis_of_open_size_is_no_number_at_a_point() -> None:
    domain = OnDomain(frozenset({"beta", "eta"}), ((Affine.variable("beta"), ">="),))
    x = Value({F: order(0), V: Order("min(-beta/2, eta - beta/2)")})
    assert list(prune_dominated(x, (N,), domain).components) == [F]


def test_what_shows_too_little_at_a_point_is_not_asked_for_as_a_function(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Order] = []

    def told(u: Direction, v: Direction, shape: Shape, floor: Order) -> Order:
        asked.append(floor)
        return shows_in(u, v, shape, floor)

    monkeypatch.setattr("gamma_calc.calculus.pruning.shows_in", told)
    f = activation(RELU, "x", Value({U: order(0), V: Order("min(-1/2, eta)")}))
    prune_dominated(Value({f: order(0), V: Order("min(-1/4, eta)")}), (n,), EVERYWHERE)
    assert asked
    assert all(floor.number is not None for floor in asked)


def test_a_step_between_settled_states_is_not_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, agrees = [], Solution._agrees  # noqa: SLF001 - whether it is asked

    def told(self: Solution, one: StepOrders, two: StepOrders) -> bool:
        asked.append(one.now.step)
        return agrees(self, one, two)

    monkeypatch.setattr(Solution, "_agrees", told)
    found = derive(mlp(activation="relu", lr="shared"))
    assert found.from_step == 1
    assert len(found.trajectory.steps) > 6
    assert max(asked) <= 3


class Uncompared(Fraction):
    def __eq__(self, other: object) -> Never:
        raise AssertionError

    __hash__ = Fraction.__hash__


def test_forms_are_compared_in_whole_numbers() -> None:
    one, same, other = (Affine((("eta", Uncompared(1, k)),), Uncompared(1, 3)) for k in (2, 2, 5))
    assert one == same
    assert one != other


def test_sizes_of_steps_are_found_as_long_as_they_take_less_than_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of steps of a second each; sizes take three, but for those of the start."""
    clock = [0.0]  # seconds
    monkeypatch.setattr(unfinished, "time", SimpleNamespace(monotonic_ns=lambda: int(clock[0] * 10**9)))

    class Step:
        def __init__(self, cost: float) -> None:
            self.cost, self.asked = cost, False

        @property
        def sizes(self) -> dict[str, Order]:
            clock[0] += self.cost
            self.asked = True
            return {}

    record, steps = StepsSoFar(mlp()), [Step(0.125), *(Step(3) for _ in range(8))]
    for step in steps:
        clock[0] += 1
        record.add(step)  # type: ignore[arg-type]
    assert [step.asked for step in steps] == [True, True, *4 * [False], True, False, False]
