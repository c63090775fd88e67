"""One function, one object: canonical forms, equality of what has none, hashes and copies."""

import copy
import pickle
from fractions import Fraction
from itertools import permutations

import pytest
from exponents import Point, affine_forms, convex_orders, finite_convex_orders, orders, points
from hypothesis import given, settings
from hypothesis import strategies as st

from gamma_calc.exponents import MINUS_INFINITY, Affine, Order, maximum, minimum, order

GRID = [{"eta": Fraction(x, 3), "eta_A": Fraction(y, 3)} for x in range(-9, 10, 3) for y in range(-9, 10, 3)]


@given(st.lists(affine_forms(), min_size=1, max_size=5), points)
def test_the_canonical_form_keeps_the_value(forms: list[Affine], point: Point) -> None:
    assert maximum(*forms).at(point) == max(form.at(point) for form in forms)


@given(st.lists(affine_forms(), min_size=1, max_size=5))
def test_no_form_can_be_left_out(forms: list[Affine]) -> None:
    whole = maximum(*forms)
    assert all(maximum(*(whole.above - {form})) != whole for form in whole.above)


@given(st.lists(affine_forms(), min_size=1, max_size=4))
def test_the_canonical_form_does_not_depend_on_the_way_there(forms: list[Affine]) -> None:
    expected = maximum(*forms)
    for arrangement in list(permutations(forms))[:6]:
        folded = MINUS_INFINITY
        for form in arrangement:
            folded = maximum(folded, form)
        assert (folded.above, folded.below, str(folded)) == (expected.above, expected.below, str(expected))


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("max(eta, 0, eta/2)", "max(0, eta)"),
        ("max(0, eta, eta/2 + 1)", "max(0, eta/2 + 1, eta)"),
        ("max(eta, eta + 1)", "eta + 1"),
        ("max(eta, rho, (eta + rho)/2)", "max(eta, rho)"),
        ("max(eta, rho, (eta + rho)/2 + 1)", "max(eta/2 + rho/2 + 1, eta, rho)"),
        ("max(0, eta) + max(0, -eta)", "max(-eta, eta)"),
        ("max(0, eta + 1) - max(rho, eta)", "max(1, -eta) - max(0, rho - eta)"),
        ("max(rho, 2*rho) - max(2*rho, rho)", "0"),
        ("max(eta, eta + rho) - max(a0, 0)", "max(eta, eta + rho) - max(0, a0)"),
        ("max(1, rho + 1) - max(a0 + rho + 1, rho + 1)", "max(0, -rho) - max(0, a0)"),
        ("max(0, 3*eta) - max(0, eta)", "max(0, 2*eta)"),
        ("max(0, eta) - max(0, 3*eta)", "min(0, -2*eta)"),
        ("max(0, eta) + min(0, eta)", "eta"),
        ("max(-inf, eta)", "eta"),
    ],
)
def test_equal_orders_print_the_same(written: str, printed: str) -> None:
    assert str(order(written)) == printed


@settings(max_examples=20)  # each example multiplies three differences out
@given(orders(), orders(), finite_convex_orders(("eta", "eta_A")))
def test_equality_sees_through_spellings(a: Order, b: Order, c: Order) -> None:
    assert maximum(a, b) + c == maximum(a + c, b + c)
    assert hash(maximum(a, b) + c) == hash(maximum(a + c, b + c))


@given(orders(("eta",)), finite_convex_orders(("eta",)))
def test_in_one_variable_every_order_has_one_spelling(a: Order, b: Order) -> None:
    again = (a + b) - b
    assert (again.above, again.below) == (a.above, a.below)


@given(orders(), orders())
def test_orders_that_differ_somewhere_are_not_equal(a: Order, b: Order) -> None:
    if any(a.at(point) != b.at(point) for point in GRID):
        assert a != b
    if a == b:
        assert hash(a) == hash(b)


@given(finite_convex_orders(), finite_convex_orders())
def test_adding_one_makes_a_different_order(a: Order, b: Order) -> None:
    assert a - b + 1 != a - b


@given(affine_forms())
def test_an_order_without_kink_equals_its_form(form: Affine) -> None:
    assert order(form) == form
    assert form == order(form)
    assert hash(order(form)) == hash(form)


def test_an_order_without_variables_equals_its_number() -> None:
    assert order(3) == 3
    assert Fraction(-1, 2) == order("-1/2")
    assert {order(3), 3, Fraction(3), Affine.number(3)} == {3}
    assert order("eta") != 3
    assert MINUS_INFINITY != 0


@pytest.mark.parametrize("stranger", ["eta", None, True, 0.0, [0]])
def test_an_order_equals_nothing_foreign(stranger: object) -> None:
    assert order(0) != stranger
    assert order(1) != stranger


@given(convex_orders())
def test_copies_are_equal(a: Order) -> None:
    for twin in (copy.deepcopy(a), pickle.loads(pickle.dumps(a))):  # noqa: S301 - its own bytes
        assert twin == a
        assert hash(twin) == hash(a)
        assert twin + 1 == a + 1


def test_an_order_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        order("eta").above = frozenset()  # type: ignore[misc]


def test_a_minimum_of_maxima_is_no_minimum_of_forms() -> None:
    bent = minimum(maximum("0", "eta"), 1)
    assert not bent.is_convex
    assert [bent.at({"eta": Fraction(x)}) for x in (-1, 0, 1, 2)] == [0, 0, 1, 1]
    assert str(bent) == "max(0, eta) - max(0, eta - 1)"
