"""The search for the largest way to pair directions off: few parts of arguments first gives what all at once does."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_pairing import largest

from gamma_calc import Dim, Program, data, derive, mlp, parameter, sign, zero
from gamma_calc.calculus import overlap
from gamma_calc.calculus.activation import activation
from gamma_calc.calculus.direction import (
    FreshImage,
    GivenVector,
    Noise,
    Outer,
    RandomMatrix,
    VectorDirection,
    as_vector,
    changing_orders,
    factors,
    product_of,
)
from gamma_calc.calculus.entrywise_products import gathered
from gamma_calc.calculus.function import Function
from gamma_calc.calculus.numbered_directions import NumberedDirections, Unpaired
from gamma_calc.calculus.pairing import PairingSearch
from gamma_calc.calculus.shares import shares
from gamma_calc.calculus.value import Value
from gamma_calc.calculus.ways import Ways
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.run import start
from gamma_calc.exponents import MINUS_INFINITY, Order, Region, Scope, maximum, minimum, order
from gamma_calc.operations.elementwise import Elementwise
from gamma_calc.operations.relu import RELU, STEP
from gamma_calc.operations.sign import SIGN
from gamma_calc.operations.tanh import SECH2, TANH

ENOUGH = 6  # parts at once for the vectors below; with more of them the search without an order takes minutes


def vectors(activation: str, depth: int) -> list[VectorDirection]:
    """What the updates of a trained network are along."""
    state = derive(mlp("mup", depth=depth, activation=activation)).trajectory.last
    made = [d for tensor in state.tensors.values() for d in tensor.last.components if isinstance(d, Outer)]
    return sorted({side for d in made for side in (d.left, d.right) if not isinstance(side, Noise)}, key=str)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_few_parts_first_finds_what_all_at_once_finds(activation: str) -> None:
    found = set()
    for u, v in combinations(vectors(activation, 3), 2):
        those = [*factors(u), *factors(v)]
        assert overlap.moment(those) == largest(those, ENOUGH)
        found.add(overlap.moment(those))
    assert {0, MINUS_INFINITY} <= found


@pytest.mark.parametrize("function", [RELU, TANH, SIGN], ids=str)
def test_parts_that_are_too_small_to_pair_by_more_than_chance_decide_nothing(function: Function) -> None:
    """As they may be left out of the search, which without them ends."""
    u, v, w = map(GivenVector, "uvw")
    x = Value({u: order(0), v: order("-1/4"), product_of([u, v]): order("-1/2"), w: order("-3/4")})
    y = Value({activation(function, "x", x): order(0), product_of([v, w]): order("-1/4"), w: order("-1/4")})
    made: list[VectorDirection] = [activation(function, "x", x), activation(function, "y", y), u, v, w]
    chance, left_out = order("-1/2"), 0
    for count in range(4):
        for those in combinations(made, count):
            assert maximum(chance, overlap.moment(those, chance)) == maximum(chance, largest(those, ENOUGH))
            left_out += any(overlap.bright(one, chance) != one for one in those)
    assert left_out


def test_an_atom_that_nothing_answers_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of relu(u + n^(-1/4) v + n^(-1/8) u v w) times w, w pairs through the last part alone: no search finds more."""
    u, v, w = map(GivenVector, "uvw")
    x = Value({u: order(0), v: order("-1/4"), product_of([u, v, w]): order("-1/8")})
    made = activation(RELU, "x", x)
    assert largest([made, w], ENOUGH) == overlap.moment([made, w])
    monkeypatch.setattr(PairingSearch, "_paired", lambda *_, **__: pytest.fail("searched"))  # no part is ever given
    assert overlap.moment([made, w], order("-1/8")).is_zero_quantity
    assert overlap.moment([made, GivenVector("z")]).is_zero_quantity


def test_no_part_is_given_where_all_pairs_off_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """W relu(u) and W relu(v) agree by their means, and relu(W relu(u) + w) has one: there is no more to be found."""
    n, (u, v, w) = Dim("n", 1), map(GivenVector, "uvw")
    images = [FreshImage(RandomMatrix("W", n, n), activation(RELU, str(x), Value({x: order(0)}))) for x in (u, v)]
    made = activation(RELU, "x", Value({images[0]: order(0), w: order(0)}))
    monkeypatch.setattr(PairingSearch, "_with", lambda *_: pytest.fail("gave a part"))
    assert overlap.moment([made, *images]) == 0


@pytest.mark.parametrize("function", [RELU, TANH, SIGN], ids=str)
def test_what_can_come_to_no_more_than_is_known_goes_no_further(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one exponent's orders, with those that the search without bounds finds."""
    left_out, unsettled = 0, PairingSearch.unsettled

    def counted(self: PairingSearch, pool: Unpaired, ways: Ways, known: Ways) -> Ways:
        nonlocal left_out
        found = unsettled(self, pool, ways, known)
        left_out += len(ways) - len(found)
        return found

    monkeypatch.setattr(PairingSearch, "unsettled", counted)
    u, v, w = map(GivenVector, "uvw")
    x = Value({u: order(0), v: order("min(0, eta)"), product_of([u, w]): order("min(0, eta/2) - 1/4")})
    y = Value({w: order(0), activation(TANH, "x", x): order("min(0, eta/4)"), u: order("min(0, eta)")})
    made: list[VectorDirection] = [activation(function, "x", x), activation(function, "y", y), u, v, w]
    chance = order("-1/2")
    for count in range(1, 5):
        for those in combinations(made, count):
            assert maximum(chance, overlap.moment(those, chance)) == maximum(chance, largest(those, ENOUGH))
    assert left_out


OPEN = ("eta", "a", "eta + a", "2*eta - 1/4", "max(eta, a - 1/2)", "max(eta + a, 2*a)")


@pytest.mark.parametrize("function", [RELU, TANH, SIGN], ids=str)
def test_of_open_sizes_the_largest_way_is_that_of_all_ways(function: Function) -> None:
    """Where no size is above 0, ways that use more weights than another one does are left out."""
    u, v, w = map(GivenVector, "uvw")
    sizes = Scope.of(Region("eta <= 0 & a <= 0").polyhedra[0]).order
    of_x = Value({u: order(0), v: Order("eta"), product_of([u, v]): Order("a"), product_of([v, w]): Order("eta + a")})
    x = changing_orders(sizes)(activation(function, "x", of_x))
    of_y = Value({w: order(0), as_vector(x): Order("max(eta, a - 1/2)"), v: Order("max(eta + a, 2*a)")})
    y = changing_orders(sizes)(activation(function, "y", of_y))
    points = [{"eta": Fraction(-i, 3), "a": Fraction(-j, 4)} for i in range(4) for j in range(4)]
    told = 0
    for count in range(1, 4):
        for chosen in combinations(map(as_vector, (x, y, u, v, w)), count):
            found, expected = overlap.moment(chosen), largest(chosen, ENOUGH)
            assert found.is_zero_quantity == expected.is_zero_quantity
            assert found.is_zero_quantity or all(found.at(point) == expected.at(point) for point in points)
            told += bool(found.variables)
    assert told


SIZES = st.sampled_from(["-1/2", "-1/4", "0", "1/4"]).map(order)
FUNCTIONS = st.sampled_from([RELU, STEP, TANH, SECH2, SIGN])


@st.composite
def products(draw: st.DrawFn) -> list[VectorDirection]:
    """A few vectors and functions, also of functions and sparse ones, of which several may be the same."""
    atoms: list[VectorDirection] = [GivenVector(name) for name in "uvw"]
    known = list(atoms)
    for place in "xy":
        parts = draw(st.lists(st.sampled_from([*known, product_of(atoms[:2])]), min_size=1, max_size=2, unique=True))
        argument = Value({part: draw(SIZES) for part in parts})
        known += [activation(function, place, argument) for function in draw(st.sets(FUNCTIONS, max_size=2))]
    return draw(st.lists(st.sampled_from(known), min_size=1, max_size=4))


@settings(max_examples=300, deadline=None)
@given(products(), st.integers(0, 4))
def test_the_largest_way_is_that_of_all_ways(those: list[VectorDirection], budget: int) -> None:
    """Up to 0, where a search ends."""
    atoms, functions, _ = gathered(those)
    known = NumberedDirections(overlap.pair)
    search = PairingSearch(known, falling=all(map(overlap.gains_nothing, functions)))
    found, expected = search.largest(known.pool(atoms, functions), budget), largest((*atoms, *functions), budget)
    assert found.is_zero_quantity == expected.is_zero_quantity
    assert found.is_zero_quantity or minimum(0, found) == minimum(0, expected)


@pytest.mark.parametrize("budget", range(4))
def test_one_part_more_is_never_less(budget: int) -> None:
    for u, v in combinations(vectors("relu", 3), 2):
        fewer, more = (largest([*factors(u), *factors(v)], parts) for parts in (budget, budget + 1))
        assert fewer.is_zero_quantity or fewer.rational <= more.rational


def test_a_relu_that_is_known_by_its_place_alone_is_off_somewhere() -> None:
    """As in the argument of a third layer, where what a first one is made of is no longer told."""
    v = GivenVector("v")
    far = activation(RELU, "h1", Value({GivenVector("u"): order(0)})).named
    _, share = shares("h3", Value({far: order(1), v: order(0)}))
    assert dict(share.x.components) == {v: order(0)}


def test_a_product_of_two_slopes_is_as_large_as_the_few_entries_where_they_bend() -> None:
    """tanh bends on a share n^(-1/2) of the entries of n^(1/2) u: its slope, and the slope's square, are one there."""
    n = Dim("n", 1)
    assert TANH.slope is not None
    W, slope = parameter("W", n, n, init=zero, rate="eta"), Elementwise(TANH.slope, data("u", n, entry="1/2"))
    program = Program("p", data("w", n) @ (W @ slope), sign(), ())
    here = Evaluation(program, start(program))
    assert here.value(slope).order == here.value(slope * slope).order == order("-1/4")
