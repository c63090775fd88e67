"""Orders read on a convex domain: their one form there, exact comparisons, derivations with three open exponents."""

from __future__ import annotations

from fractions import Fraction

import pytest
from exponents import NAMES, Point, finite_convex_orders, orders, points
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gamma_calc import Order, Program, Region, derive, lora, maximum, order
from gamma_calc.exponents import OnDomain, simplify, where

DOMAINS = (
    "all",
    "0 <= rho <= 1",
    "eta <= 0 & a0 >= -1",
    "eta + rho <= 0 & 0 <= rho",
    "eta_A >= eta & a0 <= 2 & eta <= 1",
)
FROM_DATA = ("eva", "lora-ga", "lora-ga-peft", "lora-one")


def on(text: str) -> OnDomain:
    (polyhedron,) = Region(text).polyhedra
    return OnDomain(frozenset(NAMES), polyhedron.constraints)


def made(kept: OnDomain, *terms: Order) -> list[Order]:
    return [kept.order(term) for term in terms]


@settings(max_examples=30)
@given(st.sampled_from(DOMAINS), finite_convex_orders(), finite_convex_orders(), finite_convex_orders(), points)
def test_an_order_has_its_value_at_every_point_of_the_domain(
    text: str, one: Order, two: Order, three: Order, point: Point
) -> None:
    assume(point in Region(text))
    kept = on(text)
    x, y, z = made(kept, one, two, three)
    assert kept.shown(maximum(x - y, z)).at(point) == max(_at(one, point) - _at(two, point), _at(three, point))
    assert kept.shown(maximum(x, y) - z / 2).at(point) == max(_at(one, point), _at(two, point)) - _at(three, point) / 2


def _at(size: Order, point: Point) -> Fraction:
    value = size.at(point)
    assert value is not None
    return value


@settings(max_examples=20)
@given(st.sampled_from(DOMAINS), finite_convex_orders(), finite_convex_orders(), orders())
def test_comparisons_are_exact(text: str, one: Order, two: Order, three: Order) -> None:
    assume(not three.is_zero_quantity)
    kept = on(text)
    for low, high in (
        (one, two),
        (one - two, three),
        (one, maximum(one, two)),
        (three + one, maximum(three, two) + one),
    ):
        below = (Region(text) & where(high, "<", low)).is_empty
        assert kept.nowhere_above(*made(kept, low, high)) == kept.nowhere_above(low, high) == below
        assert kept.may_be_below(low, high) or not below


@settings(max_examples=20)
@given(st.sampled_from(DOMAINS), finite_convex_orders(), finite_convex_orders())
def test_a_maximum_has_one_form_on_the_domain(text: str, one: Order, two: Order) -> None:
    kept = on(text)
    whole = maximum(one, two)
    assert kept.shown(maximum(*made(kept, one, two))) == simplify(whole, Region(text))
    assert kept.equal(maximum(*made(kept, one, two)), whole)


def test_a_difference_is_a_maximum_where_it_is_one_on_the_domain() -> None:
    kept = on("0 <= rho <= 1")
    steep = order("max(eta + rho, eta + a0, 0)") - order("max(0, -rho)")
    assert str(kept.shown(steep)) == "max(0, eta + a0, eta + rho)"
    even = order("max(2*eta, eta + rho, rho)") - order("max(eta, 0, -rho)")
    assert str(kept.shown(even)) == "max(eta, rho)"


# -- derivations -------------------------------------------------------------------------------------------------------


def held_against_points(program: Program, rows: int = 4) -> None:
    """At points of the domain the orders and conditions are those that are derived at the point."""
    found = derive(program)
    assert len(program.variables) == 3
    for row in range(rows):
        point = {"eta": Fraction(3 - 2 * row, 4), "rho": Fraction(row, 3), "beta": Fraction((2 * row + 1) % 5, 3)}
        fixed = derive(program.substitute(point))
        for step in range(3):
            assert {k: o.substitute(point) for k, o in found.at_step(step).items()} == dict(fixed.at_step(step))
        if point in found.settled:
            assert {k: o.substitute(point) for k, o in found.orders.items()} == dict(fixed.orders)
            met = {name: point in result.region for name, result in found.conditions.items()}
            assert met == {name: not result.empty for name, result in fixed.conditions.items()}


def test_rank_and_batch_and_rate_open() -> None:
    held_against_points(lora("A", rank="growing", scaling="alpha/r", batch="growing"))


@pytest.mark.long
@pytest.mark.parametrize("init", FROM_DATA)
def test_rank_and_batch_and_rate_open_from_data(init: str) -> None:
    held_against_points(lora(init, rank="growing", scaling="alpha/r", batch="growing"))
