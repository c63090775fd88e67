"""Two sign steps of one size cancel on some entries: then orders are upper bounds, and the derivation says so."""

from __future__ import annotations

from itertools import islice

import pytest

from gamma_calc import Program, Region, derive, lora
from gamma_calc.catalogue.abc_parametrisations import PARAMETRISATIONS
from gamma_calc.catalogue.deep_linear import deep_linear
from gamma_calc.engine.run import states
from gamma_calc.engine.sign_ties import SignCancellation, sign_cancellations

RATES = {"eta_A": "-1/4", "eta_B": "-1/4", "rho": "1/2"}


def tied(program: Program) -> tuple[SignCancellation, ...]:
    return sign_cancellations(program, tuple(islice(states(program), 4)), program.region)


def test_two_random_factors_that_their_steps_outgrow_tie_from_the_third_step() -> None:
    """A step of A outgrows A0 Z = n^(a0 + 1/2) where n^(eta_A + 1) is larger, one of B outgrows B0'w alike."""
    found = tied(lora("general", optimiser="sign", lr="per-factor", rank="growing", b0=0).substitute({"rho": "1/2"}))
    of_a = next(tie for tie in found if tie.parameter == "A")
    assert of_a.step == 3
    assert of_a.where == Region.parse("eta_A > a0 - 1/2 & eta_B > -1/2")


def test_the_report_says_that_orders_are_bounds() -> None:
    program = lora("general", a0="-1/2", b0="-1/2", optimiser="sign", lr="per-factor", rank="growing")
    found = derive(program, **RATES)
    assert [one.step for one in found.sign_cancellations] == [3, 3]
    assert "orders are upper bounds" in str(found)
    assert "orders are upper bounds" in found.to_json()


@pytest.mark.parametrize("init", ["A", "B", "AB"])
def test_a_sum_over_a_fixed_rank_has_no_order_to_lose(init: str) -> None:
    assert tied(lora(init, optimiser="sign")) == ()


@pytest.mark.parametrize("init", ["A", "B"])
def test_a_zero_factor_has_one_direction_to_step_in(init: str) -> None:
    assert tied(lora(init, optimiser="sign", rank="growing")) == ()


def test_steps_of_other_optimisers_are_not_of_one_size() -> None:
    assert tied(lora("AB", optimiser="adam", rank="growing")) == ()


def test_layers_that_move_by_different_amounts_do_not_tie() -> None:
    assert tied(deep_linear(PARAMETRISATIONS["mup-adam"], optimiser="sign")) == ()


def test_tied_steps_leave_the_sum_over_the_rank_as_it_started() -> None:
    """delta3 is the sum of the starting signs again, of order n^(rho/2), where the bound is coherent, n^rho."""
    pytest.importorskip("torch")
    from validation.executor.cell import measure_cell
    from validation.executor.settings import Settings

    program = lora("general", a0="-1/2", b0="-1/2", optimiser="sign", lr="per-factor", rank="growing").substitute(RATES)
    found = measure_cell(program, 2048, range(32), Settings(steps=3))
    first, third = (found.sizes[0, :, step, found.quantities.index("delta3")] for step in (1, 3))
    assert (abs(third - first) <= 1e-9 * first).mean() > 0.9
