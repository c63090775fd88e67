"""Rates for every parameter: derived laws, tables, files a trainer reads, and trainings with them."""

from decimal import Decimal

import pytest

from gamma_calc.errors import OrderError, ProgramError
from gamma_calc.practice.law import Numbers
from gamma_calc.practice.roles import ROLES, Training

HERE = Numbers(4096, 8, Decimal(2))

SHARED = {
    "lora_A": "n^-1/2 r^-1/2 s^-1/2",
    "lora_B": "n^-1/2 r^-1/2 s^-1/2",
    "magnitude": "1",
    "lora_bias": "s^-1",
    "embedding_A": "r^-1/2 s^-1",
    "weight": "n^-1",
    "head": "n^-1",
    "embedding": "1",
    "norm": "1",
    "bias": "s^-1",
}


@pytest.mark.parametrize(("role", "law"), SHARED.items())
def test_every_role_has_a_law_in_width_rank_and_multiplier(role: str, law: str) -> None:
    assert str(ROLES[role].law(Training(), HERE)) == law


@pytest.mark.parametrize(
    ("init", "law"),
    [("B", "n^-1 s^-1"), ("gaussian", "n^-1/2 r^-1/2 s^-1/2"), ("corda", "n^-1 r^-1/2 s^-1/2")],
)
def test_the_law_of_one_rate_depends_on_the_start(init: str, law: str) -> None:
    assert str(ROLES["lora_A"].law(Training(init), HERE)) == law


def test_a_law_is_that_of_the_side_of_a_knee() -> None:
    """From Init[B] the cap of B's growth overtakes at r = n / s."""
    assert str(ROLES["lora_A"].law(Training("B"), Numbers(64, 64, Decimal(4)))) == "n^-1 s^-1"
    assert str(ROLES["lora_A"].law(Training("B"), Numbers(64, 64, Decimal("0.25")))) == "n^-1/2 r^-1/2 s^-1/2"


@pytest.mark.parametrize(("init", "ratio"), [("default", 4096 // 16), ("pissa", 4096 // 16), ("B", 4096 * 2 // 8)])
def test_two_rates_have_the_ratio_that_the_start_asks_for(init: str, ratio: int) -> None:
    laws = [ROLES[role].law(Training(init, two_rates=True), HERE) for role in ("lora_A", "lora_B")]
    assert laws[1].at(HERE) / laws[0].at(HERE) == pytest.approx(Decimal(ratio))


def test_two_rates_are_refused_where_a_z_starts_too_large() -> None:
    with pytest.raises(ProgramError, match="one rate"):
        ROLES["lora_A"].law(Training("gaussian", two_rates=True), HERE)


@pytest.mark.parametrize("numbers", [(1, 1, 1), (8, 16, 1), (8, 0, 1), (8, 2, 0), (8, 2, -1)])
def test_numbers_of_no_layer_are_refused(numbers: tuple[int, int, int]) -> None:
    with pytest.raises(OrderError, match="no layer"):
        Numbers(numbers[0], numbers[1], Decimal(numbers[2]))
