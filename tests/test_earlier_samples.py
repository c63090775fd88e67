"""Samples that are drawn anew at every step: the last step's has a name of its own, and those before it share one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gamma_calc import Dim, derive, lora, order
from gamma_calc.calculus.direction import LAST, PAST, Direction, GivenVector, MatrixProduct, RandomMatrix
from gamma_calc.calculus.earlier_steps import from_previous_step, holds_several, of_any_steps, of_other_steps
from gamma_calc.calculus.value import Value
from gamma_calc.engine.samples_of_steps import differ_by_steps
from gamma_calc.exponents import Region

FRESH = frozenset({"x"})
X, U = GivenVector("x"), GivenVector("u")
LATE, PASSED = GivenVector("x", LAST), GivenVector("x", PAST)


def value(**sizes: str) -> Value:
    names = {"last": LATE, "past": PASSED, "other": U}
    return Value.merge((names[name], order(size)) for name, size in sizes.items())


def test_a_sample_grows_older_by_a_step_and_then_has_the_name_of_all_before_it() -> None:
    ages: list[Direction] = [X]
    for _ in range(3):
        ages.append(from_previous_step(ages[-1], FRESH))
    assert ages == [X, LATE, PASSED, PASSED]
    assert from_previous_step(U, FRESH) == U
    assert [str(one) for one in ages[:3]] == ["x", "last x", "past x"]


def test_samples_of_other_steps_are_told_from_those_of_the_same_name() -> None:
    apart = of_other_steps(PASSED, FRESH)
    assert apart != PASSED
    assert of_any_steps(apart, FRESH) == PASSED
    assert of_other_steps(LATE, FRESH) == LATE
    assert holds_several(value(past="0"), FRESH)
    assert not holds_several(value(last="0", other="0"), FRESH)


def test_batches_that_come_to_have_one_name_meet_as_one() -> None:
    """What the last batch did to an earlier one is no larger than what a batch does to itself."""
    n, r, many = Dim("n", 1), Dim("r", 0), Dim("N", "1/2")
    A, w, Z = RandomMatrix("A", r, n), RandomMatrix("w", n, many), RandomMatrix("Z", n, many)
    past, last = replace(w, steps_ago=PAST), replace(w, steps_ago=LAST)
    met = MatrixProduct((A, replace(Z, steps_ago=PAST), past.T, last, replace(Z, steps_ago=LAST).T))
    old = replace(Z, steps_ago=PAST)
    assert from_previous_step(met, frozenset({"w", "Z"})) == MatrixProduct((A, old, old.T))


def test_steps_of_one_size_lead_alike() -> None:
    assert differ_by_steps([value(last="eta", past="eta"), value(last="0")], FRESH).is_empty


def test_steps_that_shrink_or_grow_do_not() -> None:
    assert differ_by_steps([value(last="eta", past="0")], FRESH) == Region.parse("eta < 0") | Region.parse("eta > 0")
    assert differ_by_steps([value(past="0")], FRESH).is_everything


def test_every_stable_order_of_fresh_batches_is_free_of_marks() -> None:
    found = derive(lora("A", optimiser="sgd", fresh=True, batch="growing"))
    stable = found.conditions["stable"].region
    several = [bound for bound in found.bounds if "earlier samples" in bound.reason]
    assert several
    assert all((bound.where & stable).is_empty for bound in several)


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_what_one_step_made_meets_the_steps_before_it_by_chance(optimiser: str) -> None:
    """delta1 is B before the step, made of earlier w, on the w that made the step."""
    found = derive(lora("A", optimiser=optimiser, fresh=True), eta="-1/2")
    assert found.orders["delta1"] - found.orders["delta1.aligned"] == order("1/2")
