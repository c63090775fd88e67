"""Random programs with their rates left open, read at values, beside the same programs derived at these values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest
from oracle.comparison import marked
from oracle.judge import MOST_SECONDS, derived
from oracle.record import recorded

from gamma_calc.derivation.derivation import Derivation
from gamma_calc.errors import GammaError
from gamma_calc.exponents import Order
from validation.evidence.runs.random_programs import Recipe, recipe

VALUES = ("-1/2", "0", "1/4", "1/2", "1")
NUMBERS = tuple(recorded("any"))
SECONDS = MOST_SECONDS["any"]


def with_rates_times(found: Recipe, exponent: str) -> Recipe:
    """The program with every rate times n^exponent."""
    weights = {
        name: weight if weight.rate is None else replace(weight, rate=f"{weight.rate} + ({exponent})")
        for name, weight in found.weights.items()
    }
    return replace(found, weights=weights)


def below(number: int) -> Iterator[str]:
    """The orders that are less with the rates open, where the program at the value has no mark on them."""
    found = recipe(number)
    try:
        opened = derived(with_rates_times(found, "e"), SECONDS)
    except (GammaError, TimeoutError):
        return
    for value in VALUES:
        try:
            there = derived(with_rates_times(found, value), SECONDS)
        except (GammaError, TimeoutError):
            continue
        yield from (f"{number} at e = {value}: {row}" for row in _less(opened, there, found.steps, value))


def _less(opened: Derivation, there: Derivation, steps: int, value: str) -> Iterator[str]:
    for step in range(steps + 1):
        table = opened.at_step(step)
        if not table.domain.contains({"e": Fraction(value)}):
            continue
        for name, right in there.at_step(step).items():
            order = table[name].substitute({"e": value})
            if _is_below(order, right) and not marked(there, name, step):
                yield f"{name} at step {step} is {order}, and {right}"


def _is_below(order: Order, right: Order) -> bool:
    if right.is_zero_quantity or order.is_zero_quantity:
        return order.is_zero_quantity and not right.is_zero_quantity
    return order.rational < right.rational


def test_no_order_is_less_where_a_rate_is_open() -> None:
    assert [row for number in NUMBERS[::200] for row in below(number)] == []


@pytest.mark.long
@pytest.mark.parametrize("first", range(8))
def test_no_order_of_many_is_less_where_a_rate_is_open(first: int) -> None:
    assert [row for number in NUMBERS[first * 9 :: 72] for row in below(number)] == []


def test_an_order_that_is_less_is_seen() -> None:
    """As it would be if open exponents lost an order: here the program at a value has larger rates."""
    opened, there = (derived(with_rates_times(recipe(NUMBERS[0]), e), SECONDS) for e in ("e", "3"))
    assert list(_less(opened, there, 1, "1"))
