"""Batches through several layers: adapters on top of each other, and linear networks trained whole."""

from dataclasses import replace
from fractions import Fraction

import pytest

from gamma_calc import Dim, Program, derive, order
from gamma_calc.calculus.direction import PAST, RandomMatrix, once_through
from gamma_calc.calculus.words import join
from gamma_calc.catalogue.deep_linear import deep_linear
from gamma_calc.catalogue.lora import lora
from gamma_calc.catalogue.mlp import mlp
from gamma_calc.catalogue.stacked import stacked
from gamma_calc.derivation.advice import Advice
from gamma_calc.errors import ProgramError
from gamma_calc.exponents import Region
from validation import validate

n, r, N = Dim("n", 1), Dim("r", 0), Dim("N", "1/2")
B, Z, w = RandomMatrix("B", n, r), RandomMatrix("Z", n, N), RandomMatrix("w", n, N)


def test_a_word_visits_a_fixed_axis_once() -> None:
    """B B' w Z' B is n x r: B times finitely many numbers of one order."""
    assert once_through((w, Z.T, B, B.T, Z)) == (w, Z.T, B, B.T, Z)
    assert once_through((B, B.T, w, Z.T, B)) == (B,)
    assert once_through((w, Z.T, B, B.T, Z, Z.T, B, B.T)) == (w, Z.T, B, B.T)
    assert once_through((B.T, w, Z.T, B)) == ()


def test_a_word_is_left_out_wherever_its_turn_was_made() -> None:
    """A Z w' w Z' is no larger than A where N is above n; past batches have shortened with each other by name alone."""
    wide = Dim("N", "3/2")
    A, X, u = RandomMatrix("A", r, n), RandomMatrix("X", n, wide), RandomMatrix("u", n, wide)
    assert list(join((A,), (X, u.T, u, X.T), n)) == []
    past = replace(u, steps_ago=PAST)
    assert len(list(join((A,), (X, past.T, past, X.T), n))) == 1


# The largest stable rate of n^(-1/2) N^(1/4L) from Init[A] and n^-1 N^(1/2L) from Init[B], N up to n.
EDGES = [
    ("A", 2, "1/2", "-7/16"),
    ("A", 2, "3/2", "-3/8"),
    ("B", 2, "1/2", "-7/8"),
    ("B", 2, "3/2", "-3/4"),
    ("B", 3, "1", "-5/6"),
]


@pytest.mark.parametrize(("init", "layers", "beta", "edge"), EDGES)
def test_what_a_layer_below_adds_is_common_to_all_samples(init: str, layers: int, beta: str, edge: str) -> None:
    found = derive(stacked(init, layers=layers, optimiser="sign", batch="growing"), beta=beta, eta=edge)
    assert found.conditions["stable"].region.is_everything
    assert found.orders[f"Z_B{layers}"] == 0


@pytest.mark.parametrize(("beta", "edge"), [("1/2", "-7/8"), ("1", "-3/4")])
def test_above_the_edge_the_second_layer_grows_and_the_first_does_not(beta: str, edge: str) -> None:
    above = order(edge) + order("1/16")
    found = derive(stacked("B", optimiser="sign", batch="growing"), beta=beta, eta=above)
    assert found.conditions["stable"].region.is_empty
    assert (found.orders["Z_B2"], found.orders["Z_B1"] + order("1/16")) == (order("1/8"), found.orders["Z_B1"] + "1/16")


def test_one_layer_has_the_law_of_lora() -> None:
    found = derive(stacked("A", layers=1, optimiser="sign", batch="growing"))
    assert found.conditions["stable"].region == Region("0 <= beta & 4*eta <= beta - 2 & eta <= -1/4")


def test_at_c_zero_a_stack_has_the_law_of_one_sample() -> None:
    alike = derive(stacked("B", optimiser="sign", batch="growing", common=0), beta="1/2", eta=-1)
    one = derive(stacked("B", optimiser="sign"), eta=-1)
    assert alike.orders["Z_B2"] == one.orders["Z_B2"] == 0


def test_a_fixed_batch_through_layers_has_the_orders_of_one_sample() -> None:
    for build in (stacked, deep_linear):
        one, few = (derive(build(batch=batch)) for batch in ("one", "fixed"))
        assert one.conditions["stable"].region == few.conditions["stable"].region
        assert {name: str(size) for name, size in one.orders.items()} == {k: str(v) for k, v in few.orders.items()}


@pytest.mark.long
def test_the_second_layer_is_measured_where_one_layer_alone_would_be_stable() -> None:
    """On the way to 1/2: plain tensors have 0.24, 0.28, 0.46 from n = 128 on. Of independent samples it would be 0."""
    program = stacked("B", optimiser="sign", batch="growing").substitute({"eta": "-1/2", "beta": "1"})
    found = validate(program, widths=(128, 256, 512, 1024), seeds=4, most_seeds=4, steps=2)
    sizes = {(row.quantity, row.step): row for row in found.rows}
    first, second = sizes["Z_B1", 2], sizes["Z_B2", 2]
    assert first.measured is not None
    assert second.measured is not None
    assert abs(first.measured) < 0.1 < second.measured - 0.1
    assert second.verdict.value != "refuted"


# -- networks trained whole ----------------------------------------------------------------------------------------


def test_of_a_fixed_input_dimension_a_batch_takes_the_rates_of_one_sample() -> None:
    """All samples overlap at order one: Adam divides by the N^-1/2 that their error signals leave, and SGD does not."""
    for batch in ("one", "growing"):
        found = derive(mlp("sp", depth=2, lr="shared", optimiser="adam", batch=batch))
        assert found.conditions["stable"].region.sup("eta")[0].value == order(-1)
    assert str(derive(deep_linear("mup", batch="growing")).orders["dh2"]) == "-beta/2"
    alike = derive(deep_linear("mup", batch="growing", common="1/4"), beta=2)
    assert str(alike.orders["dh2"]) == "-1/2"


def test_masks_of_a_few_samples_are_told_under_signs_where_these_share_nothing() -> None:
    """Where all masks of a row are zero what is smaller decides the sign, and which these are columns do not keep."""
    few, one = (derive(mlp(activation="relu", batch=batch, optimiser="sign")) for batch in ("fixed", "one"))
    assert few.orders["h1"] == one.orders["h1"]
    with pytest.raises(ProgramError, match="what sign makes of relu"):
        mlp(activation="relu", batch="fixed", optimiser="sign", common="1/4")


# -- orders that are too long to be told on the whole domain ---------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize(
    ("program", "edges"),
    [
        (stacked("A", batch="growing"), {"1/2": "-7/16", "1": "-3/8", "3": "-3/8"}),
        (lora("A", batch="growing", loss="vector"), {"1/2": "-3/8", "1": "-1/4", "3": "-1/4"}),
    ],
    ids=["stacked", "vector"],
)
def test_orders_too_long_for_the_whole_domain_are_told_where_outputs_are_bounded(
    program: Program, edges: dict[str, str]
) -> None:
    """They end, hold at points what derivations there hold, and cut off nothing that is stable."""
    found = derive(program)
    bounded = found.settled | found.undecided
    assert found.decided_by is not None
    assert not found.undecided.is_empty
    assert "nothing is decided: ask there at points" in Advice(found).text()
    assert "no choice learns" not in Advice(found).text()
    for beta, edge in edges.items():
        assert {"beta": beta, "eta": edge} in bounded
        assert {"beta": beta, "eta": Fraction(edge) + Fraction(1, 64)} not in bounded
    points = [
        {"eta": eta, "beta": beta} for eta, beta in (("-1", "1/2"), ("-5/4", "1/4"), ("-1/2", "0"), ("-3/2", "2"))
    ]
    settled = [point for point in points if point in found.settled]
    assert len(settled) > 1
    for point in settled:
        there = derive(program, **point)
        assert {name: size.at(point) for name, size in found.orders.items()} == {
            name: size.number for name, size in there.orders.items()
        }


@pytest.mark.long
def test_a_point_at_which_orders_do_not_settle_is_not_said_to_be_unstable() -> None:
    """At N = n and eta = n^(-1/2) each second step brings one more word of one size."""
    found = derive(lora("A", batch="growing", loss="vector"), eta="-1/2", beta=1)
    assert found.settled.is_empty
    assert not found.growth
    assert [result.why for result in found.conditions.values()] == ["orders did not settle within 8 steps"] * 4
    assert "stable             not decided" in str(found.conditions)
    assert "they did not settle" in str(found.orders)
