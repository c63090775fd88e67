"""A squared error to a wide target brings an adapter's own output back into its gradient; a linear loss cannot."""

from __future__ import annotations

import pytest

from gamma_calc import Region, derive, lora, order


@pytest.mark.parametrize("init", ["A", "B", "AB"])
def test_a_linear_loss_has_no_feedback(init: str) -> None:
    found = derive(lora(init))
    assert found.feedback == ()
    assert not found.balance


def test_a_random_b_turns_the_updates_of_a_round_from_the_second_step() -> None:
    """Under Init[B] B0'B0 is of order n, so the returned part leads as soon as Z_A exceeds n^-1/2."""
    found = derive(lora("B", loss="vector"))
    (of_a,) = (f for f in found.feedback if f.parameter == "A")
    assert of_a.step == 2
    assert of_a.where == Region.parse("eta > -3/2")
    assert "upper bounds" in str(of_a)


def test_the_balance_of_init_b_is_at_minus_one_half() -> None:
    """Measured elsewhere: Z_A at eta = n^-1 falls from order 0 towards n^-1/2."""
    found = derive(lora("B", loss="vector"))
    assert found.orders["Z_A"](eta=-1) == order(0)
    assert found.balance["Z_A"](eta=-1) == order("-1/2")


@pytest.mark.parametrize("loss", ["scalar", "readout", "vector"])
def test_a_zero_b_meets_no_feedback_inside_the_stable_set(loss: str) -> None:
    found = derive(lora("A", loss=loss))
    stable = found.conditions["stable"].region
    assert all((f.where & stable).is_empty for f in found.feedback)
