"""Sets of ways: what is left out is nowhere above what is kept, and the order is the largest."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from gamma_calc import Order, maximum, minimum, order
from gamma_calc.calculus.ways import AT_ONCE, NO_WAY, Way, Weights, times, without
from gamma_calc.exponents import Region, Scope, nowhere_above

ETA = Order("eta")
SLOPES, CONSTANTS = st.sampled_from([-1, 1, 2]), st.sampled_from(["-1", "-1/2", "0", "1/2"])


@st.composite
def weights(draw: st.DrawFn) -> Order:
    """Orders that are nowhere above 0."""
    lines = [ETA * draw(SLOPES) + draw(CONSTANTS) for _ in range(draw(st.integers(1, 2)))]
    return minimum(0, maximum(*lines)) if len(lines) > 1 else minimum(0, lines[0])


@st.composite
def some_ways(draw: st.DrawFn) -> tuple[Weights, list[Way]]:
    known, those = Weights(), draw(st.lists(weights(), min_size=1, max_size=3))
    made = [known.whole(weight) for weight in those]
    return known, [
        _product(chosen) for chosen in draw(st.lists(st.lists(st.sampled_from(made), max_size=4), max_size=5))
    ]


def _product(those: list[Way]) -> Way:
    found = AT_ONCE
    for way in those:
        found = times(found, way)
    return found


@given(some_ways())
def test_what_is_covered_is_nowhere_above(made: tuple[Weights, list[Way]]) -> None:
    known, those = made
    for one in those:
        for other in those:
            assert not known.is_covered(one, other) or nowhere_above(known.order((one,)), known.order((other,)))


@given(some_ways())
def test_what_is_left_out_changes_no_order(made: tuple[Weights, list[Way]]) -> None:
    known, those = made
    assert known.order(known.joined(NO_WAY, those)) == known.order(tuple(those))


def test_a_weight_covers_smaller_ones_each_once() -> None:
    known = Weights()
    large, small = known.whole(minimum(0, ETA)), known.whole(minimum(0, ETA * 2))
    assert known.is_covered(small, large)
    assert not known.is_covered(large, small)
    assert known.is_covered(times(small, small), times(large, small))
    assert not known.is_covered(times(small, known.whole(order("-1/2"))), times(large, large))


def test_a_weight_that_is_taken_away_is_not_left_over() -> None:
    known = Weights()
    weight = known.whole(minimum(0, ETA))
    assert known.is_covered(AT_ONCE, without(weight))
    assert not known.is_covered(without(weight), AT_ONCE)


def test_a_maximum_of_forms_is_one_way() -> None:
    (way,) = Weights().ways(maximum(ETA, "-1/2", Order("rho")))
    assert way == (Fraction(0), ((0, Fraction(1)),))


def test_weights_are_compared_where_they_are_read() -> None:
    """eta + rho is above eta only where rho is above 0."""
    (here,) = Region.parse("eta <= 0 & rho <= 0").polyhedra
    scoped, everywhere = Weights(Scope.of(here)), Weights()
    two, one = ETA + Order("rho"), maximum(ETA, "-1/2")
    assert scoped.is_covered(scoped.whole(two), scoped.whole(one))
    assert not everywhere.is_covered(everywhere.whole(two), everywhere.whole(one))
    assert scoped.is_settled(scoped.whole(ETA * 2), scoped.ways(one))
    assert not scoped.is_settled(scoped.whole(order(0)), scoped.ways(one))
