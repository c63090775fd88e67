"""Broken lines: sums, maxima and comparisons of functions of one variable, against their values."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from gamma_calc.exponents import Affine, Order, maximum, nowhere_above
from gamma_calc.exponents.orders.below import may_be_below, uncovered
from gamma_calc.exponents.orders.maximum import ONE, irredundant
from gamma_calc.exponents.orders.one_variable import BrokenLine, largest_line, line_of

NUMBERS = st.fractions(-3, 3, max_denominator=4)
FORMS = st.builds(lambda slope, constant: Affine.build({"eta": slope}, constant), NUMBERS, NUMBERS)
MAXIMA = st.lists(FORMS, min_size=1, max_size=4).map(lambda forms: irredundant(frozenset(forms)))
LINES = st.builds(lambda above, below: line_of(above, below, "eta"), MAXIMA, MAXIMA)
ORDERS = st.builds(lambda line: Order(*line.apart("eta")), LINES)
PLACES = st.fractions(-20, 20, max_denominator=6)


def at(line: BrokenLine, x: Fraction) -> Fraction:
    *_, here = (piece for piece in line.pieces if piece.start is None or piece.start <= x)
    return here.at(x)


@given(MAXIMA, MAXIMA, PLACES)
def test_a_line_is_the_difference_it_was_made_of(
    above: frozenset[Affine], below: frozenset[Affine], x: Fraction
) -> None:
    there = {"eta": x}
    line = line_of(above, below, "eta")
    assert at(line, x) == max(f.at(there) for f in above) - max(f.at(there) for f in below)
    up, down = line.apart("eta")
    assert at(line, x) == max(f.at(there) for f in up) - max(f.at(there) for f in down)


@given(st.lists(LINES, min_size=1, max_size=4), PLACES)
def test_sums_and_maxima_are_those_of_the_values(lines: list[BrokenLine], x: Fraction) -> None:
    assert at(largest_line(lines), x) == max(at(line, x) for line in lines)
    assert at(sum(lines[1:], start=lines[0]), x) == sum(at(line, x) for line in lines)
    assert at(lines[0].positive_part, x) == max(at(lines[0], x), 0)


@given(LINES, LINES)
def test_a_difference_is_nowhere_negative_where_its_positive_part_is_itself(one: BrokenLine, other: BrokenLine) -> None:
    gap = other - one
    assert gap.is_nowhere_negative == (gap.positive_part == gap)
    assert (gap - gap).is_nowhere_negative


@given(ORDERS, ORDERS)
def test_comparisons_agree_with_the_larger_of_both(one: Order, other: Order) -> None:
    assert nowhere_above(one, other) == (maximum(one, other) == other)
    assert may_be_below(one, other) or not nowhere_above(one, other)


@given(st.lists(ORDERS, min_size=1, max_size=5))
def test_what_is_uncovered_has_the_same_maximum(orders: list[Order]) -> None:
    kept = uncovered(orders)
    assert Order.largest_of(kept) == Order.largest_of(orders)
    if not all(one.below == ONE for one in orders):
        assert not any(nowhere_above(a, b) for a in kept for b in kept if a is not b)
