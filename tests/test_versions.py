"""Versions of functions that count as one where there are too many to be told apart."""

from __future__ import annotations

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st
from oracle.grids import RECIPES

from gamma_calc.calculus.dims import Dim
from gamma_calc.calculus.direction import Activation, Entrywise, GivenVector, VectorDirection, as_vector, is_noisy
from gamma_calc.calculus.overlap import overlap
from gamma_calc.calculus.versions import MOST_VERSIONS, Versions, are_many
from gamma_calc.engine.fixed_point import goes_on, same
from gamma_calc.engine.run import states
from gamma_calc.engine.step_orders import steps
from gamma_calc.exponents import MINUS_INFINITY, Order, nowhere_above, order
from gamma_calc.operations.relu import RELU

N = Dim("n", 1)
U, V, W = (GivenVector(name) for name in "uvw")
ATOMS: tuple[VectorDirection, ...] = (U, V, W, Entrywise(frozenset((U, V))))
MOMENTS = (order(0), order(0), order(0), MINUS_INFINITY)
SIZES = st.sampled_from([order(0), order("-1/4"), order("-1/2")])


def version(parts: dict[VectorDirection, Order]) -> Activation:
    return Activation(RELU, "x", MOMENTS, frozenset(parts.items()))


MADE = st.dictionaries(st.sampled_from(ATOMS), SIZES, min_size=1).map(version)


@given(st.lists(MADE, min_size=1, max_size=4), st.sampled_from(ATOMS))
def test_counted_as_one_versions_overlap_no_less(made: list[Activation], other: VectorDirection) -> None:
    versions = Versions().including(made)
    (one,) = {versions.as_one(each) for each in made}
    assert all(nowhere_above(overlap(each, other, N), overlap(as_vector(one), other, N)) for each in made)


def test_what_is_just_made_counts_with_its_versions() -> None:
    versions = Versions().including([version({U: order(0)})])
    made = versions.with_own(version({V: order("-1/2")}))
    assert made == version({U: order(0), V: order("-1/2")})
    assert is_noisy(made)


def test_a_few_versions_are_told_apart() -> None:
    made = [version({U: order(-size)}) for size in range(MOST_VERSIONS + 1)]
    assert not are_many(made[1:])
    assert are_many(made)


def test_masks_of_what_masks_made_settle() -> None:
    """Each step makes versions of two relus and their slopes that know of those before."""
    before, now = islice(states(RECIPES["any"](40047).program()), 6, 8)
    assert before.versions is not None
    assert same(before, now)


def test_growth_without_end_is_seen() -> None:
    """Exponents that grow elevenfold with every step, and a rate at which nothing moves further."""
    assert goes_on(list(islice(steps(RECIPES["any"](40333).program()), 6)))
    assert not goes_on(list(islice(steps(RECIPES["any"](40000).program()), 6)))
