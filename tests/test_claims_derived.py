"""Consequences that the papers do not state in this form: multiplier, growing rank, loss-aligned sizes, the toy's edge.

Each is derived by the package; the sources named are those that state a part of it.
"""

from fractions import Fraction

import pytest

from gamma_calc import Order, Program, Region, derive, lora, maximum, minimum, order, toy
from gamma_calc.exponents import same_on, where

DELTAS = ("delta1", "delta2", "delta3")


def largest_rate(program: Program) -> Order:
    """The largest stable learning rate as a function of the other exponents: one formula, attained everywhere."""
    region = derive(program).conditions["stable"].region
    (found,) = region.sup("eta")
    assert found.attained
    assert found.where == program.region
    assert found.value is not None
    return found.value


@pytest.mark.parametrize(
    ("init", "law", "branch", "below", "beyond"),
    [
        ("A", "min(-1/2 - sigma/2, -sigma)", "sigma <= 1", "-1/2 - sigma/2", "-sigma"),
        ("B", "min(-1 - sigma, -1/2 - sigma/2)", "sigma >= -1", "-1 - sigma", "-1/2 - sigma/2"),
    ],
    ids=["A", "B"],
)
def test_E2_a_multiplier_shifts_the_edge(init: str, law: str, branch: str, below: str, beyond: str) -> None:
    """With s = n^sigma the edge is -(1 + sigma)/2 from Init[A] for sigma <= 1, -1 - sigma from Init[B] for sigma >= -1.

    Beyond those knees it is -sigma and -(1 + sigma)/2. The same form as the condition of arXiv 2603.05204.
    """
    edge, knee = largest_rate(lora(init, scaling="free")), Region.parse(branch)
    assert edge == order(law)
    assert same_on(edge, order(below), knee)
    assert same_on(edge, order(beyond), ~knee)
    assert where(edge, "=", order(below)) == knee


@pytest.mark.parametrize(
    ("scaling", "g"),
    [("1", Fraction(0)), ("alpha/sqrt(r)", Fraction(1, 2)), ("alpha/r", Fraction(1))],
    ids=["1", "alpha/sqrt(r)", "alpha/r"],
)
def test_E3_a_growing_rank_costs_init_a_the_root_of_s_times_r(scaling: str, g: Fraction) -> None:
    """With r = n^rho and s = r^-g the edge falls by (1 - g) rho / 2 from Init[A]; from Init[B] with s = 1 not at all.

    muA (arXiv 2602.06204), corollary 4.4. One repeated sample, so the sum over the rank is coherent.
    """
    rho = order("rho")
    assert largest_rate(lora("A", rank="growing", scaling=scaling)) == order("-1/2") - rho * ((1 - g) / 2)
    if g == 0:
        assert largest_rate(lora("B", rank="growing", scaling=scaling)) == -1


def test_E4_a_path_through_a_random_b0_is_half_an_order_less_aligned() -> None:
    """A part of the change that passes a random B0 is large, but its share along the loss gradient is n^(-1/2) of it.

    From Init[B] at its edge delta1 = Theta(1) with an aligned part n^(-1/2); likewise from Init[AB] at the first step.
    Nothing is lost from Init[A], where B is made of gradients.
    """
    half = order("1/2")
    b = derive(lora("B"), eta=-1)
    assert b.orders["delta1"] == 0
    assert b.orders["delta1.aligned"] == -half
    both = derive(lora("AB")).at_step(1)
    assert both["delta1.aligned"] == both["delta1"] - half
    a = derive(lora("A"))
    for step in range(1, 5):
        sizes = a.at_step(step)
        assert [sizes[f"{name}.aligned"] for name in DELTAS] == [sizes[name] for name in DELTAS]


def test_E4_a_growing_rank_wins_the_alignment_back() -> None:
    """r random columns span a share sqrt(r/n) of the loss gradient: delta1 from Init[B] is aligned to that extent.

    Coherent in B0 B0' w, so more than the chance projection n^(-1/2); at r = n nothing is lost.
    """
    found = derive(lora("B", rank="growing"), eta=-1)
    for orders in (found.at_step(1), found.at_step(2), found.orders):
        assert same_on(orders["delta1"], order(0), found.program.region)
        assert same_on(orders["delta1.aligned"], (order("rho") - 1) / 2, found.program.region)


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_E6_before_it_escapes_the_toy_grows_with_every_step(step: int) -> None:
    """From Init[1] with one rate eta > -1/2, f after step t is of order -1/2 + (2t - 1)(eta + 1/2).

    So step t is stable exactly for eta <= -1/2 + 1/(2 (2t - 1)), and for every t for eta <= -1/2. The error signal is
    taken of order one, which holds while f is small. A refinement of LoRA+ (arXiv 2402.12354), proposition 1.
    """
    f = derive(toy("1")).at_step(step)["f"]
    power = 2 * step - 1
    law = order("-1/2") + power * (order("eta") + order("1/2"))
    assert f == maximum("eta", law)
    assert same_on(f, law, Region.parse("eta >= -1/2"))
    assert (f <= 0) & (order("-1/2") <= order("eta")) == Region.parse(f"-1/2 <= eta <= -1/2 + 1/{2 * power}")


def test_E6_the_growth_per_step_is_reported_where_nothing_settles() -> None:
    """Beyond -1/2 each step adds 2 eta + 1 to the order of f, from both starts."""
    for init, start in (("1", "eta"), ("2", "eta + 1")):
        found = derive(toy(init))
        assert found.settled == Region.parse("eta <= -1/2")
        assert found.growth["f"] == order("2*eta + 1")
        assert found.orders["f"] == order(start)
        assert found.conditions["stable"].region == (found.orders["f"] <= 0) & found.settled


def test_the_edges_of_all_inits_come_from_one_formula() -> None:
    """min(-(1 + sigma)/2, -sigma - z0, -1 - sigma - b0) with z0 = a0 + 1/2, where sigma + b0 + z0 <= 0."""
    region = derive(lora("general", scaling="free")).conditions["stable"].region
    (found,) = region.sup("eta")
    assert found.value == minimum("-1/2 - sigma/2", "-1/2 - sigma - a0", "-1 - sigma - b0")
    assert found.where == Region.parse("sigma + a0 + b0 + 1/2 <= 0")
