"""Products of images that are no larger than what they shorten to, and are left out where that is there."""

from __future__ import annotations

import pytest

from gamma_calc import Dim, order
from gamma_calc.calculus.companions import without_companions
from gamma_calc.calculus.direction import Entrywise, FreshImage, GivenVector, Outer, RandomMatrix
from gamma_calc.calculus.premises import EVERYWHERE
from gamma_calc.calculus.value import Value
from gamma_calc.exponents import EVERYTHING

n, N, m = Dim("n", 1), Dim("N", "3/2"), Dim("m", 1)
Z, A = RandomMatrix("Z", n, N), RandomMatrix("A", m, n)
y, u, v = GivenVector("y"), GivenVector("u"), GivenVector("v")
A_u = FreshImage(A.T, u)
PASSED = FreshImage(Z.T, A_u)
OWN = FreshImage(Z.T, FreshImage(Z, y))
TURNED = FreshImage(Z, Entrywise(frozenset({PASSED, OWN, y})))  # Z D Z' A' u with D the diagonal of (Z'Z y) * y


def kept(**sizes: str) -> set[str]:
    """The names of the components v d' that stay."""
    directions = {"turned": TURNED, "short": A_u, "other": FreshImage(A.T, v)}
    value = Value({Outer(v, directions[name]): order(size) for name, size in sizes.items()})
    left = without_companions(value, (m, n), EVERYTHING, EVERYWHERE)
    return {name for name, d in directions.items() if Outer(v, d) in left.components}


def test_what_comes_with_something_shorter_and_no_smaller_goes() -> None:
    assert kept(turned="-1/4", short="-1/4") == {"short"}
    assert kept(turned="-1/4", short="0", other="0") == {"short", "other"}


@pytest.mark.parametrize("sizes", [{"short": "-1/2"}, {"other": "0"}, {}], ids=str)
def test_what_has_nothing_as_large_that_it_shortens_to_stays(sizes: dict[str, str]) -> None:
    assert kept(turned="-1/4", **sizes) == {"turned", *sizes}


def test_what_is_larger_than_all_that_it_shortens_to_stays() -> None:
    """With a vector that knows nothing of Z for the diagonal, Z D Z' A' u is new: D has no mean."""
    free = FreshImage(Z, Entrywise(frozenset({PASSED, GivenVector("q")})))
    value = Value({Outer(v, free): order(0), Outer(v, A_u): order(0)})
    assert set(without_companions(value, (m, n), EVERYTHING, EVERYWHERE).components) == set(value.components)
