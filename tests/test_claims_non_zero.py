"""Claims of Li et al. (arXiv 2505.23194) on starting with both factors random, re-derived.

The paper adds 1 for every sum over n, also for A0 Z with A0 random (``sum_rule="additive"``). The central limit gives
1/2 there, and the same statements hold with a0 + 1/2 in the place of a0 + 1. Where the two part is said in each test.
"""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recursions import Exact

from gamma_calc import Order, Program, Region, derive, lora, minimum, order
from gamma_calc.derivation.derivation import Derivation
from gamma_calc.exponents import Affine, where
from gamma_calc.language.change import earlier
from gamma_calc.language.expression import Time
from gamma_calc.operations.since_start import SinceStart

BOTH_RULES = pytest.mark.parametrize(("rule", "gain"), [("additive", "1"), ("clt", "1/2")], ids=["additive", "clt"])
BOTH_NOTIONS = pytest.mark.parametrize("stability", ["Z_B", "theta"])
BOTH_RATES = pytest.mark.parametrize("lr", ["shared", "per-factor"])
RATES = ("eta", "eta_A", "eta_B")
FACTORS = ("Z_A", "A", "B", "dZ_B", "delta1", "delta2", "delta3")


def degree(form: Affine) -> Fraction:
    """The power of the learning rate in a monomial, both rates counted together."""
    return sum((form.coefficient(name) for name in RATES), start=Fraction(0))


def degree_for_small_rates(value: Order) -> Fraction:
    """How a quantity scales with the learning rate c n^eta itself, at a fixed width and for small c.

    An order is the maximum of the exponents of monomials c^k n^(k eta + ...): the learning rate enters through n^eta
    alone, so the coefficient k of eta is the degree in c. For a small learning rate the lowest degree leads.
    """
    assert value.is_convex
    return min(degree(form) for form in value.above)


def linear_where(value: Order) -> Region:
    """The exponents at which the monomials of degree one lead."""
    linear = Order(frozenset(form for form in value.above if degree(form) == 1))
    return where(value, "=", linear)


def robust(found: Derivation) -> Region:
    return linear_where(found.orders["delta1"]) & linear_where(found.orders["delta2"])


def efficient(program: Program, stability: str = "Z_B") -> Region:
    return derive(program, stability=stability).conditions["efficient"].region


@BOTH_NOTIONS
@BOTH_RULES
def test_N1_efficient_iff_the_rates_multiply_to_one_over_n_and_dominate_the_starts(
    rule: str, gain: str, stability: str
) -> None:
    """Efficient exactly for eta_A + eta_B = -1, a0 <= eta_A, b0 <= eta_B, not both factors zero. Equation 5.

    In the additive reading, literally; by the central limit a0 + 1/2 <= eta_A + 1. The paper asks for Z_B = Theta(1)
    ("theta"); with Z_B = O(1) the same set comes out.
    """
    found = efficient(lora("general", lr="per-factor", sum_rule=rule), stability)
    assert found == Region.parse(f"eta_A + eta_B = -1 & a0 + {gain} <= eta_A + 1 & b0 <= eta_B")
    assert efficient(lora("general", lr="per-factor", sum_rule=rule, a0="-inf", b0="-inf"), stability).is_empty


@BOTH_NOTIONS
def test_N2_with_one_rate_both_starts_are_at_most_minus_one_half(stability: str) -> None:
    """With a shared rate: eta = -1/2, a0 <= -1/2 and b0 <= -1/2 (additive). Equation 6.

    By the central limit the bound on a0 is 0. A larger B0 at the same rate makes delta1 grow.
    """
    additive = efficient(lora("general", sum_rule="additive"), stability)
    assert additive == Region.parse("eta = -1/2 & a0 <= -1/2 & b0 <= -1/2")
    assert efficient(lora("general"), stability) == Region.parse("eta = -1/2 & a0 <= 0 & b0 <= -1/2")
    larger = derive(lora("general", a0="-1/2", b0="-1/4"), eta="-1/2")
    assert larger.orders["delta1"] == order("1/4")


@pytest.mark.parametrize(
    ("rule", "a0"), [("additive", "-1"), ("additive", "-1/2"), ("clt", "-1/2")], ids=["-1", "literal -1/2", "clt"]
)
def test_N3_init_a_qualifies_and_init_b_does_not(rule: str, a0: str) -> None:
    """Init[A] meets the condition for one shared rate, Init[B] with b0 = 0 does not. After equation 6.

    For Init[A] with a variance of 1/n the paper is quoted with entries n^-1 as well as n^(-1/2); both qualify.
    """
    assert efficient(lora("A", sum_rule=rule, a0=a0)) == Region.parse("eta = -1/2")
    assert efficient(lora("B", sum_rule=rule)).is_empty


@BOTH_RATES
@pytest.mark.parametrize(("init", "power"), [("A", 2), ("B", 1), ("AB", 1), ("AB+", 1)])
def test_N4_below_the_edge_delta1_is_quadratic_in_the_rate_from_init_a_only(init: str, power: int, lr: str) -> None:
    """For a small learning rate delta1 is quadratic in it from Init[A], linear from Init[AB]. Robustness."""
    assert degree_for_small_rates(derive(lora(init, lr=lr)).orders["delta1"]) == power


@BOTH_RATES
@pytest.mark.parametrize(("init", "power"), [("A", 1), ("B", 2), ("AB", 1), ("AB+", 1)])
def test_N5_below_the_edge_delta2_is_quadratic_in_the_rate_from_init_b_only(init: str, power: int, lr: str) -> None:
    """For a small learning rate delta2 is quadratic in it from Init[B], linear from Init[AB]. Robustness."""
    assert degree_for_small_rates(derive(lora(init, lr=lr)).orders["delta2"]) == power


def test_N5_the_linear_part_leads_below_the_crossover_only() -> None:
    """From Init[AB] delta1 is linear up to eta = -1/2, delta2 up to eta = -1, where Z_A starts to grow.

    "Both linear" therefore means eta <= -1 by the central limit; in the additive reading both last to -1/2.
    """
    clt, additive = derive(lora("AB")), derive(lora("AB", sum_rule="additive"))
    assert linear_where(clt.orders["delta1"]) == Region.parse("eta <= -1/2")
    assert linear_where(clt.orders["delta2"]) == Region.parse("eta <= -1")
    assert robust(additive) == Region.parse("eta <= -1/2")


@BOTH_RULES
def test_N6_robust_and_efficient_starts_are_as_large_as_what_training_adds(rule: str, gain: str) -> None:
    """Efficient with both parts linear in the rate forces a0 = eta_A and b0 = eta_B (additive).

    By the central limit a0 + 1/2 = eta_A + 1 and b0 = eta_B: variance 1/n for B, but variance 1 for A.
    """
    pair = derive(lora("general", lr="per-factor", sum_rule=rule))
    expected = Region.parse(f"eta_A + eta_B = -1 & a0 + {gain} = eta_A + 1 & b0 = eta_B")
    assert pair.conditions["efficient"].region & robust(pair) == expected
    one = derive(lora("general", sum_rule=rule))
    shared = one.conditions["efficient"].region & robust(one)
    assert shared == Region.parse(f"eta = -1/2 & b0 = -1/2 & a0 = 1/2 - {gain}")


def test_N6_such_a_start_is_efficient_from_the_first_step_on() -> None:
    """At eta = -1/2 with a0 = 0 and b0 = -1/2, delta1 = delta2 = Theta(1) already at step 1."""
    found = derive(lora("general", a0=0, b0="-1/2"), eta="-1/2")
    for step in range(1, 5):
        assert found.at_step(step)["delta1"] == found.at_step(step)["delta2"] == 0


@BOTH_RULES
def test_N7_the_largest_stable_rate_is_the_smallest_of_three_bounds(rule: str, gain: str) -> None:
    """sup eta = min(-1/2, -z0, -1 - b0) with z0 the order of A0 Z, where b0 + z0 <= 0."""
    z0 = order("a0") + order(gain)
    (largest,) = derive(lora("general", sum_rule=rule)).conditions["stable"].region.sup("eta")
    assert largest.value == minimum("-1/2", -z0, "-1 - b0")
    assert largest.where == (z0 + order("b0") <= 0)
    assert largest.attained


@pytest.mark.parametrize(("rule", "noise"), [("clt", "-1/2"), ("additive", "0")], ids=["clt", "additive"])
def test_N8_what_the_start_adds_to_the_output_vanishes(rule: str, noise: str) -> None:
    """From Init[AB], B0 A0 Z vanishes as n^(-1/2), so the pretrained output is kept. Second question of the paper.

    In the paper's own additive reading it is of order one, and does not vanish.
    """
    assert derive(lora("AB", sum_rule=rule)).at_step(0)["Z_B"] == order(noise)


@given(st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_N9_with_the_residual_the_merged_layer_starts_at_the_pretrained_one(random: Random) -> None:
    """W* - s B0 A0 + s B A is W* at the start, exactly, and later W* plus what training added. Init[AB+]."""
    Z_B = lora("AB+", scaling="free").substitute({"sigma": "1/2"}).quantity("Z_B").node
    assert isinstance(Z_B, SinceStart)
    product = Z_B.arguments[0]
    value = Exact(random, {"n": 3, "r": 2}).value
    assert (value(Z_B) == value(product) - value(earlier(product, Time.START))).all()
    assert derive(lora("AB+")).at_step(0)["Z_B"].is_zero_quantity
    assert derive(lora("AB")).at_step(0)["Z_B"] == order("-1/2")


@BOTH_RULES
def test_N10_the_residual_changes_no_exponent_of_the_factors(rule: str, gain: str) -> None:
    """Init[AB] and Init[AB+] have the same exponents at every step.

    All but that of Z_B, which from Init[AB] also holds the noise B0 A0 Z; the two agree where training has outgrown it.
    """
    plain, residual = (derive(lora(init, sum_rule=rule)) for init in ("AB", "AB+"))
    for step in range(1, 5):
        one, two = plain.at_step(step), residual.at_step(step)
        assert {name: one[name] for name in FACTORS} == {name: two[name] for name in FACTORS}
    noise = order(gain) - 1
    differ = where(residual.orders["Z_B"], "<", plain.orders["Z_B"])
    assert differ == where(residual.orders["dZ_B"], "<", noise)
    assert plain.conditions["efficient"].region == residual.conditions["efficient"].region


def test_N12_the_rates_of_lora_plus_suit_init_ab_by_the_central_limit_alone() -> None:
    """(eta_A, eta_B) = (-1, 0) is efficient from Init[AB]; in the literal additive reading with a0 = -1/2 it is not.

    There a0 <= eta_A fails, and Z_B = n^(1/2).
    """
    point = {"eta_A": Fraction(-1), "eta_B": Fraction(0)}
    assert point in efficient(lora("AB", lr="per-factor"))
    additive = derive(lora("AB", lr="per-factor", sum_rule="additive"))
    assert point not in additive.conditions["efficient"].region
    assert additive.orders["Z_B"].at(point) == Fraction(1, 2)
    assert additive.conditions["efficient"].region == Region.parse("eta_A = -1/2 & eta_B = -1/2")
