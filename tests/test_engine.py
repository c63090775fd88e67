"""The engine: settled orders by pointwise induction, growth outside, early steps, assumptions that decide alignment."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import pytest
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st

from gamma_calc import Program, Region, adam, deep_linear, derive, lora, order, toy
from gamma_calc.calculus import contraction, words
from gamma_calc.catalogue.abc_parametrisations import PARAMETRISATIONS, abc
from gamma_calc.catalogue.dora import dora
from gamma_calc.catalogue.stacked import stacked
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.run import states
from gamma_calc.errors import OrderError, ProgramError, UnknownName
from gamma_calc.operations.add import Add
from gamma_calc.operations.hadamard import Hadamard

KEEP_EVERYTHING = frozenset({("no such factor", "nor this")})  # a declared pair switches all shortcuts off

PROGRAMS = [
    lora("A"),
    lora("B"),
    lora("AB+"),
    lora("general", lr="per-factor"),
    lora("A", optimiser="sgd").substitute({"eta": -1}),
    lora("B", rank="growing", scaling="alpha/r").substitute({"rho": "1/2"}),
    stacked("B").substitute({"eta": -1}),
    stacked("A").substitute({"eta": "-1/2"}),
    toy("1"),
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_what_is_left_out_changes_no_order(program: Program) -> None:
    """Covered components, names of vectors on a fixed axis, remainders of sign: with and without, step by step."""
    short, full = derive(program), derive(program.replaced(orthogonal=KEEP_EVERYTHING))
    for step in range(4):
        assert dict(short.at_step(step)) == dict(full.at_step(step))


@pytest.mark.parametrize(
    "program",
    [
        stacked("B").substitute({"eta": -1}),
        stacked("A").substitute({"eta": "-1/2"}),
        deep_linear(PARAMETRISATIONS["mup"]),
        deep_linear(PARAMETRISATIONS["ntk-adam"], optimiser="adam"),
        deep_linear(PARAMETRISATIONS["sp"], optimiser="sign"),
    ],
    ids=lambda p: p.name,
)
def test_calling_words_noise_later_changes_no_order(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    early = [dict(derive(program).at_step(step)) for step in range(4)]
    monkeypatch.setattr(contraction, "MOST_TURNS", words.MOST_TURNS + 1)
    assert [dict(derive(program).at_step(step)) for step in range(4)] == early


@pytest.mark.parametrize("program", [lora("A"), dora(rank="growing").substitute({"rho": "1/2"})], ids=lambda p: p.name)
def test_a_sum_is_as_large_as_its_largest_term(program: Program) -> None:
    *_, state = islice(states(program), 3)
    for watched in program.quantities.values():
        if watched.expression is not None:
            size = Evaluation(program, state).size(watched.expression)
            assert size == Evaluation(program, state).value(watched.expression).order


def test_a_sum_is_not_made_to_tell_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of products of many parts it has the most components, and where it is watched nothing else is made of it."""
    program = lora("A")
    *_, state = islice(states(program), 3)
    change = program.quantities["dZ_B"].expression
    assert isinstance(change, Add)
    expected = Evaluation(program, state).value(change).order
    monkeypatch.setattr(Add, "orders", lambda *_: pytest.fail("made a sum"))
    assert Evaluation(program, state).size(change) == expected


def test_of_a_watched_product_nothing_is_left_out_to_tell_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    program = dora()
    *_, state = islice(states(program), 3)
    moved = program.quantities["delta2"].expression
    assert isinstance(moved, Hadamard)
    here, expected = Evaluation(program, state), Evaluation(program, state).value(moved).order
    for factor in moved.arguments:
        here.value(factor)
    monkeypatch.setattr(Evaluation, "pruned", lambda *_: pytest.fail("left something out"))
    assert here.size(moved) == expected


def test_settled_orders_hold_at_every_later_step() -> None:
    found = derive(lora("A"))
    assert found.settled.is_everything
    assert all(dict(found.at_step(step)) == dict(found.orders) for step in (found.from_step, 4, 9))
    assert dict(found.at_step(found.from_step - 1)) != dict(found.orders)


def test_where_nothing_settles_the_growth_per_step_is_said() -> None:
    found = derive(toy("1"))
    assert found.settled == Region.parse("eta <= -1/2")
    assert found.growth["f"] == order("2*eta + 1")


def test_inside_the_settled_set_later_steps_agree_pointwise() -> None:
    found = derive(toy("1"))
    later = found.at_step(12)
    for eta in (Fraction(-1, 2), Fraction(-3, 4), Fraction(-2)):
        assert {k: later[k].at({"eta": eta}) for k in later} == {k: v.at({"eta": eta}) for k, v in found.orders.items()}


def test_growth_that_itself_grows_has_no_rate() -> None:
    """Gradients of a deep network multiply the layers, so beyond the stable rates the exponent grows geometrically."""
    one_rate = abc("sp", (0, 0, 0), (0, "1/2", "1/2"), ("-eta", "-eta", "-eta"))
    assert derive(deep_linear(one_rate)).growth["f"] is None


def test_a_fresh_sample_at_every_step_halves_what_the_factor_gains() -> None:
    """dZ_A = eta g_A Z: n on the same sample, sqrt(n) on a fresh independent one (assumption 1 of LoRA+ fails)."""
    assert derive(lora("B")).orders["Z_A"] == order("eta + 1")
    assert derive(lora("B", fresh=True)).orders["Z_A"] == order("eta + 1/2")


def test_declared_orthogonality_makes_an_exact_zero() -> None:
    both = lora("general", a0=0, b0=0)
    declared = both.replaced(orthogonal=frozenset({("B", "A")}))
    assert derive(both).at_step(0)["Z_B"] == order("1/2")
    assert derive(declared).at_step(0)["Z_B"].is_zero_quantity
    assert derive(declared).conditions["stable"].region == Region.parse("eta <= -1")


def test_a_frozen_factor_has_no_part_of_its_own() -> None:
    found = derive(lora("A", freeze="A"))
    assert found.orders["delta1"].is_zero_quantity
    assert found.conditions["efficient"].region == Region.parse("eta = 0")


def test_an_epsilon_that_dominates_makes_adam_a_gradient_step() -> None:
    plain = lora("A", optimiser="sgd").substitute({"eta": -2})
    damped = lora("A").replaced(optimiser=adam(epsilon=3)).substitute({"eta": 1})  # eta / epsilon = n^-2
    assert derive(plain).orders["Z_B"] == derive(damped).orders["Z_B"]


def test_the_sum_of_the_parts_is_the_change() -> None:
    from gamma_calc import maximum

    found = derive(lora("general", lr="per-factor"))
    parts = maximum(*(found.orders[f"delta{i}"] for i in (1, 2, 3)))
    assert parts == found.orders["dZ_B"]


def test_steps_count_from_zero() -> None:
    with pytest.raises(OrderError, match="-1 is no step; steps count from 0"):
        derive(lora()).at_step(-1)


def test_an_unknown_quantity_suggests_the_nearest() -> None:
    with pytest.raises(UnknownName, match="unknown quantity 'Z_C'; did you mean Z_B or Z_A"):
        derive(lora()).order("Z_C")


exponents = st.fractions(min_value=-2, max_value=1, max_denominator=4)


@settings(max_examples=40)
@over(exponents, exponents, exponents, exponents, st.sampled_from(["adam", "sign"]))
def test_the_whole_space_agrees_with_each_of_its_points(
    a: Fraction, b: Fraction, a0: Fraction, b0: Fraction, optimiser: str
) -> None:
    """Deriving with open exponents and then fixing them is deriving at fixed exponents."""
    program = lora("general", lr="per-factor", optimiser=optimiser)
    point = {"eta_A": a, "eta_B": b, "a0": a0, "b0": b0}
    open_, fixed = derive(program), derive(program.substitute(point))
    for step in range(4):
        everywhere = open_.at_step(step)
        assert {k: everywhere[k].substitute(point) for k in everywhere} == dict(fixed.at_step(step))


def test_states_are_produced_lazily_and_without_end() -> None:
    from gamma_calc.engine.run import states

    assert [state.step for state in islice(states(lora()), 3)] == [0, 1, 2]


def test_an_epsilon_may_be_an_open_exponent() -> None:
    """A fixed epsilon is one more exponent of the program, declared and fixable like the others."""
    program = lora("A").replaced(optimiser=adam("kappa"))
    assert program.variables == ("eta", "kappa")
    assert derive(program, eta=1, kappa=3).orders["Z_B"] == derive(lora("A", optimiser="sgd"), eta=-2).orders["Z_B"]


def test_a_parameter_that_no_gradient_reaches_is_refused() -> None:
    from gamma_calc import Dim, data, iid, parameter
    from gamma_calc.language.expression import Expression
    from gamma_calc.operations.transpose import Transpose

    class Stopped(Transpose):
        def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
            return (None,)

    n = Dim("n", 1)
    a, b = (parameter(name, n, n, init=iid("-1/2"), rate="eta") for name in "ab")
    loss = data("w", n) @ (a @ (Stopped(b) @ data("Z", n)))
    with pytest.raises(ProgramError, match=r"program p: no gradient reaches parameter b; write frozen\('b', ...\)"):
        derive(Program("p", loss, adam(), []))


def test_what_the_loss_does_not_contain_has_no_aligned_order() -> None:
    from gamma_calc import internal

    program = lora("A")
    copy = internal("copy", program.quantities["Z_A"].node.rebuild(*program.quantities["Z_A"].node.arguments))
    found = derive(program.replaced(watch=(*program.watch, copy)))
    assert found.orders["copy"] == found.orders["Z_A"]
    assert "copy.aligned" not in found.orders


def test_a_random_factor_overlaps_with_the_update_it_made() -> None:
    """<B0, w (x) B0'w> = |B0'w|^2 is a coherent sum over the rank (found by drawing programs at random).

    B's step is along w (x) Z_A with Z_A along B0'w, so the projection of B0 on B's gradient loses n^(-1/2) alone.
    """
    found = derive(lora("B", rank="growing", scaling="1"), rho="1/2", eta="-1")
    start = order("-1/4")  # an entry of B0, r^(-1/2)
    assert found.at_step(2)["B"] == start
    assert found.at_step(2)["B.aligned"] == start - Fraction(1, 2)
