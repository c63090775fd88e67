"""Orders and regions at a prompt: what is printed rebuilds, numbers of other packages are taken, typos are named."""

import copy
import pickle
from fractions import Fraction

import pytest
import sympy

from gamma_calc.errors import GammaError, UnknownName
from gamma_calc.exponents import Order, Region, conflict, maximum, order, where

ORDERS = ["0", "-inf", "max(eta, 0)", "min(-1/2, -1 - b0)", "max(0, eta) - max(0, rho - 1)"]
REGIONS = ["all", "none", "eta <= -1", "eta < -1 | 0 <= eta <= 1", "eta_A + eta_B = -1 & eta_A >= -1"]
STRANGERS = [None, 0.5, object(), [None], {"eta": None}, b"eta", 10**5000, "9" * 5000, "eta <", Ellipsis]


@pytest.mark.parametrize("value", [*map(Order, ORDERS), *map(Region, REGIONS)], ids=repr)
def test_a_repr_rebuilds_and_a_copy_is_equal(value: Order | Region) -> None:
    assert eval(repr(value), {"Order": Order, "Region": Region}) == value  # noqa: S307 - its own text
    assert copy.deepcopy(value) == value
    assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301 - its own bytes


def test_proofs_are_pickled() -> None:
    for value in (Region("eta <= -1").largest("eta"), conflict({"a": Region("x < 0"), "b": Region("x > 1")})):
        assert pickle.loads(pickle.dumps(value)) == value == copy.deepcopy(value)  # noqa: S301 - its own bytes


def test_points_are_mappings_tuples_and_single_values() -> None:
    region = Region("eta <= -1 & rho >= 0")
    assert (-1, 0) in region
    assert [0, "1/2"] not in region
    assert {"eta": sympy.Rational(-3, 2), "rho": order(0)} in region
    assert order("-1") in Region("eta <= -1")
    with pytest.raises(GammaError, match="a point of 1 coordinates, and the region has 2: eta, rho"):
        _ = (-1,) in region


def test_rationals_of_sympy_are_rationals() -> None:
    half = sympy.Rational(1, 2)
    assert order(half) == Fraction(1, 2)
    assert half * Order("eta") == Order("eta") * half == Order("eta") / 2
    assert half + Order(1) == Fraction(3, 2)
    assert Order("eta")(eta=half) == Fraction(1, 2)


def test_a_constant_is_a_float() -> None:
    assert str(float(Order("-1/2"))) == "-0.5"
    for open_or_large in (Order("eta"), Order("-inf"), Order(10**999)):
        with pytest.raises(GammaError):
            float(open_or_large)


def test_a_name_that_does_not_occur_is_a_typo() -> None:
    for call in (
        lambda: Region("eta <= -1").sup("wrong"),
        lambda: Region("eta <= -1").largest("wrong"),
        lambda: maximum("eta", 0)(foo=1),
    ):
        with pytest.raises(UnknownName):
            call()


def test_a_notebook_typesets_both() -> None:
    assert Order("eta/2")._repr_html_() == Order("eta/2")._repr_latex_() == r"$\frac{1}{2}\eta$"
    assert Region("eta < 0")._repr_html_() == r"$\eta &lt; 0$"


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda value: type(value).__name__)
def test_a_stranger_is_refused_by_the_package(stranger: object) -> None:
    bent, region = Order("max(eta, 0)"), Region("eta <= -1")
    for call in (
        lambda: order(stranger),  # type: ignore[arg-type]
        lambda: Order(stranger),  # type: ignore[arg-type]
        lambda: Region(stranger),  # type: ignore[arg-type]
        lambda: bent + stranger,  # type: ignore[operator]
        lambda: bent * stranger,  # type: ignore[operator]
        lambda: bent <= stranger,  # type: ignore[operator]
        lambda: bent(eta=stranger),  # type: ignore[arg-type]
        lambda: where(bent, stranger, bent),  # type: ignore[arg-type]
        lambda: stranger in region,  # type: ignore[operator]
        lambda: region & stranger,  # type: ignore[operator]
        lambda: region.sup(stranger),  # type: ignore[arg-type]
        lambda: region.largest(stranger),  # type: ignore[arg-type]
        lambda: Region.parse(stranger),  # type: ignore[arg-type]
        lambda: Region.of(stranger),  # type: ignore[arg-type]
    ):
        with pytest.raises(GammaError):
            call()
