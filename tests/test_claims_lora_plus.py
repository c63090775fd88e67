"""Claims of LoRA+ (Hayou, Ghosh, Yu, arXiv 2402.12354) on equal and unequal learning rates, re-derived."""

from fractions import Fraction
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recursions import Exact, first, lora_recursion, toy_recursion

from gamma_calc import Dim, Program, Region, data, derive, iid, internal, lora, order, output, parameter, toy
from gamma_calc.catalogue.toy import STARTS
from gamma_calc.exponents import Order, where
from gamma_calc.language.change import earlier
from gamma_calc.language.expression import Time
from gamma_calc.optimisers import OPTIMISERS

DELTAS = ("delta1", "delta2", "delta3")
LORA_PLUS = {"eta_A": "-1", "eta_B": "0"}
SECOND_NOTION = "Z_A,Z_B"  # definition 3 bounds the internal feature too


def vanishes(value: Order) -> Region:
    """Where a quantity is of order one."""
    return where(value, "=", order(0))


def toy_from_anywhere(rate_a: str, rate_b: str) -> Program:
    """f = b a'x with both factors random: entries of a of order a0, b of order b0."""
    n = Dim("n", 1)
    x, error = data("x", n), data("U")
    a = parameter("a", n, init=iid("a0"), rate=rate_a)
    b = parameter("b", init=iid("b0"), rate=rate_b)
    f = b * (a @ x)
    return Program(
        "toy from anywhere",
        error * f,
        OPTIMISERS["sgd"],
        [internal("u", a @ x), output("f", f, parts=DELTAS)],
    )


def all_of_order_one(program: Program) -> Region:
    """Where f and the two linear parts of its next change are of order one, whatever state the step starts from."""
    found = derive(program)
    start, step = found.at_step(0), found.at_step(1)
    return vanishes(start["f"]) & vanishes(step["delta1"]) & vanishes(step["delta2"])


@given(st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_L1_the_change_of_the_toy_output_is_the_sum_of_its_three_parts(random: Random) -> None:
    """df = delta1 + delta2 + delta3 holds exactly. LoRA+, section 3.1."""
    quantities = toy().quantities
    value = Exact(random, {"n": 3}).value
    now, before = quantities["f"].node, earlier(quantities["f"].node, Time.PREVIOUS)
    change = value(now) - value(before)
    assert (value(quantities["df"].expression) == change).all()
    assert (sum(value(quantities[name].expression) for name in DELTAS) == change).all()


@given(st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_L7_the_change_of_Z_B_is_the_sum_of_its_three_parts(random: Random) -> None:
    """dZ_B = delta1 + delta2 + delta3 holds exactly, with the multiplier. LoRA+, section 4, definition 4."""
    quantities = lora(scaling="free").substitute({"sigma": "1/2"}).quantities
    value = Exact(random, {"n": 4, "r": 2}).value
    now, before = quantities["Z_B"].node, earlier(quantities["Z_B"].node, Time.PREVIOUS)
    change = value(now) - value(before)
    assert (value(quantities["dZ_B"].expression) == change).all()
    assert (sum(value(quantities[name].expression) for name in DELTAS) == change).all()


def test_L2_one_learning_rate_can_balance_both_factors_at_minus_one_half_only() -> None:
    """delta1 = delta2 = f = Theta(1) with one rate forces eta = n^(-1/2). LoRA+, proof of proposition 1."""
    assert all_of_order_one(toy_from_anywhere("eta", "eta")).project("eta") == Region.parse("eta = -1/2")


def test_L6_two_learning_rates_must_multiply_to_one_over_n() -> None:
    """delta1 = delta2 = f = Theta(1) forces eta_A + eta_B = -1. LoRA+, proof of proposition 2."""
    balanced = all_of_order_one(toy_from_anywhere("eta_A", "eta_B")).project("eta_A", "eta_B")
    assert balanced == Region.parse("eta_A + eta_B = -1")


def test_L3_at_minus_one_half_the_toy_from_init_1_learns_nothing() -> None:
    """From a random, b = 0 and eta = n^(-1/2): b = n^(-1/2), u = 1, so f = n^(-1/2). LoRA+, proposition 1."""
    found = derive(toy("1"), eta="-1/2")
    for step in range(1, 6):
        assert {k: found.at_step(step)[k] for k in "ubf"} == {"u": 0, "b": order("-1/2"), "f": order("-1/2")}
    assert derive(toy("1")).conditions["efficient"].empty


def test_L4_at_minus_one_half_the_toy_from_init_2_diverges() -> None:
    """From a = 0, b random and eta = n^(-1/2): u = n^(1/2), b = 1, so f = n^(1/2). LoRA+, proposition 1.

    The error signal is kept at order one, as in the paper's proof; a real one grows with f.
    """
    found = derive(toy("2"), eta="-1/2")
    for step in range(1, 6):
        assert {k: found.at_step(step)[k] for k in "ubf"} == {"u": order("1/2"), "b": 0, "f": order("1/2")}
    assert derive(toy("2")).conditions["efficient"].empty


@pytest.mark.parametrize("init", ["1", "2"])
def test_L5_with_rates_one_over_n_and_one_every_part_of_the_change_is_of_order_one(init: str) -> None:
    """eta_a = 1/n and eta_b = 1 make all three deltas Theta(1) after step 1, from both inits. LoRA+, proposition 2.

    Under gradient descent no other pair does, since each update carries the other factor.
    """
    found = derive(toy(init, lr="per-factor"), **LORA_PLUS)
    for step in range(2, 6):
        assert [found.at_step(step)[name] for name in (*DELTAS, "f", "df")] == [0, 0, 0, 0, 0]
    free = derive(toy(init, lr="per-factor")).conditions["efficient"]
    assert free.region == Region.parse("eta_A = -1 & eta_B = 0")


@pytest.mark.parametrize("optimiser", ["adam", "sign"])
@pytest.mark.parametrize("init", ["A", "B"])
def test_L8_equal_learning_rates_are_never_efficient_where_Z_A_is_bounded(init: str, optimiser: str) -> None:
    """With Z_A and Z_B both bounded no shared rate is efficient, from either init. LoRA+, theorem 1.

    From Init[A] it is the bound on Z_A that excludes the candidate -1/2, where Z_A = n^(1/2).
    """
    program = lora(init, optimiser=optimiser)
    efficient = derive(program, stability=SECOND_NOTION).conditions["efficient"]
    assert efficient.empty
    assert efficient.conflict is not None
    without = derive(program).conditions["efficient"].region
    assert without == Region.parse("eta = -1/2" if init == "A" else "none")
    if init == "A":
        assert any("Z_A = O(1)" in name for name in efficient.conflict.names)
        assert derive(program, eta="-1/2").orders["Z_A"] == order("1/2")


@pytest.mark.parametrize("optimiser", ["adam", "sign"])
@pytest.mark.parametrize("init", ["A", "B"])
def test_L9_rates_one_over_n_and_one_are_efficient_from_both_inits(init: str, optimiser: str) -> None:
    """(eta_A, eta_B) = (1/n, 1): Z_A, B, Z_B and all deltas are Theta(1) from step 2 on. LoRA+, theorem 1.

    The paper's proof ends with "t >= 1"; at step 1 one of the factors has no gradient and its delta is zero.
    """
    found = derive(lora(init, lr="per-factor", optimiser=optimiser), stability=SECOND_NOTION)
    point = {name: Fraction(value) for name, value in LORA_PLUS.items()}
    assert point in found.conditions["efficient"].region
    at_point = derive(lora(init, lr="per-factor", optimiser=optimiser), stability=SECOND_NOTION, **LORA_PLUS)
    for step in range(2, 6):
        assert {at_point.at_step(step)[name] for name in ("Z_A", "B", "Z_B", "dZ_B", *DELTAS)} == {order(0)}
    still = {"A": "delta1", "B": "delta2"}[init]
    assert at_point.at_step(1)[still].is_zero_quantity


def test_L10_the_pair_is_unique_from_init_A() -> None:
    """With Z_A bounded, (1/n, 1) is the only efficient pair from Init[A]. After LoRA+, theorem 1.

    It is not the only one from Init[B]: there B starts at order one and a larger B with a smaller Z_A does as well,
    so the ray eta_A + eta_B = -1, eta_A <= -1 is efficient. Bounding B too leaves the one pair for both inits.
    """
    pair = Region.parse("eta_A = -1 & eta_B = 0")
    ray = Region.parse("eta_A + eta_B = -1 & eta_A <= -1")
    for init, expected in (("A", pair), ("B", ray)):
        found = derive(lora(init, lr="per-factor"), stability=SECOND_NOTION)
        efficient = found.conditions["efficient"].region
        assert efficient == expected
        assert efficient & (found.orders["B"] <= 0) == pair


@pytest.mark.parametrize("init", ["A", "B", "AB", "general"])
def test_L11_where_both_linear_parts_are_of_order_one_so_is_the_third(init: str) -> None:
    """Stable with delta1 = delta2 = Theta(1) implies delta3 = Theta(1). LoRA+, section 4, definition 5."""
    found = derive(lora(init, lr="per-factor"))
    assert not found.conditions["efficient"].empty
    assert found.conditions["efficient"].region <= vanishes(found.orders["delta3"])


def test_L11_does_not_extend_to_layers_that_subtract_their_own_start() -> None:
    """The third part may vanish where the start of the product is not in the output and large.

    The claim of LoRA+ is about zero products; here entries n^0 in both factors are trained linearly around the start.
    """
    found = derive(lora("AB+", lr="per-factor", a0=0, b0=0))
    point = {"eta_A": Fraction(-1), "eta_B": Fraction(-1, 2)}
    assert point in found.conditions["efficient"].region
    assert found.orders["delta3"].at(point) == Fraction(-1, 2)


RATES = [Fraction(p, q) for p, q in ((-3, 2), (-1, 1), (-3, 4), (-1, 2), (-1, 5), (0, 1), (1, 3))]
ENTRIES = [Fraction(p, q) for p, q in ((-3, 2), (-1, 1), (-1, 2), (-1, 4), (0, 1), (2, 3))]


@pytest.mark.parametrize(
    ("init", "starts_a", "starts_b"),
    [("general", ENTRIES, ENTRIES), ("A", [Fraction(-1, 2)], [None]), ("B", [None], [Fraction(0)])],
    ids=["general", "A", "B"],
)
def test_the_derivation_agrees_with_the_recursion_of_the_proof_point_by_point(
    init: str, starts_a: list[Fraction | None], starts_b: list[Fraction | None]
) -> None:
    """What comes out of the program is the max-plus recursion of LoRA+, proof of theorem 1, at every step."""
    found = derive(lora(init, lr="per-factor"))
    steps = [found.at_step(step) for step in range(1, 5)]
    for a0, b0, a, b in product(starts_a, starts_b, RATES, RATES):
        z0 = None if a0 is None else a0 + Fraction(1, 2)
        point = {"eta_A": a, "eta_B": b} | {k: v for k, v in (("a0", a0), ("b0", b0)) if v is not None}
        for expected, orders in zip(first(lora_recursion(z0, b0, a, b), 4), steps, strict=True):
            assert {name: orders[name].at(point) for name in expected} == expected, point


@pytest.mark.parametrize("init", ["A", "B"])
def test_with_a_growing_rank_and_a_multiplier_the_recursion_holds_too(init: str) -> None:
    """Updates sum coherently over the rank, the random B0 to its square root, at any multiplier n^sigma."""
    found = derive(lora(init, lr="per-factor", rank="growing", scaling="free"))
    steps = [found.at_step(step) for step in range(1, 5)]
    for a, b, rho, s in product(RATES, RATES, (Fraction(0), Fraction(1, 3), Fraction(1)), ENTRIES[::2]):
        z0, b0 = (Fraction(0), None) if init == "A" else (None, -rho / 2)
        point = {"eta_A": a, "eta_B": b, "rho": rho, "sigma": s}
        for expected, orders in zip(first(lora_recursion(z0, b0, a, b, s=s, rho=rho), 4), steps, strict=True):
            assert {name: orders[name].at(point) for name in expected} == expected, point


@pytest.mark.parametrize("init", list(STARTS))
def test_the_toy_agrees_with_its_two_scalar_recursion_point_by_point(init: str) -> None:
    """u and b move each other: LoRA+, section 3.1."""
    found = derive(toy(init, lr="per-factor"))
    u, b0 = (Fraction(0), None) if init == "1" else (None, Fraction(0))
    for a, b in product(RATES, RATES):
        for step, expected in enumerate(first(toy_recursion(u, b0, a, b), 4), start=1):
            orders = found.at_step(step)
            assert {k: orders[k].at({"eta_A": a, "eta_B": b}) for k in expected} == expected, (a, b, step)
