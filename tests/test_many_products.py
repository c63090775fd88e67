"""Residual networks of functions: ways through them double at every layer, and are told apart as far as that ends."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from oracle.limit import limit

from gamma_calc import derive, mlp
from gamma_calc.calculus.activation import activation
from gamma_calc.calculus.dims import Dim
from gamma_calc.calculus.direction import (
    Activation,
    Direction,
    Entrywise,
    FreshImage,
    GivenVector,
    Noise,
    Outer,
    RandomMatrix,
    product_of,
)
from gamma_calc.calculus.entrywise_products import entrywise_product
from gamma_calc.calculus.function import Function
from gamma_calc.calculus.many_products import MOST_PRODUCTS, told_by_functions
from gamma_calc.calculus.overlap import overlap, pair
from gamma_calc.calculus.showing import shows_in
from gamma_calc.calculus.value import Value
from gamma_calc.exponents import MINUS_INFINITY, order
from gamma_calc.operations.relu import STEP
from gamma_calc.operations.tanh import TANH

n = Dim("n", 1)
W = RandomMatrix("W", n, n)
u, v, x = GivenVector("u"), GivenVector("v"), GivenVector("x")


def of(function: Function, site: str, **parts: str) -> Activation:
    """A function of a sum of vectors and their orders."""
    return activation(function, site, Value({GivenVector(name): order(size) for name, size in parts.items()}))


def orders_of(name: str, depth: int, activation: str) -> set[str]:
    found = derive(mlp(name, depth=depth, activation=activation, residual=True))
    assert found.from_step
    return {str(size) for size in found.orders.values()}


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("name", ["mup", "mup-adam"])
@pytest.mark.parametrize("depth", [6, 8, 12])
def test_every_layer_of_a_deep_residual_network_learns_features_in_mup(depth: int, name: str, activation: str) -> None:
    """Each takes less than a second, where it did not end with tanh: what noise covers is left out."""
    with limit(30):
        assert orders_of(name, depth, activation) == {"0"}


@pytest.mark.long
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("name", ["mup", "mup-adam"])
def test_five_weights_end(name: str, activation: str) -> None:
    with limit(240):
        assert orders_of(name, 5, activation) == {"0"}


@pytest.mark.long
def test_what_was_told_apart_of_four_weights_is_told_apart() -> None:
    found = derive(mlp("mup", depth=4, activation="relu", residual=True))
    assert found.exact("dh3", step=2)
    assert not found.exact("dh3", step=3)


def test_more_products_than_are_told_apart_keep_their_functions() -> None:
    f = of(STEP, "h", x="0")
    products = [product_of((f, GivenVector(f"g{number}"))) for number in range(MOST_PRODUCTS + 1)]
    noisy = Entrywise(frozenset((f, Noise(n))))
    some, whole = (alike(Outer(g, x) for g in those) for those in ([u, *products[1:]], [u, *products]))
    assert told_by_functions(some, (n, n), MOST_PRODUCTS) is some
    assert told_by_functions(whole, (n, n), MOST_PRODUCTS) == alike([Outer(u, x), Outer(noisy, x)])
    flipped = alike(Outer(x, g) for g in products)
    assert told_by_functions(flipped, (n, n), MOST_PRODUCTS) == alike([Outer(x, noisy)])
    assert told_by_functions(alike(products), (n,), MOST_PRODUCTS) == alike([noisy])


def alike(directions: Iterable[Direction]) -> Value:
    """A sum of directions of one size."""
    return Value.merge((direction, order(0)) for direction in directions)


def test_noise_twice_is_noise() -> None:
    assert entrywise_product(Noise(n), Noise(n)) == (Noise(n), order(0))
    assert entrywise_product(Noise(n), product_of((u, Noise(n)))) == (product_of((u, Noise(n))), order(0))


def test_a_function_shows_by_the_noise_in_it() -> None:
    noisy = activation(TANH, "h", Value({u: order(0), Noise(n): order("-1/4")}))
    assert shows_in(noisy, v, (n,)) == order("-1/4")
    assert shows_in(of(TANH, "h", u="0"), v, (n,)) == order("-1/2")


def test_images_that_agree_by_no_more_than_is_asked_for_are_no_pair() -> None:
    one, two = (FreshImage(W, of(TANH, "h", u="0", v=size)) for size in ("-1/4", "-1/8"))
    other = FreshImage(W, v)
    assert overlap(one, other, n) == order("-1/4")
    assert pair(one, other, floor=order("-1/4")) == MINUS_INFINITY
    assert pair(two, other, floor=order("-1/4")) == order("-1/8")
