"""Steps of one size that undo each other: once an error turns, a step of one size takes the last one back."""

from __future__ import annotations

import pytest

from gamma_calc import Dim, Program, data, decayed, derive, iid, lora, output, parameter, zero
from gamma_calc.engine.sign_reversals import SignReversal
from gamma_calc.language.optimiser import Optimiser
from gamma_calc.language.program import other
from gamma_calc.optimisers import OPTIMISERS
from gamma_calc.optimisers.shampoo import shampoo

N, R = Dim("n", 1), Dim("r", 0)


def adapter(optimiser: str, rate: str = "-1") -> Program:
    """f = n^-1 v'B A x with B = 0 and a target of order 0; A takes steps of order 0."""
    A, B = parameter("A", R, N, init=iid("-1/2"), rate="0"), parameter("B", N, R, init=zero, rate=rate)
    f = N**-1 * (data("v", N) @ (B @ (A @ data("x", N))))
    error = f - data("y")
    return Program("an adapter", error * error, OPTIMISERS[optimiser], [output("f", f), other("A", A)])


def steps(found: tuple[SignReversal, ...]) -> dict[str, int]:
    return {one.parameter: one.step for one in reversed(found)}


@pytest.mark.parametrize("optimiser", ["sign", "lion"])
def test_an_error_that_training_makes_as_large_as_it_was_marks_what_signs_of_it_move(optimiser: str) -> None:
    found = derive(adapter(optimiser))
    assert steps(found.sign_reversals) == {"A": 3, "B": 3}
    assert (found.exact("f", 2), found.exact("f", 3)) == (True, False)
    assert "undo each other" in str(found)
    assert "undo each other" in found.to_json()


@pytest.mark.parametrize("name", ["muon", "shampoo"])
def test_so_do_steps_of_a_whole_matrix_of_one_size(name: str) -> None:
    """Muon makes entries of B of order -1/2 at the rate 0, and those of A bring f to order 0 in the second step."""
    found = derive(adapter(name, "0"))
    assert steps(found.sign_reversals)["A"] == 3
    assert not found.exact("f", 3)


@pytest.mark.parametrize("rule", [decayed(OPTIMISERS["sign"], "-1/2")])
def test_a_decay_does_not_change_that(rule: Optimiser) -> None:
    assert derive(adapter("sign").replaced(optimiser=rule)).sign_reversals != ()


def test_where_the_size_of_an_error_counts_steps_are_of_several() -> None:
    assert derive(adapter("sgd").replaced(optimiser=shampoo("1/4"))).sign_reversals == ()


def test_an_error_that_stays_as_it_was_marks_nothing() -> None:
    assert derive(adapter("sign", "-5/4")).sign_reversals == ()


def test_steps_of_other_optimisers_are_not_of_one_size() -> None:
    assert derive(adapter("sgd")).sign_reversals == derive(adapter("adam")).sign_reversals == ()


@pytest.mark.parametrize("init", ["A", "B", "AB"])
@pytest.mark.parametrize("loss", ["linear", "vector"])
def test_an_error_that_is_no_scalar_turns_at_some_entries_only(init: str, loss: str) -> None:
    assert derive(lora(init, loss=loss, optimiser="sign")).sign_reversals == ()


def test_with_open_rates_each_step_marks_what_it_adds() -> None:
    found = derive(lora("A", loss="scalar", optimiser="sign"))
    of_b = [(one.step, str(one.where)) for one in found.sign_reversals if one.parameter == "B"]
    assert of_b == [(2, "eta >= 0"), (3, "-1/2 <= eta < 0")]
    assert not found.exact("B", 3, eta="-1/4")
    assert found.exact("B", 2, eta="-1/4")


def test_a_is_back_where_it_started_after_the_second_of_its_steps() -> None:
    pytest.importorskip("torch")
    from validation.executor.cell import measure_cell
    from validation.executor.settings import Settings

    found = measure_cell(adapter("sign"), 1024, range(16), Settings(steps=3))
    before, moved, back = (found.sizes[0, :, step, found.quantities.index("A")] for step in (1, 2, 3))
    assert (moved > 4 * before).all()
    assert (back == before).mean() > 0.6
