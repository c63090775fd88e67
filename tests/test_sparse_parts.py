"""A part that is there on few entries shows in a bounded function of it by the share of these entries at most."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from gamma_calc import Dim, Order, Program, data, derive, output, parameter, zero
from gamma_calc.language.expression import Expression
from gamma_calc.operations import relu, tanh
from gamma_calc.optimisers import OPTIMISERS

n = Dim("n", 1)


def beside(function: Callable[[Expression], Expression], rate: str) -> Program:
    """A step is along v at n^(-1/4) of the entries; a function of it and of x is compared with v."""
    b, u, v, x = parameter("b", n, init=zero, rate=rate), data("u", n), data("v", n), data("x", n)
    loss = -(v @ tanh(n ** "1/4" * (b + u)))
    return Program("a sparse step beside more", loss, OPTIMISERS["sgd"], [output("p", n**-1 * (v @ function(x + b)))])


@pytest.mark.parametrize(("function", "right"), [(tanh, "-1/4"), (relu, "-1/8")])
def test_a_bounded_function_shows_it_by_its_share(function: Callable[[Expression], Expression], right: str) -> None:
    assert derive(beside(function, "-1/8")).at_step(1)["p"] == Order(right)


def test_it_does_so_in_numbers() -> None:
    """By quadrature, to n = 10^15: the share has a logarithm, as the slope of tanh has tails, and comes to n^(-1/4)."""
    ends = 2.0**30, 2.0**40, 2.0**50
    first, second = (np.log(shown(b) / shown(a)) / np.log(b / a) for a, b in pairwise(ends))
    assert -1 / 4 < second < first < -1 / 5


def shown(width: float) -> float:
    """The mean of v tanh(x + n^(1/8) v tanh'(n^(1/4) u))."""
    points, weights = np.polynomial.hermite_e.hermegauss(40)
    v, x = np.meshgrid(points, points)
    weight = np.outer(weights, weights) / weights.sum() ** 2
    bends = np.linspace(-25, 25, 2001)  # what tanh is of
    at = np.exp(-((bends / width**0.25) ** 2) / 2) / width**0.25
    means = [(weight * v * np.tanh(x + width**0.125 * v / np.cosh(b) ** 2)).sum() for b in bends]
    return float((at * means).sum())
