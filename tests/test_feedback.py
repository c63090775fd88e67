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
    found = derive(lora("B", loss="vector"))
    assert found.orders["Z_A"](eta=-1) == order(0)
    assert found.balance["Z_A"](eta=-1) == order("-1/2")


@pytest.mark.parametrize("loss", ["scalar", "readout", "vector"])
def test_a_zero_b_meets_no_feedback_inside_the_stable_set(loss: str) -> None:
    found = derive(lora("A", loss=loss))
    stable = found.conditions["stable"].region
    assert all((f.where & stable).is_empty for f in found.feedback)


# -- in numbers --------------------------------------------------------------------------------------------------------

WIDTHS = tuple(2**k for k in range(7, 12))


def slopes(optimiser: str, factor: float, steps: tuple[int, ...]) -> list[float]:
    """The slope of Z_A against the width after some steps of Init[B] at eta = factor / n."""
    numpy = pytest.importorskip("numpy")
    pytest.importorskip("torch")
    from validation.executor.cell import measure_cell
    from validation.executor.settings import Settings

    program = lora("B", loss="vector", optimiser=optimiser).substitute({"eta": -1})
    cells = [measure_cell(program, n, range(16), Settings(steps=max(steps)), rates=(factor,)) for n in WIDTHS]
    which = cells[0].quantities.index("Z_A")
    sizes = [[float(numpy.sqrt((c.sizes[0, :, t, which] ** 2).mean())) for c in cells] for t in steps]
    return [float(numpy.polyfit(numpy.log(WIDTHS), numpy.log(y), 1)[0]) for y in sizes]


def test_steps_below_the_balance_lead_to_it() -> None:
    """Z_A falls from the bound, order 0, to n^-1/2 as steps of 0.03 add up to n^-1/2 and turn round."""
    first, second, fifth, twentieth = slopes("adam", 0.03, (1, 2, 5, 20))
    assert abs(first) < 0.05
    assert first > second > fifth > twentieth
    assert abs(twentieth + 0.5) < 0.15


def test_sign_steps_above_the_balance_hop_over_it_at_the_bound() -> None:
    """Each step is of order 0 whatever the gradient is: there and back, so the bound holds with equality."""
    assert max(map(abs, slopes("sign", 1.0, (1, 3, 5)))) < 0.05


def test_orders_under_feedback_are_judged_as_bounds() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("scipy")
    from validation import Verdict, validate

    found = validate(
        lora("B", loss="vector", optimiser="adam"), {"eta": -1}, widths=(128, 512, 1024, 2048), seeds=16, steps=3
    )
    below = found.row("Z_A", 3)
    assert below.measured is not None
    assert below.measured < -0.15
    assert below.verdict is Verdict.CONFIRMED
    assert below.reason.startswith("an upper bound: ")
    assert found.verdict is not Verdict.REFUTED


@pytest.mark.parametrize("optimiser", ["muon", "shampoo"])
def test_a_rule_that_scales_its_gradient_has_feedback_all_the_same(optimiser: str) -> None:
    """What drives the update has one size, the gradient has not."""
    marks = {
        mark.parameter: str(mark.where) for mark in derive(lora(init="B", loss="vector", optimiser=optimiser)).feedback
    }
    assert set(marks) == {"A", "B"}
