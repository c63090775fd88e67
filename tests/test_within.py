"""Orders on a region that is named, and the learning rates that are largest together."""

from __future__ import annotations

import json
from typing import Any

import pytest
from command import run

from gamma_calc import Region, derive, mlp
from gamma_calc.derivation.data import as_data
from gamma_calc.derivation.jointly_largest import jointly_largest


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(run(capsys, *words, "--format", "json").out)


def test_orders_on_a_region_are_those_of_the_whole_space_there(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "derive", "--lr", "per-factor", "--within", "eta_A <= -1 & eta_B <= 0")
    assert found["within"] == "eta_A <= -1 & eta_B <= 0"
    assert found["orders"]["Z_A"] == "0"
    assert found["orders"]["Z_B"] == "eta_B"
    assert found["largest"]["stable"] == {"rates": {"eta_A": "-1", "eta_B": "0"}, "vertices": []}


def test_the_region_of_a_condition_goes_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "derive", "--within", "internally-stable")
    assert (found["within"], found["orders"]["Z_A"]) == ("eta <= -1", "0")
    assert found["conditions"]["stable"]["region"] == "eta <= -1"
    text = run(capsys, "derive", "--within", "internally-stable").out
    assert "Within\n  eta <= -1; outside nothing is said\n" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--within", "eta_C <= 0"), "--within eta_C <= 0: unknown exponent 'eta_C'; did you mean eta?"),
        (("--within", "eta < -1 & eta > 0"), "--within: no point meets eta < -1 & eta > 0; widen the region"),
        (("--rank", "growing", "--within", "rho > 1"), "no point of the domain 0 <= rho <= 1 meets rho > 1"),
        (("--within", "stabel"), "--within: unknown condition 'stabel'; did you mean stable?"),
        (("--within", ""), "--within: unknown condition ''"),
        (("--init", "B", "--within", "efficient"), "efficient holds nowhere: Z_B = O(1) and delta2 = Theta(1) exclude"),
        (("--at", "eta=0", "--within", "stable"), "--within asks for a region and --at for a point; leave one of them"),
    ],
)
def test_what_is_no_region_is_named(words: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, "derive", *words)
    assert (found.code, found.out, found.err.count("\n")) == (2, "", 1)
    assert message in found.err


# -- the largest rates together ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "rates"),
    [
        ("a <= 0 & b <= -1/2", {"a": "0", "b": "-1/2"}),
        ("a <= 0 & a + b <= 0", None),  # b is unbounded
        ("a <= 0 & b < -1/2", None),  # approached only
        ("a + b <= -1 & a <= 0 & b <= 0", None),  # one against the other
        ("a <= 0 & b <= -1 | a <= -1 & b <= 0", None),
        ("a <= 0 & b <= -1 | a <= -1 & b <= -2", {"a": "0", "b": "-1"}),
        ("a <= c & b <= 0 & c <= 2", {"a": "2", "b": "0"}),
        ("none", None),
    ],
)
def test_one_point_is_largest_in_every_rate_or_none_is(region: str, rates: dict[str, str] | None) -> None:
    found = jointly_largest(Region(region), ["a", "b"]).rates
    assert (None if found is None else {name: str(value) for name, value in found.items()}) == rates


def test_without_such_a_point_the_corners_are_told_that_no_other_exceeds() -> None:
    found = jointly_largest(Region("a + b <= -1 & a <= 0 & b <= 0"), ["a", "b"])
    assert [dict(corner) for corner in found.corners or ()] == [{"a": -1, "b": 0}, {"a": 0, "b": -1}]


def test_corners_of_many_exponents_are_not_listed() -> None:
    names = [f"a{k}" for k in range(7)]
    region = Region(" & ".join([" + ".join(names) + " <= 0", *(f"{name} <= 0" for name in names[1:])]))
    assert jointly_largest(region, names).corners is None


def test_two_layers_have_one_largest_pair_of_rates() -> None:
    found = as_data(derive(mlp("sp", depth=2, lr="per-layer", optimiser="sign")))
    assert found["largest"]["stable"] == {"rates": {"eta_1": "-1/2", "eta_2": "-1"}, "vertices": []}
