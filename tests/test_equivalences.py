"""Two ways to write one training run must have the same orders: associativity, gauge and abc symmetries."""

from __future__ import annotations

from fractions import Fraction

import pytest

from gamma_calc import Dim, Program, data, deep_linear, derive, iid, internal, order, output, parameter, zero
from gamma_calc.catalogue.abc_parametrisations import ABC, PARAMETRISATIONS, abc
from gamma_calc.language.initialisation import Init
from gamma_calc.optimisers import OPTIMISERS

RANDOM_A, RANDOM_B = (iid("-1/2"), zero), (zero, iid("-rho/2"))
STARTS = {"A": RANDOM_A, "B": RANDOM_B, "AB": (iid("-1/2"), iid("-1/2"))}


def adapter(start: tuple[Init, Init], optimiser: str, *, merged: bool) -> Program:
    n, r = Dim("n", 1), Dim("r", "rho")
    Z = data("Z", n)
    A, B = parameter("A", r, n, init=start[0], rate="eta"), parameter("B", n, r, init=start[1], rate="eta")
    Z_B = (B @ A) @ Z if merged else B @ (A @ Z)
    watch = [internal("Z_A", A @ Z), output("Z_B", Z_B), internal("back", (B @ A).T @ data("w", n))]
    return Program("adapter", -(data("w2", n) @ Z_B), OPTIMISERS[optimiser], watch, domain="0 <= rho <= 1")


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
@pytest.mark.parametrize("optimiser", ["sign", "sgd"])
@pytest.mark.parametrize("rho", ["0", "1/2", "1"])
def test_a_matrix_product_is_associative(start: tuple[Init, Init], optimiser: str, rho: str) -> None:
    """(B A) Z and B (A Z), forward, backward and over three steps."""
    apart, merged = (derive(adapter(start, optimiser, merged=m), rho=rho, eta="-3/4") for m in (False, True))
    for step in range(4):
        assert dict(apart.at_step(step)) == dict(merged.at_step(step))


def shifted(p: ABC, layer: int, theta: Fraction, step: int) -> ABC:
    """a + theta, b - theta, c - step * theta in one layer."""

    def moved(exponents: tuple[object, ...], by: Fraction) -> list[str]:
        return [str(order(e) + by) if i == layer else str(order(e)) for i, e in enumerate(exponents)]  # type: ignore[arg-type]

    return abc(p.name, moved(p.a, theta), moved(p.b, -theta), moved(p.c, -step * theta))


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("theta", [Fraction(1, 2), Fraction(-3, 4)])
@pytest.mark.parametrize(
    ("name", "optimiser", "step"), [("sp", "sgd", 2), ("ntk", "sgd", 2), ("ntk-adam", "adam", 1), ("sp", "sign", 1)]
)
def test_a_parametrisation_is_an_orbit(name: str, optimiser: str, step: int, layer: int, theta: Fraction) -> None:
    """a + t, b - t, c - 2t (SGD) or c - t (Adam, sign): Yang, Hu, arXiv 2011.14522; Yang, Littwin, arXiv 2308.01814."""
    p = PARAMETRISATIONS[name]
    one = derive(deep_linear(p, optimiser=optimiser))
    two = derive(deep_linear(shifted(p, layer, theta, step), optimiser=optimiser))
    assert dict(one.orders) == dict(two.orders)


@pytest.mark.parametrize(("optimiser", "power"), [("sgd", 2), ("sign", 1), ("adam", 1)])
@pytest.mark.parametrize("u", [Fraction(1, 2), Fraction(-1, 3)])
def test_multiplier_start_and_rate_exchange(optimiser: str, power: int, u: Fraction) -> None:
    """(A, B, s, eta) -> (uA, uB, s/u^2, eta u^2 or eta u) is one training run: arXiv 2507.06558, proposition 1."""

    def run(u: Fraction) -> dict[str, object]:
        n, r = Dim("n", 1), Dim("r", 0)
        rate = Fraction(-3, 2) + power * u
        A = parameter("A", r, n, init=iid(u - Fraction(1, 2)), rate=rate)
        B = parameter("B", n, r, init=iid(u - Fraction(1, 2)), rate=rate)
        Z_B = n ** (-2 * u) * (B @ (A @ data("Z", n)))
        watch = [output("Z_B", Z_B, parts=("delta1", "delta2", "delta3"))]
        found = derive(Program("gauge", -(data("w", n) @ Z_B), OPTIMISERS[optimiser], watch))
        return {f"{k} {t}": v for t in range(4) for k, v in found.at_step(t).items()}

    assert run(Fraction(0)) == run(u)
