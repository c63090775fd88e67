"""Largest values, corners, and the reasons why nothing is left."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamma_calc.errors import OrderError
from gamma_calc.exponents import NOTHING, Optimal, Region, conflict, order, where

OPTIMA = [
    ("eta <= -1/2", "eta", "-1/2"),
    ("eta < -1/2", "eta", "-1/2 (approached, not attained)"),
    ("eta <= -1/2", "2*eta + 1", "0"),
    ("eta >= -1/2", "eta", "unbounded"),
    ("eta < -1/2 | eta = -1", "eta", "-1/2 (approached, not attained)"),
    ("eta < -1/2 | eta <= -1 | x = 0 & eta = -1/2", "eta", "-1/2"),
    ("eta_A + eta_B = -1 & eta_A >= -1", "eta_B", "0"),
    ("eta_A + eta_B = -1 & eta_A >= -1", "eta_A", "unbounded"),
    ("0 <= rho <= 1 & eta <= min(rho/2 - 1, -1/2 - rho/4)", "eta", "-2/3"),
    ("x + y < 1 & x = y", "x + y", "1 (approached, not attained)"),
    ("all", "0", "0"),
]


@pytest.mark.parametrize(("text", "form", "value"), OPTIMA)
def test_the_largest_value_says_whether_it_is_attained(text: str, form: str, value: str) -> None:
    best = Region.parse(text).largest(form)
    assert str(best) == value
    for proof in best.proofs:
        proof.check()


def test_the_largest_value_of_a_union_has_a_proof_for_each_piece() -> None:
    best = Region.parse("eta <= -1 & rho <= 0 | eta <= -1/2 & rho >= 1").largest("eta")
    assert [proof.value for proof in best.proofs if isinstance(proof, Optimal)] == [-1, Fraction(-1, 2)]


def test_no_largest_value_of_nothing() -> None:
    with pytest.raises(OrderError, match=r"^no point is left, so there is no largest eta$"):
        NOTHING.largest("eta")


def test_only_affine_exponents_are_maximised() -> None:
    with pytest.raises(OrderError, match="the exponent to maximise"):
        Region.parse("eta <= 0").largest("max(eta, 0)")


SUPREMA = [
    ("eta <= -1/2", ["-1/2"]),
    ("eta >= 0", ["unbounded"]),
    ("none", []),
    (
        "eta <= -1/2 & eta <= -1/2 - a0 & eta <= -1 - b0 & a0 + 1/2 + b0 <= 0",
        ["min(-1/2, -1/2 - a0, -1 - b0) where a0 + b0 <= -1/2"],
    ),
    ("0 <= rho <= 1 & eta <= min(rho/2 - 1, -1/2 - rho/4)", ["min(-1/2 - rho/4, rho/2 - 1) where 0 <= rho <= 1"]),
    ("eta + sigma <= 0 & 2*eta + 1 + sigma <= 0", ["min(-sigma, -1/2 - sigma/2)"]),
    ("eta_A + eta_B = -1 & eta <= eta_A & eta <= eta_B", ["min(-1 - eta_A, eta_A) where eta_A + eta_B = -1"]),
    ("eta <= rho | eta <= -rho", ["max(-rho, rho)"]),
    ("eta <= 0 & rho <= 0 | eta <= rho & rho >= 0", ["max(0, rho)"]),
    ("eta <= 0 & rho < 0 | eta <= 1 & rho >= 0", ["0 where rho < 0", "1 where rho >= 0"]),
    ("eta <= 0 & rho <= 1 | eta <= 1 & rho >= 0", ["0 where rho < 0", "1 where rho >= 0"]),
    ("rho <= 0 | eta <= 1 & rho >= -1", ["unbounded where rho <= 0", "1 where rho > 0"]),
]


@pytest.mark.parametrize(("text", "values"), SUPREMA)
def test_the_largest_exponent_as_a_function_of_the_others(text: str, values: list[str]) -> None:
    assert sorted(map(str, Region.parse(text).sup("eta"))) == sorted(values)


def test_an_open_bound_is_not_attained() -> None:
    assert [part.attained for part in Region.parse("eta < rho").sup("eta")] == [False]
    assert [part.attained for part in Region.parse("eta < rho | eta = rho").sup("eta")] == [True]
    assert [part.attained for part in Region.parse("eta < rho | eta <= rho - 1").sup("eta")] == [False]
    assert [part.attained for part in Region.parse("eta < 0 & eta <= rho & rho <= -1").sup("eta")] == [True]


_BOUNDS = st.lists(st.sampled_from(["0", "rho", "-rho", "rho/2 - 1", "1 - 2*rho"]), min_size=1, max_size=3)


@settings(max_examples=30)
@given(st.lists(_BOUNDS, min_size=1, max_size=2), st.sampled_from(["<", "<="]))
def test_the_supremum_agrees_with_the_optimum_at_every_point(pieces: list[list[str]], sign: str) -> None:
    found = Region.parse(" | ".join(f"eta {sign} min({', '.join(b)}) & rho >= -{n}" for n, b in enumerate(pieces)))
    suprema = found.sup("eta")
    for rho in (Fraction(n, 3) for n in range(-6, 7)):
        there = [part for part in suprema if {"rho": rho} in part.where]
        here = found.substitute({"rho": rho})
        assert len(there) == (0 if here.is_empty else 1)
        for part in there:
            assert part.value is not None
            assert part.value.at({"rho": rho}) == here.largest("eta").value
            assert part.attained <= here.largest("eta").attained


def test_vertices() -> None:
    triangle = Region.parse("x > 0 & y >= 0 & x + y <= 1")
    corners = [f"({c['x']}, {c['y']})" for c in triangle.vertices()]
    assert corners == ["(0, 0)", "(0, 1)", "(1, 0)"]
    assert Region.parse("eta_A + eta_B = -1 & eta_A >= -1").vertices() == (
        {"eta_A": Fraction(-1), "eta_B": Fraction(0)},
    )
    assert Region.parse("x + y <= 1").vertices() == ()
    assert Region.parse("all").vertices() == ()


def test_the_smallest_clash_is_told_in_arithmetic() -> None:
    found = conflict(
        {
            "Z_B = O(1)": Region.parse("eta <= -1"),
            "rate": Region.parse("eta >= -3"),
            "delta1 = Theta(1)": where(order("2*eta + 1"), "=", order(0)),
        }
    )
    assert str(found) == (
        "Z_B = O(1) and delta1 = Theta(1) exclude each other\n"
        "\n"
        "(1) Z_B = O(1): eta + 1 <= 0\n"
        "(2) delta1 = Theta(1): eta + 1/2 = 0\n"
        "(1) - (2) gives 1/2 <= 0, which is false"
    )


def test_a_clash_of_three_is_found_where_pairs_agree() -> None:
    named = {"a": Region.parse("x + y <= 0"), "b": Region.parse("x >= 1"), "c": Region.parse("y > -1")}
    found = conflict(named | {"d": Region.parse("z = 0")})
    assert found is not None
    assert found.names == ("a", "b", "c")
    assert str(found).endswith("(1) + (2) + (3) gives 0 < 0, which is false")


def test_a_union_is_excluded_piece_by_piece() -> None:
    found = conflict({"apart": Region.parse("x < 0 | x > 1"), "between": Region.parse("0 <= x <= 1")})
    assert found is not None
    assert len(found.contradictions) == 2
    for contradiction in found.contradictions:
        contradiction.proof.check()


def test_requirements_that_agree_do_not_clash() -> None:
    assert conflict({"a": Region.parse("x <= 0 | x >= 2"), "b": Region.parse("x >= 1")}) is None


def test_an_impossible_requirement_stands_alone() -> None:
    assert str(conflict({"a": Region.parse("x <= 0"), "b": NOTHING})) == "b holds nowhere"
