"""Published regime tables of the LoRA layer as data: the derivation must fill in every cell.

A row is a text of exponents; "." stands for a quantity that is identically zero.
"""

from collections.abc import Mapping
from fractions import Fraction

import pytest

from gamma_calc import Order, Program, Region, derive, lora, minimum, order, toy
from gamma_calc.exponents import same_on, where

QUANTITIES = ("Z_A", "B", "Z_B", "delta1", "delta2", "delta3")
DELTAS = ("delta1", "delta2", "delta3")
RANKS = Region.parse("0 <= rho <= 1")


def cells(row: str) -> list[Order]:
    return [order("-inf") if cell == "." else order(cell) for cell in map(str.strip, row.split("|"))]


def agrees(found: Mapping[str, Order], row: str, domain: str) -> bool:
    region = Region.parse(domain)
    return all(same_on(found[name], cell, region) for name, cell in zip(QUANTITIES, cells(row), strict=True))


def largest_rate(program: Program) -> tuple[Order, Region]:
    """The largest stable learning rate as a function of the other exponents, and where there is one."""
    (found,) = derive(program).conditions["stable"].region.sup("eta")
    assert found.attained
    assert found.value is not None
    return found.value, found.where


def condition(name: str, program: Program) -> Region:
    return derive(program).conditions[name].region


# Order of each quantity after step 1, 2 and from step 3 on, one learning rate; Init[B] below order one.
#                 Z_A             | B   | Z_B                    | delta1  | delta2                 | delta3
STEP_BY_STEP = [
    ("A", 1, "all", "0             | eta | eta                    | .       | eta                    | .      "),
    ("A", 2, "all", "max(0, eta+1) | eta | max(eta, 2*eta+1)      | 2*eta+1 | eta                    | 2*eta+1"),
    ("A", 3, "all", "max(0, eta+1) | eta | max(eta, 2*eta+1)      | 2*eta+1 | max(eta, 2*eta+1)      | 2*eta+1"),
    ("A", 6, "all", "max(0, eta+1) | eta | max(eta, 2*eta+1)      | 2*eta+1 | max(eta, 2*eta+1)      | 2*eta+1"),
    ("B", 1, "eta < 0", "eta+1     | 0   | eta+1                  | eta+1   | .                      | .      "),
    ("B", 2, "eta < 0", "eta+1     | 0   | eta+1                  | eta+1   | 2*eta+1                | 2*eta+1"),
    ("B", 3, "eta < 0", "eta+1     | 0   | eta+1                  | eta+1   | 2*eta+1                | 2*eta+1"),
    ("B", 6, "eta < 0", "eta+1     | 0   | eta+1                  | eta+1   | 2*eta+1                | 2*eta+1"),
]


@pytest.mark.parametrize("optimiser", ["adam", "sign"])
@pytest.mark.parametrize(("init", "step", "domain", "row"), STEP_BY_STEP)
def test_orders_step_by_step(init: str, step: int, domain: str, row: str, optimiser: str) -> None:
    """arXiv 2406.08447, proofs of both theorems; early steps from the recursion of LoRA+ with its gates."""
    assert agrees(derive(lora(init, optimiser=optimiser)).at_step(step), row, domain)


@pytest.mark.parametrize(("init", "step"), [("A", 3), ("B", 3), ("AB", 2), ("AB+", 2)])
def test_the_step_from_which_the_settled_orders_hold(init: str, step: int) -> None:
    assert derive(lora(init)).from_step == step


# Both factors random with variance 1/n, one learning rate, from step 2 on. arXiv 2505.23194.
RANDOM_STARTS = [
    ("clt", "eta <= -1", "0           | -1/2 | -1/2    | eta+1/2 | eta     | 2*eta+1"),
    ("clt", "-1 <= eta <= -1/2", "eta+1 | -1/2 | eta+1/2 | eta+1/2 | 2*eta+1 | 2*eta+1"),
    ("additive", "eta <= -1/2", "1/2    | -1/2 | 0       | eta+1/2 | eta+1/2 | 2*eta+1"),
    ("clt", "eta = -1/2", "1/2        | -1/2 | 0       | 0       | 0       | 0      "),
    ("additive", "eta = -1/2", "1/2     | -1/2 | 0       | 0       | 0       | 0      "),
    ("clt", "eta > -1/2", "eta+1      | eta  | 2*eta+1 | 2*eta+1 | 2*eta+1 | 2*eta+1"),
    ("additive", "eta > -1/2", "eta+1   | eta  | 2*eta+1 | 2*eta+1 | 2*eta+1 | 2*eta+1"),
]


@pytest.mark.parametrize("step", [2, 3, 5])
@pytest.mark.parametrize(("rule", "domain", "row"), RANDOM_STARTS)
def test_regimes_of_two_random_factors(rule: str, domain: str, row: str, step: int) -> None:
    assert agrees(derive(lora("AB", sum_rule=rule)).at_step(step), row, domain)


@pytest.mark.parametrize("rule", ["clt", "additive"])
def test_above_the_edge_two_random_factors_are_unstable(rule: str) -> None:
    assert derive(lora("AB", sum_rule=rule)).orders["Z_B"] == (
        order("max(-1/2, eta+1/2, 2*eta+1)" if rule == "clt" else "max(0, 2*eta+1)")
    )
    assert condition("stable", lora("AB", sum_rule=rule)) == Region.parse("eta <= -1/2")


# One learning rate, central limit, stability by Z_B: the first table to look at.
SUMMARY = {
    "A": ("-1/2", "eta = -1/2", "eta_A + eta_B = -1 & eta_A >= -1", "eta = -1/2", "eta <= -1"),
    "B": ("-1", "eta = -1", "eta_A + eta_B = -1 & eta_B >= 0", "none", "eta <= -1"),
    "AB": ("-1/2", "eta = -1/2", "eta_A + eta_B = -1 & -1 <= eta_A <= -1/2", "eta = -1/2", "eta <= -1"),
}


@pytest.mark.parametrize("init", SUMMARY)
def test_summary_of_the_three_inits(init: str) -> None:
    edge, learning, efficient_pairs, efficient, internally_stable = SUMMARY[init]
    found = derive(lora(init)).conditions
    assert found["stable"].region == Region.parse(f"eta <= {edge}")
    assert (found["stable"].largest["eta"].value, found["stable"].largest["eta"].attained) == (Fraction(edge), True)
    assert found["feature_learning"].region == Region.parse(learning)
    assert found["efficient"].region == Region.parse(efficient)
    assert found["internally_stable"].region == Region.parse(internally_stable)
    assert condition("efficient", lora(init, lr="per-factor")) == Region.parse(efficient_pairs)


def test_summary_in_the_additive_reading() -> None:
    """The efficient pairs shrink to a point, and Z_A = n^(1/2) is never bounded."""
    found = derive(lora("AB", lr="per-factor", sum_rule="additive")).conditions
    assert found["efficient"].region == Region.parse("eta_A = -1/2 & eta_B = -1/2")
    assert found["efficient"].region.vertices() == ({"eta_A": Fraction(-1, 2), "eta_B": Fraction(-1, 2)},)
    assert found["internally_stable"].empty


# Every start at once: z0 = a0 + 1/2.
STABLE = "a0 + 1/2 + b0 <= 0 & b0 + eta_A + 1 <= 0 & eta_B + a0 + 1/2 <= 0 & eta_A + eta_B + 1 <= 0"
EFFICIENT = "eta_A + eta_B = -1 & b0 <= eta_B & a0 + 1/2 <= eta_A + 1"


def test_inequalities_for_any_start() -> None:
    found = derive(lora("general", lr="per-factor"))
    assert found.conditions["stable"].region == Region.parse(STABLE)
    learning, starts = found.conditions["efficient"].region, Region.parse("a0 + 1/2 + b0 <= 0")
    assert learning == Region.parse(EFFICIENT)
    assert learning <= starts
    assert found.conditions["internally_stable"].region == Region.parse(f"{STABLE} & a0 <= -1/2 & eta_A <= -1")
    bounded = learning & (found.orders["Z_A"] <= 0) & (found.orders["B"] <= 0)
    assert bounded == Region.parse("eta_A = -1 & eta_B = 0 & a0 <= -1/2 & b0 <= 0")


def test_inequalities_with_a_growing_rank_and_a_multiplier() -> None:
    """The random B0 sums to the root of the rank, what training adds to the rank itself."""
    program = lora("general", lr="per-factor", rank="growing", scaling="free")
    expected = (
        "sigma + a0 + 1/2 + b0 + rho/2 <= 0 & sigma + b0 + eta_A + 1 + rho/2 <= 0 & "
        "sigma + eta_B + a0 + 1/2 + rho <= 0 & sigma + eta_A + eta_B + 1 + rho <= 0 & 0 <= rho <= 1"
    )
    assert condition("stable", program) == Region.parse(expected)


def test_the_edge_for_any_start() -> None:
    """A costs learning rate for a0 > 0 only, B for b0 > -1/2; without a residual there is none for a0 + b0 > -1/2."""
    edge, exists = largest_rate(lora("general"))
    assert edge == order("min(-1/2, -1/2 - a0, -1 - b0)")
    assert exists == Region.parse("a0 + b0 <= -1/2")
    assert where(edge, "=", order("-1/2")) == Region.parse("a0 <= 0 & b0 <= -1/2")
    assert edge(a0="-1/2", b0=0) == -1


def test_the_edge_in_the_additive_reading() -> None:
    edge, exists = largest_rate(lora("general", sum_rule="additive"))
    assert edge == order("min(-1/2, -1 - a0, -1 - b0)")
    assert exists == Region.parse("a0 + b0 <= -1")
    assert where(edge, "<", order("-1/2")) == Region.parse("a0 > -1/2 | b0 > -1/2")


def test_with_the_residual_the_start_need_not_be_small() -> None:
    """The inequality on a0 + 1/2 + b0 drops, and linearised points of a larger start become efficient."""
    edge, exists = largest_rate(lora("AB+", a0="a0", b0="b0"))
    assert edge == order("min(-1/2, -1/2 - a0, -1 - b0)")
    assert exists.is_everything
    found = derive(lora("AB+", a0="a0", b0="b0", lr="per-factor"))
    start = Region.parse("a0 + 1/2 + b0 <= 0")
    assert not found.conditions["stable"].region <= start
    assert found.conditions["stable"].region & start == Region.parse(STABLE)
    linearised = Region.parse("eta_A = -1 - b0 & eta_B = -1/2 - a0 & a0 + 1/2 + b0 >= 0")
    assert found.conditions["efficient"].region == Region.parse(EFFICIENT) | linearised
    assert linearised <= where(found.orders["delta3"], "=", -(order("a0") + order("1/2") + order("b0")))


# Initialisations of the literature that subtract their own product, with a growing rank: edge in rho.
RESIDUAL_STARTS = [("-1/2", "-1/2", "-1/2 - rho/2"), ("0", "0", "-1 - rho/2"), ("-1/2", "-rho/2", "-1")]


@pytest.mark.parametrize(("a0", "b0", "edge"), RESIDUAL_STARTS, ids=["fitted", "alpha", "beta"])
def test_edges_of_inilora(a0: str, b0: str, edge: str) -> None:
    """IniLoRA (arXiv 2510.03731) and its alpha and beta variants: entries from their code, W* - B0 A0 frozen."""
    found, domain = largest_rate(lora("AB+", a0=a0, b0=b0, rank="growing"))
    assert found == order(edge)
    assert domain == RANKS


@pytest.mark.parametrize(
    ("init", "edge"), [("default", "-1/2"), ("gaussian", "-1/2"), ("false", "-1")], ids=["default", "gaussian", "false"]
)
def test_edges_of_peft(init: str, edge: str) -> None:
    """What init_lora_weights of Hugging Face peft starts from, at fixed rank; "false" draws B with variance 1/r."""
    assert condition("stable", lora(init)) == Region.parse(f"eta <= {edge}")


# With s = n^sigma: edge, and the knee at which the first branch ends.
MULTIPLIER = [
    ("A", "min(-1/2 - sigma/2, -sigma)", "sigma <= 1", "-1/2 - sigma/2"),
    ("B", "min(-1 - sigma, -1/2 - sigma/2)", "sigma >= -1", "-1 - sigma"),
]


@pytest.mark.parametrize(("init", "law", "knee", "branch"), MULTIPLIER, ids=["A", "B"])
def test_edges_with_a_multiplier(init: str, law: str, knee: str, branch: str) -> None:
    edge, domain = largest_rate(lora(init, scaling="free"))
    assert edge == order(law)
    assert domain.is_everything
    assert where(edge, "=", order(branch)) == Region.parse(knee)


@pytest.mark.parametrize(
    ("scaling", "g"), [("1", Fraction(0)), ("alpha/sqrt(r)", Fraction(1, 2)), ("alpha/r", Fraction(1))]
)
def test_edges_with_a_growing_rank(scaling: str, g: Fraction) -> None:
    """s = r^-g: -1/2 - (1-g) rho/2 from Init[A]; from Init[B] min(g rho - 1, that), with the knee at rho = 1/(1+g).

    muA (arXiv 2602.06204), corollary 4.4, with Z_A at the edge. Its min for Init[B] beyond the knee is derived.
    """
    rho, domain = order("rho"), RANKS
    quadratic, linear = order("-1/2") - rho * ((1 - g) / 2), g * rho - 1
    from_a, from_b = (lora(init, rank="growing", scaling=scaling) for init in "AB")
    assert largest_rate(from_a) == (quadratic, domain)
    edge, where_b = largest_rate(from_b)
    assert where_b == domain
    assert same_on(edge, minimum(linear, quadratic), domain)
    assert where(edge, "=", linear) & domain == Region.parse(f"0 <= rho <= {1 / (1 + g)}")
    for program, at, feature in ((from_a, quadratic, quadratic + 1), (from_b, linear, g * rho)):
        assert same_on(derive(program).orders["Z_A"](eta=at), feature, domain)


@pytest.mark.parametrize("init", ["A", "B"])
@pytest.mark.parametrize(
    ("scaling", "g"), [("1", Fraction(0)), ("alpha/sqrt(r)", Fraction(1, 2)), ("alpha/r", Fraction(1))]
)
def test_lora_plus_with_a_growing_rank(init: str, scaling: str, g: Fraction) -> None:
    """eta_A = 1/n, eta_B = 1/(s r): all three deltas and Z_A are of order one in n and in r."""
    program = lora(init, rank="growing", scaling=scaling, lr="per-factor")
    found = derive(program, eta_A=-1, eta_B=(g - 1) * order("rho"))
    assert [found.orders[name] for name in (*DELTAS, "Z_A", "dZ_B")] == [0, 0, 0, 0, 0]
    assert found.conditions["efficient"].region == RANKS


def test_from_init_b_with_a_growing_rank_only_delta1_is_active() -> None:
    """At eta = 1/n and s = 1: delta1 = 1, delta2 = delta3 = r/n on a repeated sample (muA: sqrt(r)/n for delta3)."""
    found = derive(lora("B", rank="growing"), eta=-1)
    assert [found.orders[name] for name in (*DELTAS, "Z_A")] == [order(e) for e in ("0", "rho - 1", "rho - 1", "0")]


# The toy f = b a'x under gradient descent, one rate, an error of order one: f after step t, stable at step t up to.
TOY = [
    (1, "eta", "0"),
    (2, "max(eta, 3*eta + 1)", "-1/3"),
    (3, "max(eta, 5*eta + 2)", "-2/5"),
    (4, "max(eta, 7*eta + 3)", "-3/7"),
]


@pytest.mark.parametrize(("step", "f", "edge"), TOY, ids=str)
def test_the_toy_step_by_step(step: int, f: str, edge: str) -> None:
    """-1/2 + (2t-1)(eta + 1/2) above -1/2; LoRA+ (arXiv 2402.12354), section 3.1, before its limit of large t."""
    found = derive(toy("1")).at_step(step)["f"]
    assert found == order(f)
    assert (found <= 0) == Region.parse(f"eta <= {edge}")


# gamma of (b, u, f) at eta = -1/2, and of the deltas with rates (-1, 0).
@pytest.mark.parametrize(("init", "row"), [("1", ("-1/2", "0", "-1/2")), ("2", ("0", "1/2", "1/2"))])
def test_the_toy_at_its_only_candidate(init: str, row: tuple[str, str, str]) -> None:
    found = derive(toy(init), eta="-1/2")
    assert tuple(found.orders[name] for name in ("b", "u", "f")) == tuple(map(order, row))
    pair = derive(toy(init, lr="per-factor"), eta_A=-1, eta_B=0)
    assert {pair.orders[name] for name in (*DELTAS, "b", "u", "f")} == {order(0)}
