"""Residual streams: what travels together is one direction, and no order comes out below what all words would give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle.grids import RECIPES

from gamma_calc import (
    Dim,
    Order,
    Program,
    Region,
    data,
    derive,
    frozen,
    iid,
    internal,
    order,
    output,
    parameter,
    zero,
)
from gamma_calc.calculus.direction import FreshImage, GivenVector, RandomMatrix, VectorDirection
from gamma_calc.calculus.meeting import Notebook, common
from gamma_calc.calculus.streams import Streams
from gamma_calc.calculus.value import Value
from gamma_calc.catalogue.mlp import mlp
from gamma_calc.derivation.advice import Advice
from gamma_calc.derivation.derivation import Derivation
from gamma_calc.engine import stable_run, travelling
from gamma_calc.engine.endless_growth import Growth, growth_at, proved
from gamma_calc.engine.run import start
from gamma_calc.engine.stable_run import on_stable_set
from gamma_calc.engine.stable_set import EndlessGrowth, StableSet
from gamma_calc.engine.state import State
from gamma_calc.engine.step_orders import StepOrders
from gamma_calc.exponents import Affine, Scope, nowhere_above, where_on
from gamma_calc.language.expression import Expression
from gamma_calc.language.initialisation import Init
from gamma_calc.language.program import Role
from gamma_calc.optimisers.names import by_name

N: Final = Dim("n", 1)
EVERYWHERE: Final = State(0, {})
TOLD_APART: Final = 10**9  # more words than any of these programs has


def residual(
    blocks: int,
    per_block: int,
    *,
    optimiser: str = "adam",
    b: Init = zero,
    rank: str = "0",
    rates: tuple[str, str] = ("eta", "eta"),
) -> Program:
    """x + W ... W x block by block, with an adapter on every matrix, read by a vector. Rates are those of A and B."""
    x: Expression = data("x", N)
    r = Dim("r", rank)
    watch = []
    for block in range(1, blocks + 1):
        y = x
        for i in range(per_block):
            A = parameter(f"A{block}_{i}", r, N, init=iid("-1/2"), rate=rates[0])
            B = parameter(f"B{block}_{i}", N, r, init=b, rate=rates[1])
            watch.append(internal(f"Z{block}_{i}", A @ y))
            y = frozen(f"W{block}_{i}", N, N) @ y + B @ (A @ y)
        x = x + y
        watch.append(output(f"x{block}", x))
    f = N**-1 * (data("v", N) @ x)
    return Program(f"{blocks} blocks of {per_block}", -f, by_name(optimiser), [*watch, output("f", f)])


def both_ways(
    monkeypatch: pytest.MonkeyPatch, program: Program, steps: Iterable[int] = ()
) -> tuple[Derivation, Derivation]:
    """A program without open exponents with all words told apart, and with none."""
    found = []
    for most in (TOLD_APART, 0):
        monkeypatch.setattr(travelling, "MOST_WORDS", most)
        found.append(derive(program))
        assert found[-1].orders
        assert all(map(found[-1].at_step, steps))
    apart, together = found
    return apart, together


def above(apart: Derivation, together: Derivation, steps: Iterable[int] = ()) -> Iterator[str]:
    """The orders that are above what all words give, each of which is marked; none is below."""
    marked = {bound.quantity for bound in together.bounds}
    pairs = [(apart.orders, together.orders), *((apart.at_step(t), together.at_step(t)) for t in steps)]
    for one, other in pairs:
        for name in one:
            assert nowhere_above(one[name], other[name]), name
            if one[name] != other[name]:
                assert name in marked, name
                yield name


@pytest.mark.parametrize("eta", ["-1", "-1/2", "0"])
@pytest.mark.parametrize("optimiser", ["adam", "sgd", "sign"])
@pytest.mark.parametrize(("blocks", "per_block"), [(2, 1), (1, 2)])
def test_what_travels_together_gives_the_orders_of_all_words(
    monkeypatch: pytest.MonkeyPatch, blocks: int, per_block: int, optimiser: str, eta: str
) -> None:
    program = residual(blocks, per_block, optimiser=optimiser).substitute({"eta": eta})
    apart, together = both_ways(monkeypatch, program)
    assert not list(above(apart, together))


@pytest.mark.parametrize("number", [40092, 40804])
def test_random_programs_of_which_no_word_is_told_apart(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """40092: Adam divides by more than there is once words are not told apart, and what is smaller must not shrink.

    40804: what is covered by another direction stays where more travels with it.
    """
    recipe = RECIPES["any"](number)
    steps = range(recipe.steps + 1)
    list(above(*both_ways(monkeypatch, recipe.program(), steps), steps))


@pytest.mark.parametrize("eta", ["-5/4", "-1/2"])
@pytest.mark.parametrize("b", [zero, iid("-1/2"), iid(0)])
def test_at_a_growing_rank_it_gives_no_less_and_marks_what_is_more(
    monkeypatch: pytest.MonkeyPatch, b: Init, eta: str
) -> None:
    list(above(*both_ways(monkeypatch, residual(2, 1, b=b, rank="1/2").substitute({"eta": eta}))))


@pytest.mark.parametrize("blocks", [4, pytest.param(12, marks=pytest.mark.long)])
def test_blocks_of_six_adapted_matrices_are_exact_at_a_rate(blocks: int) -> None:
    program = residual(blocks, 6)
    assert start(program.substitute({"eta": "-1/2"})).streams is not None
    found = derive(program, eta="-1/2")
    assert {found.orders[f"x{block}"] for block in range(1, blocks + 1)} == {order(0)}
    assert {found.orders[f"dx{block}"] for block in range(1, blocks + 1)} == {order(0)}
    assert found.orders["df"] == 0
    assert not found.bounds


def test_the_largest_rate_of_a_residual_chain() -> None:
    """As of one adapted layer: each adds at most as much as one does, and the words add nothing."""
    program = residual(4, 1)
    assert start(program).streams is not None
    found = derive(program)
    assert str(found.conditions["stable"].region) == "eta <= -1/2"
    assert str(found.conditions["feature_learning"].region) == "eta = -1/2"


def test_at_an_open_rate_a_chain_keeps_no_more_than_at_a_rate() -> None:
    """Once the unstable rates are cut off the run is made anew: what was told apart for them would be kept for good."""
    found = derive(residual(3, 2))
    kept = [v for t in found.trajectory.last.tensors.values() for v in (t.before, t.last)]
    assert max(len(value.components) for value in kept) == 2
    assert str(found.conditions["stable"].region) == "eta <= -1/2"
    assert {found.orders[f"x{block}.aligned"] for block in (1, 2, 3)} == {order("max(-1/2, 2*eta + 1)")}
    assert not found.bounds


def test_every_step_is_shown_once() -> None:
    shown: list[int] = []
    on_stable_set(residual(3, 1), frozenset({Role.OUTPUT}), lambda made: shown.append(made.now.step))
    assert shown == list(range(len(shown)))


def test_gradient_descent_is_made_in_full_on_its_stable_set_alone() -> None:
    """Where training only adds, what is there at least cuts first: a full step on a set not yet cut takes longest."""
    shown: list[StepOrders] = []
    found = on_stable_set(residual(2, 2, optimiser="sgd"), frozenset({Role.OUTPUT}), shown.append)
    assert str(found.settled) == "eta <= 0"
    read = [Region((step.now.scope.polyhedron,)) for step in shown if isinstance(step.now.scope, Scope)]
    assert len(read) == len(shown) > 2
    assert set(map(str, read)) == {"eta <= 0"}


def test_a_rate_for_each_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    """No order falls below what all words give where both are read, and the stable set is the whole one."""
    program = residual(2, 1, rates=("eta_A", "eta_B"))
    together = derive(program)
    monkeypatch.setattr(travelling, "MOST_WORDS", TOLD_APART)
    apart = derive(program)
    stable = together.conditions["stable"].region
    assert stable == apart.conditions["stable"].region
    for name in apart.orders:
        assert where_on(stable, apart.orders[name], "<=", together.orders[name]) == stable, name
    above = {
        name for name in apart.orders if where_on(stable, together.orders[name], "<=", apart.orders[name]) != stable
    }
    assert above <= {bound.quantity for bound in together.bounds}


@pytest.mark.parametrize("lr", ["shared", "per-layer"])
def test_one_skipped_matrix_at_an_open_rate_ends(lr: str) -> None:
    """By gradient descent orders grow with every step where it is not stable, so that no two words are told apart."""
    program = mlp("mup", depth=3, residual=True, optimiser="sgd", lr=lr)
    assert start(program).streams is not None
    found = derive(program)
    assert found.conditions["stable"].region == Region(" & ".join(f"{rate} <= 0" for rate in found.rates))
    assert not found.bounds


def test_one_skipped_matrix_is_told_apart_where_orders_are_few() -> None:
    assert start(mlp("mup", depth=3, residual=True, optimiser="adam", lr="shared")).streams is None
    assert start(mlp("mup", depth=3, residual=True, optimiser="sgd")).streams is None
    assert start(residual(1, 1, optimiser="sgd")).streams is None


def test_the_stable_set_of_a_residual_net_with_a_rate_for_each_layer_is_the_whole_one() -> None:
    """muP under SGD: every rate up to n^0, as without the skip connections; what is cut off is unstable for certain."""
    found = derive(mlp("mup", depth=5, residual=True, optimiser="sgd", lr="per-layer"))
    inside = found.trajectory.stable_set
    assert inside is not None
    assert inside.is_exact
    assert inside.region == inside.outer_region == Region(" & ".join(f"eta_{i} <= 0" for i in range(1, 6)))
    assert not found.bounds


def test_few_blocks_are_told_apart() -> None:
    assert start(residual(1, 3)).streams is None
    assert start(residual(2, 1)).streams is not None


# -- the notes ---------------------------------------------------------------------------------------------------------

W: Final = RandomMatrix("W", N, N)
X: Final = GivenVector("x")
WX: Final = FreshImage(W, X)
Y: Final = GivenVector("y")
WORDS: Final[tuple[VectorDirection, ...]] = (X, Y, *(FreshImage(matrix, v) for v in (X, Y) for matrix in (W, W.T)))
SHARES: Final = st.sampled_from([order(0), order("-1/4"), order("-1/2")])


def _vector(**sizes: Order) -> Value:
    return Value.merge((direction, sizes[name]) for name, direction in (("x", X), ("wx", WX)) if name in sizes)


def test_a_word_travels_with_what_it_ends_in_and_comes_back() -> None:
    value, streams = Streams().gathered(_vector(x=order(0), wx=order("-1/4")), EVERYWHERE, at_start=True)
    assert dict(value.components) == {X: order(0)}
    assert streams.notes == {X: {WX: order("-1/4")}}
    met = Notebook(streams, EVERYWHERE).vector_met(value, [W.T])
    assert dict(met.components) == {X: order(0), WX: order("-1/4")}


def test_a_word_that_is_larger_is_kept() -> None:
    whole = _vector(x=order(0), wx=order("1/4"))
    assert Streams().gathered(whole, EVERYWHERE, at_start=True)[0] == whole


def test_what_is_not_noted_is_not_met() -> None:
    value, streams = Streams(noted=False).gathered(_vector(x=order(0), wx=order(0)), EVERYWHERE, at_start=True)
    assert Notebook(streams, EVERYWHERE).vector_met(value, [W.T]) == value


def test_a_later_direction_travels_with_a_first_one_and_meets_itself() -> None:
    late = GivenVector("late")
    _, streams = Streams().gathered(_vector(x=order(0)), EVERYWHERE, at_start=True)
    both = Value.merge([(X, order(0)), (late, order("-1/2"))])
    value, streams = streams.gathered(both, EVERYWHERE, at_start=False)
    assert dict(value.components) == {X: order(0)}
    met = Notebook(streams, EVERYWHERE).vector_met(value, [late])
    assert met.components[late] == order("-1/2")


def test_what_passed_a_shorter_axis_agrees_by_chance_there() -> None:
    R = Dim("r", "1/2")
    B, other = RandomMatrix("B", N, R), GivenVector("y")
    images = [FreshImage(B, GivenVector(name)) for name in ("u", "w")]
    streams = Streams(notes={X: {images[0]: order(0)}, other: {images[1]: order(0)}})
    assert common(streams, X, other, EVERYWHERE) == R.independent_overlap
    assert not nowhere_above(R.independent_overlap, N.independent_overlap)


def test_what_two_have_in_common_by_chance_does_not_depend_on_what_was_asked_before() -> None:
    B, other = RandomMatrix("B", N, Dim("r", "1/2")), GivenVector("y")
    images = [FreshImage(B, GivenVector(name)) for name in ("u", "w")]
    streams = Streams(notes={X: {images[0]: order(0)}, other: {images[1]: order(0)}})
    assert common(streams, images[0].of, images[1].of, EVERYWHERE).is_zero_quantity
    assert common(streams, X, other, EVERYWHERE) == Dim("r", "1/2").independent_overlap


@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(WORDS), SHARES), min_size=2, max_size=8))
def test_what_is_kept_of_notes_is_what_is_read_anew(
    notes: list[tuple[VectorDirection, VectorDirection, Order]],
) -> None:
    streams = Streams()
    for of, noted, share in notes:
        streams = streams.noting({of: {noted: share}}, EVERYWHERE)
        anew = Streams(notes=streams.notes)
        for one, two in combinations(WORDS, 2):
            assert common(streams, one, two, EVERYWHERE) == common(anew, one, two, EVERYWHERE)


def stable_set_of(found: Derivation) -> StableSet:
    inside = found.trajectory.stable_set
    assert inside is not None
    return inside


@pytest.mark.parametrize(("blocks", "per_block"), [(2, 1), (3, 1), (2, 2), (4, 2)])
def test_the_largest_rate_of_gradient_descent_is_where_growth_begins(blocks: int, per_block: int) -> None:
    """Each step cuts a little more, eta <= 1 / (2 t - 1), and no number of them comes to eta <= 0."""
    found = derive(residual(blocks, per_block, optimiser="sgd"))
    inside = stable_set_of(found)
    assert inside.is_exact
    assert inside.region == inside.outer_region == found.conditions["stable"].region == Region("eta <= 0")
    endless = inside.cuts[-1].proof
    assert isinstance(endless, EndlessGrowth)
    assert endless.proofs
    assert all(proof.value <= 0 for proof in endless.proofs)
    assert not found.bounds


def test_one_block_told_apart_has_the_same_largest_rate() -> None:
    assert derive(residual(1, 1, optimiser="sgd")).conditions["stable"].region == Region("eta <= 0")


@pytest.mark.parametrize("eta", ["1/64", "1/4"])
def test_above_the_largest_rate_words_that_are_told_apart_grow(monkeypatch: pytest.MonkeyPatch, eta: str) -> None:
    """At least by what is proved, 2 eta in two steps for a factor; at the largest rate they do not."""
    monkeypatch.setattr(travelling, "MOST_WORDS", TOLD_APART)
    program = residual(2, 1, optimiser="sgd")
    assert derive(program, eta="0").conditions["stable"].region.is_everything
    found = derive(program, eta=eta)
    last, before = (found.step_orders[-step].now.tensors["B1_0"].moved.order for step in (1, 3))
    assert (last - before).rational >= 2 * Fraction(eta)


@pytest.mark.parametrize(
    ("rates", "largest"),
    [
        (("eta", "eta + 1/2"), "eta <= -1/4"),
        (("eta", "-1/2"), "eta <= 1/2"),
        (("0", "eta"), "eta <= 0"),
        (("eta", "1/2"), "eta <= -1/2"),
    ],
)
def test_growth_begins_where_the_rates_of_both_factors_come_to_one(rates: tuple[str, str], largest: str) -> None:
    """Also where cuts are not known to be needed: the last rates would leave 3 eta <= -1, 7 eta <= -3 and so on."""
    inside = stable_set_of(derive(residual(2, 1, optimiser="sgd", rates=rates)))
    assert inside.is_exact
    assert inside.region == Region(largest)


@pytest.mark.parametrize("b", [iid("-1/2"), iid(0)])
def test_the_start_of_the_second_factor_does_not_hide_growth(b: Init) -> None:
    inside = stable_set_of(derive(residual(2, 1, optimiser="sgd", b=b)))
    assert inside.is_exact
    assert inside.region == Region("eta <= 0" if b == iid("-1/2") else "eta <= -1/2")


def test_of_two_rates_of_gradient_descent_what_is_known_to_be_needed_is_told() -> None:
    """Told apart, eta_B = 9/16 is unstable for every eta_A; the notes do not show it."""
    found = derive(residual(2, 1, optimiser="sgd", rates=("eta_A", "eta_B")))
    inside = stable_set_of(found)
    assert inside.region == Region("eta_A + eta_B <= 0 & eta_B <= 1/2")
    assert inside.outer_region == Region("eta_A + eta_B <= 0 & eta_B <= 3/4")
    assert not inside.is_exact
    assert "where eta_A + eta_B <= 0 & 1/2 < eta_B <= 3/4, stability is not decided" in found.assumptions


def test_no_more_growth_is_proved_than_there_is() -> None:
    """A state that is raised by more than it rises is above what becomes of it."""
    (part,) = Region("eta <= 1/5").polyhedra
    scope, program = Scope.of(part), residual(2, 1, optimiser="sgd")
    left, first = StableSet(frozenset({Role.OUTPUT}), scope, scope, only_adds=True), start(program).least
    assert first is not None
    growth = growth_at(program, first, left, {"eta": Fraction(1, 16)})
    assert isinstance(growth, Growth)
    assert growth.form == Affine.variable("eta") * 2
    assert proved(program, left, growth) is not None
    assert proved(program, left, replace(growth, form=growth.form + Fraction(1, 10))) is None
    assert growth_at(program, first, left, {"eta": Fraction(-1, 16)}) is False
    assert growth_at(program, first, left, {"eta": Fraction(1)}) is True


def test_what_is_not_decided_is_not_said_to_be_unstable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once steps run out nothing is known to be stable, and what they have not cut off not to be unstable."""
    monkeypatch.setattr(stable_run, "MOST_STEPS", 2)
    found = derive(residual(2, 1, optimiser="sgd"))
    inside = stable_set_of(found)
    assert not inside.is_exact
    assert inside.region.is_empty
    assert found.undecided == inside.outer_region == Region("eta <= 0")
    assert "nor was it found that none does where eta <= 0; fix eta" in Advice(found).text()


def test_what_counts_for_too_much_is_not_said_to_be_unstable() -> None:
    """At a growing rank a bound leaves no exponent, though the orders that there are at least leave some."""
    found = derive(residual(2, 1, optimiser="sgd", b=iid("-1/4"), rank="1/4"))
    assert found.conditions["stable"].region.is_empty
    assert found.decided_by is None
    assert "nor was it found that none does where eta <= -1/8; fix eta" in Advice(found).text()


def test_a_state_that_is_read_where_it_was_is_itself() -> None:
    """With all that was read from what travels together, which is asked for at every step."""
    found = derive(residual(2, 1))
    now = found.trajectory.last
    assert now.streams is not None
    assert now.scope is not None
    assert now.on(now.scope) is now
    other = Scope.of(Region("eta <= -1").polyhedra[0])
    assert now.on(other) is not now
