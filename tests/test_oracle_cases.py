"""Programs that were once derived below the truth, against exponents that the independent oracle measured."""

from __future__ import annotations

from fractions import Fraction

import pytest

pytest.importorskip("torch")

from oracle.cases import CASES, Case
from oracle.comparison import TOLERANCE, Row, derived, marked
from oracle.remeasure import measure, recorded
from oracle.slopes import Slope

from gamma_calc import derive

BY_NAME = {case.name: case for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_order_is_below_the_truth(case: Case) -> None:
    found = derive(case.fixed)
    orders = {key: derived(found, *key) for key in case.truth}
    assert {k: o for k, o in orders.items() if o is None or float(o) < truth(case, k) - TOLERANCE} == {}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_nor_with_the_exponents_left_open(case: Case) -> None:
    found = derive(case.program)
    orders = {key: derived(found, *key, at=case.at) for key in case.truth}
    assert {k: o for k, o in orders.items() if o is None or float(o) < truth(case, k) - TOLERANCE} == {}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_order_above_the_truth_is_marked_as_a_bound(case: Case) -> None:
    found = derive(case.fixed)
    orders = {k: o for k in case.truth if (o := derived(found, *k)) is not None and not marked(found, *k)}
    assert {k: o for k, o in orders.items() if float(o) > truth(case, k) + TOLERANCE} == {}


def test_the_largest_stable_rate_of_an_adapter_at_two_places() -> None:
    (bound,) = derive(BY_NAME["1.1 words"].program).conditions["stable"].region.sup("eta")
    assert str(bound.value) == "-1"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_right_values_are_what_was_measured(case: Case) -> None:
    for (quantity, step), (slope, half) in ((key, recorded()[case.name][f"{key[0]} {key[1]}"]) for key in case.truth):
        assert abs(truth(case, (quantity, step)) - slope) < max(half, TOLERANCE / 2), quantity
        assert half < 0.25, f"{quantity}: the interval could hide an error of 1/4"


@pytest.mark.long
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_right_values_are_measured_again(case: Case) -> None:
    for key, slope in measure(case).items():
        assert abs(truth(case, key) - slope.value) < max(slope.half_width, TOLERANCE), key


def truth(case: Case, key: tuple[str, int]) -> float:
    above, _, below = case.truth[key].partition("/")
    return int(above) / int(below or 1)


# -- the comparison itself ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "mark", "verdict"),
    [("0", False, "right"), ("-1/4", False, "below"), ("1/4", False, "above"), ("1/4", True, "bound")],
)
def test_an_error_of_a_quarter_is_seen(value: str, mark: bool, verdict: str) -> None:
    assert Row("x", 1, Fraction(value), Slope(0.0, 0.03, 0.0), mark).verdict == verdict
