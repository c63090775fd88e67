"""The search for the largest way to pair directions off: few parts of arguments first gives what all at once does."""

from __future__ import annotations

from itertools import combinations

import pytest

from gamma_calc import Dim, Program, data, derive, mlp, parameter, sign, zero
from gamma_calc.calculus import overlap
from gamma_calc.calculus.direction import GivenVector, Noise, Outer, VectorDirection, factors, product_of
from gamma_calc.calculus.function import Function
from gamma_calc.calculus.value import Value
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.run import start
from gamma_calc.exponents import MINUS_INFINITY, Order, maximum, order
from gamma_calc.operations.elementwise import Elementwise, activation, shares
from gamma_calc.operations.relu import RELU
from gamma_calc.operations.sign import SIGN
from gamma_calc.operations.tanh import TANH

ENOUGH = 6  # parts at once for the vectors below; with more of them the search without an order takes minutes


def vectors(activation: str, depth: int) -> list[VectorDirection]:
    """What the updates of a trained network are along."""
    state = derive(mlp("mup", depth=depth, activation=activation)).trajectory.last
    made = [d for tensor in state.tensors.values() for d in tensor.last.components if isinstance(d, Outer)]
    return sorted({side for d in made for side in (d.left, d.right) if not isinstance(side, Noise)}, key=str)


def whole(those: list[VectorDirection], budget: int) -> Order:
    """The largest way, with so many parts of arguments from the beginning."""
    atoms, functions, gain = overlap._gathered(those)  # noqa: SLF001 - the search itself is what is tested
    pool = overlap._Pool(frozenset(atoms), frozenset((f, overlap.NO_PARTS) for f in functions))  # noqa: SLF001
    return gain + overlap._moment(pool, min(len(atoms) + 2 * len(functions), budget))  # noqa: SLF001


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_few_parts_first_finds_what_all_at_once_finds(activation: str) -> None:
    found = set()
    for u, v in combinations(vectors(activation, 3), 2):
        those = [*factors(u), *factors(v)]
        assert overlap.moment(those) == whole(those, ENOUGH)
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
            assert maximum(chance, overlap.moment(those, chance)) == maximum(chance, whole(list(those), ENOUGH))
            left_out += any(overlap.bright(one, chance) != one for one in those)
    assert left_out


def test_an_atom_that_nothing_answers_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of relu(u + n^(-1/4) v + n^(-1/8) u v w) times w, w pairs through the last part alone: no search finds more."""
    u, v, w = map(GivenVector, "uvw")
    x = Value({u: order(0), v: order("-1/4"), product_of([u, v, w]): order("-1/8")})
    made = activation(RELU, "x", x)
    assert overlap._reached(overlap._Pool(frozenset({w}), frozenset({(made, overlap.NO_PARTS)}))) == [order("-1/8")]  # noqa: SLF001
    assert whole([made, w], ENOUGH) == overlap.moment([made, w])
    monkeypatch.setattr(overlap, "_moment", lambda *_: pytest.fail("searched"))
    assert overlap.moment([made, w], order("-1/8")).is_zero_quantity
    assert overlap.moment([made, GivenVector("z")]).is_zero_quantity


@pytest.mark.parametrize("budget", range(4))
def test_one_part_more_is_never_less(budget: int) -> None:
    for u, v in combinations(vectors("relu", 3), 2):
        fewer, more = (whole([*factors(u), *factors(v)], parts) for parts in (budget, budget + 1))
        assert fewer.is_zero_quantity or fewer.rational <= more.rational


def test_a_relu_that_is_known_by_its_place_alone_is_off_somewhere() -> None:
    """As in the argument of a third layer, where what a first one is made of is no longer told."""
    v = GivenVector("v")
    far = activation(RELU, "h1", Value({GivenVector("u"): order(0)})).named
    (share,) = shares("h3", Value({far: order(1), v: order(0)}))
    assert dict(share.x.components) == {v: order(0)}


def test_a_product_of_two_slopes_is_as_large_as_the_few_entries_where_they_bend() -> None:
    """tanh bends on a share n^(-1/2) of the entries of n^(1/2) u: its slope, and the slope's square, are one there."""
    n = Dim("n", 1)
    assert TANH.slope is not None
    W, slope = parameter("W", n, n, init=zero, rate="eta"), Elementwise(TANH.slope, data("u", n, entry="1/2"))
    program = Program("p", data("w", n) @ (W @ slope), sign(), ())
    here = Evaluation(program, start(program))
    assert here.value(slope).order == here.value(slope * slope).order == order("-1/4")
