"""Laws that no program may break, over random programs of the whole language; examples that break one stay below."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")

from oracle.cases import undone
from oracle.limit import limit

from gamma_calc import Program, derive
from gamma_calc.derivation.derivation import Derivation
from gamma_calc.errors import GammaError
from gamma_calc.exponents import Order
from gamma_calc.language.program import Role
from gamma_calc.optimisers import OPTIMISERS
from validation.evidence.runs.random_programs import (
    FACTORS_ONLY,
    FAMILIES,
    NEVER,
    RANK_ONE,
    WEIGHTS,
    Recipe,
    Style,
    Weight,
    accepted,
    recipe,
)

RECIPES = st.randoms(use_true_random=False).map(accepted)
LAW = settings(
    max_examples=40,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
Orders = dict[tuple[str, int], Order]


def with_factors(draw: Random) -> Recipe:
    """A recipe with a product B A in it, under an optimiser that takes a gradient of any kind."""
    while True:
        found = accepted(draw)
        if any(op[0] == "adapter" for op in found.ops) and found.optimiser not in RANK_ONE | FACTORS_ONLY:
            return found


ADAPTERS = st.randoms(use_true_random=False).map(with_factors)


MOST_STEPS = 3  # of a recipe


def derived(program: Program) -> Derivation | None:
    """None where the calculus refuses the program by name; what takes long is no example."""
    try:
        with limit(5.0):
            found = derive(program)
            for step in range(MOST_STEPS + 1):
                found.at_step(step)
    except GammaError:
        return None
    except TimeoutError:
        assume(condition=False)
    return found


def orders(found: Derivation, steps: int) -> Orders:
    return {(name, t): order for t in range(steps + 1) for name, order in sizes(found, t)}


def sizes(found: Derivation, step: int) -> Iterator[tuple[str, Order]]:
    for name, order in found.at_step(step).items():
        if name in found.program.quantities:
            yield name, order


def visible(order: Order) -> Fraction | None:
    """The exponent, None where it is of nothing that moves."""
    return None if order.is_zero_quantity or order.rational < Fraction(NEVER) / 2 else order.rational


def larger_changes(found: Derivation, steps: int) -> list[str]:
    """The changes that exceed both of the values between which they lie."""
    wrong = []
    for t in range(1, steps + 1):
        before, now = dict(sizes(found, t - 1)), dict(sizes(found, t))
        for group in found.program.watch:
            values = [q.name for q in group if q.role is not Role.CHANGE]
            for change in (q.name for q in group if q.role is Role.CHANGE):
                lies_between = [visible(s[values[0]]) for s in (before, now)]
                size = visible(now[change])
                if size is not None and size > max((v for v in lies_between if v is not None), default=size - 1):
                    wrong.append(f"{change} {size} at step {t} between {lies_between}")
    return wrong


def differences(one: Recipe, style: Style) -> list[str]:
    """Where a recipe written in two styles is derived differently."""
    first, second = derived(one.program()), derived(written(one, style))
    assert (first is None) == (second is None), f"one of two equal programs is refused: {one}"
    if first is None or second is None:
        return []
    a, b = orders(first, one.steps), orders(second, one.steps)
    return [f"{key}: {a[key]} and {b[key]}" for key in a if visible(a[key]) != visible(b[key])]


def written(one: Recipe, style: Style) -> Program:
    """The program in a style; a copy that is watched alone is no program, and not an example."""
    try:
        return one.program(style)
    except GammaError:
        assume(condition=False)
        raise


# -- d X <= max(X now, X before) ---------------------------------------------------------------------------------------


def check_changes(program: Program, steps: int, about: str = "") -> None:
    derivation = derived(program)
    if derivation is not None:
        assert larger_changes(derivation, steps) == [], about


def check_same(found: Recipe, style: Style) -> None:
    assert differences(found, style) == [], str(found)


@LAW
@given(RECIPES)
def test_no_change_exceeds_what_it_lies_between(found: Recipe) -> None:
    check_changes(found.program(), found.steps, str(found))


@LAW
@given(RECIPES)
def test_the_order_of_arguments_does_not_matter(found: Recipe) -> None:
    check_same(found, Style(swapped=True))


@LAW
@given(ADAPTERS)
def test_a_product_of_factors_acts_as_its_factors_do(found: Recipe) -> None:
    check_same(found, Style(left_first=True))


@LAW
@given(RECIPES)
def test_a_sample_twice_is_the_sample_once(found: Recipe) -> None:
    assume(found.optimiser not in RANK_ONE | {"sign-riemannian"})
    check_same(found, Style(twice=True))


@LAW
@given(RECIPES)
def test_a_tied_matrix_is_two_equal_ones(found: Recipe) -> None:
    assume(found.optimiser not in RANK_ONE | FACTORS_ONLY)
    check_same(found, Style(copied=True))


# -- programs that broke a law -----------------------------------------------------------------------------------------


def test_the_change_of_a_bounded_function_is_bounded() -> None:
    check_changes(undone(), 1)


def test_a_word_of_factors_is_the_same_either_way() -> None:
    """An adapter after W1'W1 and W0, on fresh samples: what is read turns twice one way, and not the other."""
    frozen, moved = "-1/2", "-3/2"
    found = Recipe(
        family="words",
        input_axis="n",
        ops=(("input",), ("back", "W1", 0), ("matrix", "W0", 1), ("adapter", "0", 2)),
        weights={
            **{name: Weight("nn", frozen, None) for name in ("W1", "W0")},
            "A": Weight("rn", "0", None),
            "B": Weight("nr", "0", moved),
            "c": Weight("n", "zero", moved),
        },
        samples=(Fraction(1),),
        fresh=True,
        loss="linear",
        readout=("c", "-1"),
        second_readout=0,
        probes=(("inner", 0, 0), ("read", 2, 0)),
        optimiser="sgd",
        rank="0",
        steps=1,
    )
    check_same(found, Style(left_first=True))


# -- the generator -----------------------------------------------------------------------------------------------------


def test_a_recipe_is_found_again_by_its_number() -> None:
    assert str(recipe(7)) == str(recipe(7)) != str(recipe(8))


def test_recipes_reach_the_whole_language() -> None:
    found = [recipe(i) for i in range(400)]
    assert {r.family for r in found} == set(FAMILIES)
    kinds = {op[0] for r in found for op in r.ops}
    assert kinds >= {"matrix", "transposed", "back", "adapter", "relu", "tanh", "times", "plus", "mean", "data", "gain"}
    assert {r.optimiser for r in found} == set(OPTIMISERS) - {"lion"}  # which the oracle does not know
    assert {r.rank for r in found} == {"0", "1/2", "1/4"}
    assert {len(r.samples) for r in found} == {1, 2, 3}
    starts = {w.start for r in found for w in r.weights.values() if w.rate is not None}
    assert {"zero", "given", "0", "-1/2"} <= starts
    uses = [sum(op[1:2] == (name,) for op in r.ops) for r in found for name in r.weights]
    assert sum(count > 1 for count in uses) > 20, "weights are used more than once"


def test_no_recipe_has_constants_whose_sums_cancel() -> None:
    pairs = [(a, b) for a in WEIGHTS for b in WEIGHTS]
    assert min(abs(a + b) for a, b in pairs) > Fraction(1, 4)
    assert min(abs(a - b) for a, b in pairs if a != b) > Fraction(1, 4)
    assert all(abs(w) != Fraction(1, 2) for w in WEIGHTS)
