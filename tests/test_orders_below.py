"""Whether one order is nowhere above another, against the canonical form of their maximum."""

from __future__ import annotations

from fractions import Fraction

import pytest
from exponents import NAMES, finite_convex_orders, orders
from hypothesis import given
from hypothesis import strategies as st

from gamma_calc.exponents import MINUS_INFINITY, Order, maximum, nowhere_above, order


@given(orders(), orders())
def test_it_agrees_with_the_canonical_maximum(one: Order, other: Order) -> None:
    assert nowhere_above(one, other) == (maximum(one, other) == other)
    assert nowhere_above(one, maximum(one, other))


@given(
    finite_convex_orders(NAMES[:2]),
    finite_convex_orders(NAMES[:2]),
    st.fractions(min_value=0, max_value=2, max_denominator=4),
)
def test_it_agrees_on_differences(one: Order, other: Order, more: Fraction) -> None:
    larger = one - other + order(more)
    assert nowhere_above(one - other, larger)
    assert nowhere_above(larger, one - other) == (more == 0)


@pytest.mark.parametrize(
    ("one", "other", "answer"),
    [
        ("eta", "max(eta, 2*eta + 1)", True),
        ("max(eta, 2*eta + 1)", "eta", False),
        ("1 + eta", "max(eta, 3*eta)", False),  # the same slopes, and larger: it leads between the others
        ("eta/2 + rho/2", "max(eta, rho)", True),
        ("max(0, eta) - max(0, rho)", "max(0, eta)", True),
        ("max(0, eta)", "max(0, eta) - max(0, rho)", False),
        ("-inf", "eta", True),
        ("eta", "-inf", False),
        ("-inf", "-inf", True),
    ],
)
def test_examples(one: str, other: str, answer: bool) -> None:
    assert nowhere_above(order(one), order(other)) == answer
    assert nowhere_above(MINUS_INFINITY, order(other))
