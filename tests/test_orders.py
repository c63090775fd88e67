"""Orders obey the laws of the (max, +) calculus with division, and say what has no value."""

from fractions import Fraction

import pytest
from exponents import Point, affine_forms, convex_orders, finite_convex_orders, orders, points, rationals
from hypothesis import given

from gamma_calc.errors import OrderError
from gamma_calc.exponents import MINUS_INFINITY, Affine, Order, maximum, minimum, order

HALF = Fraction(1, 2)


# -- affine forms -----------------------------------------------------------------------------------------------------


@given(affine_forms(), affine_forms(), rationals, points)
def test_affine_arithmetic_is_pointwise(p: Affine, q: Affine, factor: Fraction, point: Point) -> None:
    assert (p + q).at(point) == p.at(point) + q.at(point)
    assert (p - q).at(point) == p.at(point) - q.at(point)
    assert (p * factor).at(point) == p.at(point) * factor


@given(affine_forms(), affine_forms())
def test_equal_forms_have_equal_fields(p: Affine, q: Affine) -> None:
    back = (p + q) - q
    assert (back.terms, back.constant) == (p.terms, p.constant)
    assert hash(back) == hash(p)


@given(affine_forms(), affine_forms(), points)
def test_substitution_of_forms_is_evaluation_later(p: Affine, q: Affine, point: Point) -> None:
    assert p.substitute({"eta": q}).at(point) == p.at(point | {"eta": q.at(point)})


@given(affine_forms(), points, points)
def test_slope_is_the_change_along_a_direction(p: Affine, start: Point, way: Point) -> None:
    end = {name: start[name] + way[name] for name in start}
    assert p.slope(way) == p.at(end) - p.at(start)


def test_a_constant_form_is_its_number() -> None:
    assert Affine.number(HALF) == HALF
    assert hash(Affine.number(HALF)) == hash(HALF)
    assert Affine.variable("eta") != 1
    assert Affine.variable("eta") != "eta"


# -- the semiring -----------------------------------------------------------------------------------------------------


@given(convex_orders(), convex_orders(), convex_orders())
def test_maximum_is_a_semilattice(a: Order, b: Order, c: Order) -> None:
    assert maximum(a, b) == maximum(b, a)
    assert maximum(a, maximum(b, c)) == maximum(maximum(a, b), c) == maximum(a, b, c)
    assert maximum(a, a) == a == maximum(a, MINUS_INFINITY)


@given(convex_orders(), convex_orders(), convex_orders())
def test_sum_is_a_commutative_monoid(a: Order, b: Order, c: Order) -> None:
    assert a + b == b + a
    assert a + (b + c) == (a + b) + c
    assert a + 0 == a == 0 + a
    assert a + MINUS_INFINITY == MINUS_INFINITY


@given(convex_orders(), convex_orders(), convex_orders())
def test_sum_distributes_over_maximum(a: Order, b: Order, c: Order) -> None:
    assert a + maximum(b, c) == maximum(a + b, a + c)


@given(finite_convex_orders(), finite_convex_orders())
def test_division_undoes_the_product(a: Order, b: Order) -> None:
    assert (a + b) - b == a
    assert ((a + b) - b).is_convex
    assert a - a == 0


@given(finite_convex_orders(("eta", "rho")), finite_convex_orders(("eta", "rho")))
def test_minimum_mirrors_maximum(a: Order, b: Order) -> None:
    assert minimum(a, b) == -maximum(-a, -b)
    assert minimum(a, b) + maximum(a, b) == a + b


@given(orders(), orders(), points)
def test_every_operation_is_pointwise(a: Order, b: Order, point: Point) -> None:
    left, right = a.at(point), b.at(point)
    if left is None or right is None:
        assert (a + b).at(point) is None
        assert maximum(a, b).at(point) == (right if left is None else left)
        return
    assert (a + b).at(point) == left + right
    assert (a - b).at(point) == left - right
    assert maximum(a, b).at(point) == max(left, right)
    assert minimum(a, b).at(point) == min(left, right)
    assert (a * Fraction(-3, 2)).at(point) == left * Fraction(-3, 2)
    assert (a / 3).at(point) == left / 3


@given(convex_orders(), convex_orders(), convex_orders(), points)
def test_sum_and_maximum_are_monotone(a: Order, more: Order, b: Order, point: Point) -> None:
    larger = maximum(a, more)
    for small, large in ((a + b, larger + b), (maximum(a, b), maximum(larger, b))):
        low, high = small.at(point), large.at(point)
        assert low is None or (high is not None and low <= high)


@given(orders(), rationals, points)
def test_substitution_is_evaluation(a: Order, value: Fraction, point: Point) -> None:
    at = point | {"eta": value}
    assert a.substitute({"eta": value}).at(point) == a.at(at)
    assert a.substitute(at) == (MINUS_INFINITY if a.is_zero_quantity else a.at(at))


# -- facts ------------------------------------------------------------------------------------------------------------


def test_the_published_orders_come_out() -> None:
    eta = order("eta")
    z_a, b = maximum(0, eta + 1), eta
    assert str(b + z_a) == "max(eta, 2*eta + 1)"
    assert (b + z_a)(eta="-1/2") == 0
    assert str(minimum("-1/2", "-1/2 - a0", "-1 - b0")) == "min(-1/2, -1/2 - a0, -1 - b0)"
    assert str(maximum("eta + 1/2", "2*eta + 1")) == "max(eta + 1/2, 2*eta + 1)"


def test_facts_of_an_order() -> None:
    bent = order("max(0, eta) - max(0, rho)")
    assert bent.variables == ("eta", "rho")
    assert not bent.is_convex
    assert order("max(0, eta)").is_convex
    assert order("3/2").rational == Fraction(3, 2)
    assert MINUS_INFINITY.is_zero_quantity
    assert MINUS_INFINITY.variables == ()


def test_the_maximum_of_nothing_is_minus_infinity() -> None:
    assert maximum() == MINUS_INFINITY
    assert minimum("eta", "-inf") == MINUS_INFINITY


def test_substituting_a_name_by_a_form() -> None:
    order_of_z_a = order("max(0, eta + 1)")
    assert order_of_z_a(eta="rho/2 - 1") == order("max(0, rho/2)")
    assert order_of_z_a.substitute({"unused": 3}) == order_of_z_a
    assert MINUS_INFINITY(eta=0) == MINUS_INFINITY


def test_comparison_gives_the_region_where_it_holds() -> None:
    stable = order("max(eta, 2*eta + 1)") <= 0
    assert {"eta": -HALF} in stable
    assert {"eta": Fraction(0)} not in stable
    assert {"eta": -HALF} not in (order("max(eta, 2*eta + 1)") < 0)
    assert {"eta": Fraction(0)} in (order("eta") >= 0)
    assert {"eta": Fraction(0)} not in (order("eta") > 0)


MESSAGES = [
    (lambda: order(0.5), "0.5 is not an exact rational; write Fraction(1, 2) or the text '1/2'"),  # type: ignore[arg-type]
    (lambda: order(True), "True is not an exact rational; write Fraction(1, 2) or the text '1/2'"),
    (lambda: order("eta") * 0.5, "0.5 is not an exact rational; write Fraction(1, 2) or the text '1/2'"),  # type: ignore[operator]
    (lambda: order("eta") / 0, "(eta)/0 has no value; divide an exponent by a non-zero rational"),
    (lambda: -MINUS_INFINITY, "-inf cannot be subtracted: that divides by a quantity that is identically zero"),
    (lambda: MINUS_INFINITY * 0, "-inf * 0 has no value: only positive powers of zero are zero"),
    (lambda: MINUS_INFINITY.rational, "-inf is no rational: the quantity is identically zero"),
    (lambda: order("eta + rho").rational, "eta + rho still depends on eta, rho; give each a value"),
    (minimum, "the minimum of no orders has no value"),
    (
        lambda: order("eta")(eta="max(0, rho)"),
        "cannot put max(0, rho) for eta; substitute an affine exponent such as -1/2 or rho/2 - 1",
    ),
]


@pytest.mark.parametrize(("act", "message"), MESSAGES, ids=[message for _, message in MESSAGES])
def test_what_has_no_value_is_refused(act: object, message: str) -> None:
    assert callable(act)
    with pytest.raises(OrderError) as refusal:
        act()
    assert str(refusal.value) == message


def test_a_sum_of_too_many_pieces_is_refused() -> None:
    left, right = (sum((maximum(0, f"{name}{i}") for i in range(5)), order(0)) for name in "xy")
    assert len(left.above) == len(right.above) == 32
    with pytest.raises(OrderError, match="1024 forms is more than the 512 that are compared; fix some"):
        _ = (left + right).above


def test_what_is_subtracted_is_so_however_the_rest_is_written() -> None:
    eta = Affine.variable("eta")
    assert Order("eta", below=[eta]) == order(0)
    assert Order("max(0, eta)", below=[Affine.number(1), eta]) == Order("max(0, eta)") - maximum(1, "eta")
    assert Order("eta", below=[]) == Order("eta")
    with pytest.raises(OrderError):
        Order("eta", below="1")  # type: ignore[arg-type]


def test_orders_that_are_spelled_in_one_way_are_one_object() -> None:
    """So they are told to be equal without a look at their fractions."""
    assert maximum("eta", 1) is maximum(1, "eta")
    assert order("eta") + "1/2" is order("eta + 1/2")
    assert hash(order("eta") + 1 - 1) == hash(order("eta"))
