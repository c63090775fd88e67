"""Claims of Hayou, Ghosh, Yu (arXiv 2406.08447) on starting with B = 0 (Init[A]) or A = 0 (Init[B]), re-derived."""

from fractions import Fraction

import pytest

from gamma_calc import Region, derive, lora, maximum, order, other
from gamma_calc.derivation.derivation import Derivation
from gamma_calc.operations.since_start import since_start

ALL_OPTIMISERS = pytest.mark.parametrize("optimiser", ["adam", "sign"])
DELTAS = ("delta1", "delta2", "delta3")
HALF = Fraction(1, 2)


def moved_factors(init: str) -> Derivation:
    """A LoRA layer that also watches how far each factor is from its start."""
    layer = lora(init)
    moved = [other(f"{name}_moved", since_start(layer.quantity(name).node)) for name in ("A", "B")]
    return derive(layer.replaced(watch=[*layer.watch, *moved]))


@ALL_OPTIMISERS
def test_I1_init_a_is_stable_iff_at_most_minus_one_half(optimiser: str) -> None:
    """From Init[A], Z_B stays bounded for all t exactly for eta <= -1/2. Theorem for Init[A], first part."""
    found = derive(lora("A", optimiser=optimiser))
    assert found.orders["Z_B"] == order("max(eta, 2*eta + 1)")
    assert found.conditions["stable"].region == Region.parse("eta <= -1/2")
    assert found.settled.is_everything


@ALL_OPTIMISERS
def test_I2_init_a_learns_features_iff_at_minus_one_half(optimiser: str) -> None:
    """From Init[A], dZ_B is of order one within stability exactly at -1/2. Theorem for Init[A], second part.

    Between -1 and 0 it is of order 2 eta + 1.
    """
    found = derive(lora("A", optimiser=optimiser))
    assert found.conditions["feature_learning"].region == Region.parse("eta = -1/2")
    assert found.conditions["efficient"].region == Region.parse("eta = -1/2")
    for eta in (Fraction(-9, 10), Fraction(-3, 4), Fraction(-1, 4)):
        assert found.orders["dZ_B"].at({"eta": eta}) == 2 * eta + 1


@ALL_OPTIMISERS
def test_I3_at_its_edge_init_a_is_efficient_from_step_three_on(optimiser: str) -> None:
    """At -1/2 all three parts of the change are of order one from step 3 on. Theorem for Init[A], second part."""
    found = derive(lora("A", optimiser=optimiser), eta="-1/2")
    for step in range(3, 7):
        assert [found.at_step(step)[name] for name in DELTAS] == [0, 0, 0]
    assert found.from_step == 3


@ALL_OPTIMISERS
def test_I4_at_its_edge_init_a_moves_b_too_little_in_step_two(optimiser: str) -> None:
    """delta2 at step 2 is n^(-1/2), so "for all t > 1" in the definition of efficiency begins at t = 3.

    A refinement of definition 5 of arXiv 2406.08447: before step 2 the feature Z_A is still A0 Z.
    """
    second = derive(lora("A", optimiser=optimiser)).at_step(2)
    assert second["delta2"] == order("eta")
    assert second["delta2"](eta="-1/2") == order("-1/2")
    assert second["delta1"](eta="-1/2") == second["delta3"](eta="-1/2") == 0


def test_I5_at_its_edge_init_a_has_a_large_feature_and_a_small_b() -> None:
    """At -1/2 from Init[A]: Z_A = n^(1/2) and B = n^(-1/2). Theorem for Init[A], second part."""
    found = derive(lora("A"))
    assert found.orders["Z_A"] == order("max(0, eta + 1)")
    assert found.orders["B"] == order("eta")
    assert found.orders["Z_A"](eta="-1/2") == order("1/2")
    assert found.orders["B"](eta="-1/2") == order("-1/2")


def test_I6_init_a_is_internally_unstable_iff_above_minus_one() -> None:
    """Within stability, Z_A is unbounded exactly for -1 < eta <= -1/2, as n^(eta + 1). Theorem for Init[A]."""
    found = derive(lora("A"))
    internally_unstable = found.conditions["stable"].region - found.conditions["internally_stable"].region
    assert internally_unstable == Region.parse("-1 < eta <= -1/2")
    assert derive(lora("A"), eta="-3/4").orders["Z_A"] == order("1/4")


@ALL_OPTIMISERS
def test_I7_init_b_is_stable_iff_at_most_minus_one(optimiser: str) -> None:
    """From Init[B], Z_B stays bounded for all t exactly for eta <= -1. Theorem for Init[B], first part."""
    found = derive(lora("B", optimiser=optimiser))
    assert found.orders["Z_B"] == maximum("eta + 1", "2*eta + 1")
    assert found.conditions["stable"].region == Region.parse("eta <= -1")
    assert found.conditions["internally_stable"].region == Region.parse("eta <= -1")


@ALL_OPTIMISERS
def test_I8_init_b_learns_features_iff_at_minus_one(optimiser: str) -> None:
    """From Init[B], dZ_B is of order one within stability exactly at -1, and Z_A with it. Theorem for Init[B]."""
    found = derive(lora("B", optimiser=optimiser))
    assert found.conditions["feature_learning"].region == Region.parse("eta = -1")
    assert derive(lora("B", optimiser=optimiser), eta=-1).orders["Z_A"] == 0


@ALL_OPTIMISERS
def test_I9_init_b_is_never_efficient(optimiser: str) -> None:
    """From Init[B], delta2 = n^(2 eta + 1) is at most 1/n wherever training is stable. Theorem for Init[B]."""
    found = derive(lora("B", optimiser=optimiser))
    assert found.conditions["efficient"].empty
    assert found.conditions["efficient"].conflict is not None
    assert found.orders["delta2"] == order("2*eta + 1")
    best = found.conditions["stable"].region.largest(found.orders["delta2"])
    assert (best.value, best.attained) == (Fraction(-1), True)


def test_I10_at_its_edge_init_b_trains_a_alone() -> None:
    """At -1 from Init[B] the change of B is 1/n of B itself. After the theorem for Init[B].

    Freezing B leaves the order of every quantity that remains as it is; what B adds to the output is of order 1/n.
    """
    found = moved_factors("B")
    assert found.orders["B_moved"] == order("eta")
    assert found.orders["B"](eta=-1) == 0
    both, frozen_b = derive(lora("B"), eta=-1), derive(lora("B", freeze="B"), eta=-1)
    assert both.orders["delta2"] == both.orders["delta3"] == order(-1)
    assert {k: both.orders[k] for k in ("Z_A", "B", "Z_B", "dZ_B", "delta1")} == {
        k: frozen_b.orders[k] for k in ("Z_A", "B", "Z_B", "dZ_B", "delta1")
    }


def test_I11_init_a_allows_learning_rates_larger_by_the_root_of_n() -> None:
    """The largest stable learning rates of the two inits differ by n^(1/2), in favour of Init[A]. arXiv 2406.08447."""
    a, b = (derive(lora(init)).conditions["stable"].largest["eta"] for init in "AB")
    assert a.value is not None
    assert b.value is not None
    assert a.value - b.value == HALF
    assert a.attained
    assert b.attained


@pytest.mark.parametrize(
    ("init", "still", "moving"), [("A", "A_moved", "B_moved"), ("B", "B_moved", "A_moved")], ids=["A", "B"]
)
def test_I15_the_factor_beside_a_zero_gets_no_first_update(init: str, still: str, moving: str) -> None:
    """g_A is zero at the first step of Init[A], g_B at that of Init[B]: exactly, not only small. arXiv 2406.08447."""
    found = moved_factors(init)
    assert found.at_step(1)[still].is_zero_quantity
    assert found.at_step(1)[moving] == found.at_step(2)[still] == order("eta")
