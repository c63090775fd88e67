"""What is no kin agrees by chance: a value with many components is not looked at pair by pair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, permutations, product

import pytest
from oracle.grids import RECIPES

from gamma_calc import deep_linear, mlp, stacked
from gamma_calc.calculus.contractions import overlap_of
from gamma_calc.calculus.dims import Dim
from gamma_calc.calculus.direction import (
    ONES,
    Activation,
    Entrywise,
    FreshImage,
    GivenVector,
    Outer,
    RandomMatrix,
    VectorDirection,
)
from gamma_calc.calculus.kinship import Kindred, kin
from gamma_calc.calculus.overlap import overlap, overlap_in
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.pruning import projection_order, prune_dominated
from gamma_calc.calculus.showing import MOST_STEPS, shows
from gamma_calc.calculus.value import Value
from gamma_calc.engine.run import states
from gamma_calc.exponents import MINUS_INFINITY, Everywhere, largest, order
from gamma_calc.exponents.orders.piecewise import PiecewiseLinear
from gamma_calc.language.program import Program
from gamma_calc.operations.relu import RELU

n, m, r = Dim("n", 1), Dim("m", 1), Dim("r", "1/2")
A, W = RandomMatrix("A", n, r), RandomMatrix("W", n, m)
U, V = GivenVector("u"), GivenVector("v")
SEVERAL = [
    *(RECIPES[kind](number).program() for kind in ("any", "deep", "batch") for number in range(12)),
    stacked(layers=4, init="A"),
    deep_linear(hidden_layers=3),
]
BATCHES = [mlp("ntk", activation=phi, batch="growing").substitute({"beta": "1/2"}) for phi in ("relu", "tanh")]


def axes(program: Program) -> dict[Dim, set[VectorDirection]]:
    """The vectors that updates are made of, by their axis, after three steps."""
    found: dict[Dim, set[VectorDirection]] = {}
    *_, last = islice(states(program), 4)
    for p in program.parameters:
        for value in last.tensors[p.name].values:
            for update in (d for d in value.components if isinstance(d, Outer)):
                found.setdefault(p.shape[0], set()).add(update.left)
                found.setdefault(p.shape[1], set()).add(update.right)
    return found


def strangers(
    those: set[VectorDirection], *, showing: bool = False
) -> Iterator[tuple[VectorDirection, VectorDirection]]:
    kindred = Kindred.among(((d, order(0)) for d in those), showing=showing)
    near = {d: {other for other, _ in kindred.near(d)} for d in those}
    return ((u, v) for u, v in permutations(those, 2) if v not in near[u])


@pytest.mark.parametrize("program", SEVERAL, ids=lambda program: program.name)
def test_what_is_no_kin_agrees_by_chance(program: Program) -> None:
    for dim, those in axes(program).items():
        for u, v in strangers(those):
            assert overlap(u, v, dim) == dim.independent_overlap, (str(u), str(v))
            assert shows(u, v, dim, MINUS_INFINITY, MOST_STEPS) == dim.independent_overlap, (str(u), str(v))


@pytest.mark.parametrize("program", [*SEVERAL, *BATCHES], ids=lambda program: program.name)
def test_what_may_not_show_another_does_so_by_chance(program: Program) -> None:
    for dim, those in axes(program).items():
        for of, by in strangers(those, showing=True):
            assert shows(by, of, dim, MINUS_INFINITY, MOST_STEPS) == dim.independent_overlap, (str(by), str(of))


def test_a_product_of_vectors_is_asked_of_functions_and_of_no_other_product() -> None:
    moments = (order(0), order(0), order(0), MINUS_INFINITY)
    bent = Activation(RELU, "x", moments, frozenset({(U, order(0))}))
    one, other = (Entrywise(frozenset({U, FreshImage(W, v)})) for v in (U, V))
    hung = Entrywise(frozenset({U, bent}))
    those: list[VectorDirection] = [one, other, hung]
    kindred = Kindred.among(((d, order(0)) for d in those), showing=True)
    assert {d for d, _ in kindred.near(one)} == {one, hung}
    assert {d for d, _ in Kindred.among((d, order(0)) for d in those).near(one)} == set(those)


def test_of_many_products_of_vectors_no_pair_is_asked() -> None:
    """As many as a function of a batch makes: all of one size, and none shows another."""
    products = [Entrywise(frozenset({GivenVector(f"u{i}"), FreshImage(W, V)})) for i in range(60)]
    value = Value.merge([(product, order(0)) for product in products])
    asked = Asked()
    assert prune_dominated(value, (n,), asked) == value
    assert asked.times["may be below"] < 5 * len(products)


def test_words_are_kin_that_part_on_a_shorter_axis() -> None:
    one, other = FreshImage(A, GivenVector("x")), FreshImage(A, GivenVector("y"))
    assert kin(one) == kin(other)
    assert overlap(one, other, n) == order("-1/4")
    assert kin(FreshImage(W, U)).closer != kin(FreshImage(W, V)).closer


def test_an_image_of_a_function_is_kin_of_images_of_its_argument() -> None:
    """relu(u) has a slope, by which W relu(u) is along W u, and a mean, by which it is along W 1."""
    moments = (order(0), order(0), order(0), MINUS_INFINITY)
    bent = FreshImage(W, Activation(RELU, "x", moments, frozenset({(U, order(0))})))
    those: set[VectorDirection] = {FreshImage(W, U), FreshImage(W, ONES), bent, FreshImage(A, V)}
    assert set(strangers(those)) == {
        (one, other)
        for one, other in permutations(those, 2)
        if bent not in (one, other) or FreshImage(A, V) in (one, other)
    }
    assert overlap(bent, FreshImage(W, U), n) == order(0) == overlap(bent, FreshImage(W, ONES), n)


def test_a_component_falls_to_one_that_shows_it_by_chance_and_kin_to_its_kin() -> None:
    """Images of independent vectors of n^1/2 entries show n^-1/4 of each other, what is no kin n^-1/2."""
    first, near, far = FreshImage(A, U), FreshImage(A, V), FreshImage(W, V)
    value = Value.merge([(first, order(0)), (near, order("-1/4")), (far, order("-1/2"))])
    assert set(prune_dominated(value, (n,), Everywhere()).components) == {first}
    value = Value.merge([(first, order(0)), (near, order("-1/8")), (far, order("-3/8"))])
    assert prune_dominated(value, (n,), Everywhere()) == value
    assert projection_order(value, FreshImage(W, U), (n,)) == order("-1/2")


@dataclass(frozen=True, eq=False)
class Asked(Everywhere):
    """Orders as they are compared everywhere, and how often it was asked."""

    times: Counter[str] = field(default_factory=Counter)

    def may_be_below(self, low: PiecewiseLinear, *high: PiecewiseLinear) -> bool:
        self.times["may be below"] += 1
        return Everywhere().may_be_below(low, *high)


def test_of_many_that_are_no_kin_it_is_asked_by_their_sizes() -> None:
    """Updates by other vectors on both sides are too large for what one shows of another: no pair of them is asked."""
    updates = [Outer(GivenVector(f"u{i}"), GivenVector(f"v{i}")) for i in range(60)]
    value = Value.merge([(Outer(U, V), order(0)), *((update, order("-3/4")) for update in updates)])
    asked = Asked()
    assert prune_dominated(value, (n, m), asked) == value
    assert asked.times["may be below"] < 10 * len(updates)


@pytest.mark.parametrize("program", SEVERAL, ids=lambda program: program.name)
def test_what_meets_is_the_largest_of_all_pairs(program: Program) -> None:
    """Vectors and updates are not met pair by pair, and what can add nothing is left out."""
    *_, last = islice(states(program), 4)
    for p in program.parameters:
        value = last.tensors[p.name].moved
        pairs = product(value.components.items(), repeat=2)
        expected = largest(a + b + overlap_in(u, v, p.shape) for (u, a), (v, b) in pairs)
        assert overlap_of(value, value, p.shape, Premises()) == expected
