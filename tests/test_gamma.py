"""The order of a sympy expression: what has a power law, what may cancel, what is refused and by which name."""

from collections.abc import Sequence

import pytest
import sympy
from exponents import orders
from hypothesis import given
from hypothesis import strategies as st
from sympy import Float, Function, I, Integer, Max, Min, Rational, exp, factorial, log, oo, pi, sin, sqrt, zoo

from gamma_calc.errors import OrderError
from gamma_calc.exponents import Order, gamma, order, to_sympy

n, a, b, c, d = sympy.symbols("n a b c d")
p, q = sympy.symbols("p q", positive=True)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (n**2 + n**3, "3"),
        (n, "1"),
        (Integer(7), "0"),
        (pi / 3, "0"),
        (I * n, "1"),
        (c * n**2 / d, "2"),
        (sqrt(n), "1/2"),
        (n ** Rational(-3, 2), "-3/2"),
        (sqrt(n**3 + n), "3/2"),
        ((n + 1) ** 1000, "1000"),
        (n - 1, "1"),
        ((n**3 + n) / (n + 2 * n**2), "1"),
        (1 + 1 / n, "0"),
        (n**a * n ** (b / 2 - 1), "a + b/2 - 1"),
        (n**a + n**b, "max(a, b)"),
        (p * n**a + q * n**b, "max(a, b)"),
        (-(n**a) - n**b, "max(a, b)"),
        (n**a - n ** (a - 1), "a"),
        ((n + 1) ** a, "a"),
        ((n**a + n**b) ** 2, "max(2*a, 2*b)"),
        ((n**a + n**b) / (1 + n**c), "max(a, b) - max(0, c)"),
        (n ** Max(a, 2 * a + 1), "max(a, 2*a + 1)"),
        (n ** (-2 * Min(0, b)), "-2*min(0, b)"),
        (c**a * n, "1"),
        (2 ** sqrt(2) * n, "1"),
    ],
)
def test_what_has_a_power_law(expression: sympy.Expr, expected: str) -> None:
    assert gamma(expression, n) == order(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (n**2 - n**2, "-inf"),
        ((n + 1) ** 2 - n**2 - 2 * n - 1, "-inf"),
        ((n + 1) ** 2 - n**2, "1"),
        (n * (n + 1) - n**2, "1"),
        (n - n**2 / (n + 1), "0"),
        (1 / n - 1 / (n + 1), "-2"),
        ((sqrt(2) - 1) * n, "1"),
        (sqrt(2) * n - n, "1"),
        (sqrt(3 + 2 * sqrt(2)) * n - n - sqrt(2) * n, "-inf"),
        ((a - b) * n - a * n + b * n, "-inf"),
        ((n**a + n) ** 2 - n ** (2 * a) - 2 * n ** (a + 1), "2"),
        (c * n**a - c * n**a / 2, "a"),
        (n * ((n + 1) ** 2 - n**2 - 2 * n - 1), "-inf"),
    ],
)
def test_exact_cancellation_is_seen(expression: sympy.Expr, expected: str) -> None:
    assert gamma(expression, n) == order(expected)


CANCEL = "may cancel; declare signs, as in sympy.Symbol('c', positive=True), or resolve it by hand"
ZERO = "may be zero; declare signs, as in sympy.Symbol('c', positive=True), or resolve it by hand"
NO_LAW = "has no power law; only sums, products and powers have one"
GROWS = "has no power law; an exponent cannot grow with n"
EXPONENT = "is no exponent; exponents are rational, or symbols with + - max min and rational factors"
REFUSED = [
    (log(n), f"log(n) {NO_LAW}"),
    (n + n * log(n), f"log(n) {NO_LAW}"),
    (exp(n), f"exp(n) {NO_LAW}"),
    (n * sin(n) + 1, f"sin(n) {NO_LAW}"),
    (factorial(n), f"factorial(n) {NO_LAW}"),
    (n * Function("f")(n), f"f(n) {NO_LAW}"),
    (n**n, f"n**n {GROWS}"),
    (3 + 2**n, f"2**n {GROWS}"),
    ((1 + 1 / n) ** n, f"(1 + 1/n)**n {GROWS}"),
    (n ** sqrt(2), f"sqrt(2) {EXPONENT}"),
    (n ** (a * b), f"a*b {EXPONENT}"),
    (n ** sympy.Symbol("x y"), f"x y {EXPONENT}"),
    ((n**a + 1) ** b, "(n**a + 1)**b has a product of two named exponents; give one of them a value"),
    (n**a - n**b, f"n**a - n**b {CANCEL}"),
    (c * n + d * n, f"c*n + d*n {CANCEL}"),
    (n + n**2 * (sqrt(n + 1) - sqrt(n)), f"-sqrt(n) + sqrt(n + 1) {CANCEL}"),
    (n**a - 2 * n ** (a / 2) + 1, f"-2*n**(a/2) + n**a + 1 {CANCEL}"),
    ((c + d) * n, f"c + d {ZERO}"),
    (n * Function("f")(a), f"f(a) {ZERO}"),
    (
        1 / ((n + 1) ** 2 - n**2 - 2 * n - 1),
        "1/(-n**2 - 2*n + (n + 1)**2 - 1) may divide by zero; only a positive power of zero has an order",
    ),
    (n ** Float("0.5"), "0.500000000000000 is a float; write sympy.Rational('1/2')"),
    (oo * a, "oo is no finite number; what is zero has order -inf by itself"),
    (zoo, "zoo is no finite number; what is zero has order -inf by itself"),
    ("n**2", "'n**2' is a text; pass a sympy expression; order(…) reads an exponent"),
    ([n], "[n] is no sympy expression; build one from sympy's symbols and numbers"),
]


@pytest.mark.parametrize(("expression", "message"), REFUSED, ids=[message[:24] for _, message in REFUSED])
def test_what_has_none_is_named(expression: sympy.Expr, message: str) -> None:
    with pytest.raises(OrderError) as refusal:
        gamma(expression, n)
    assert str(refusal.value) == message


def test_the_width_is_a_symbol() -> None:
    with pytest.raises(OrderError, match="the width 2 is no symbol; pass the n that the expression is written in"):
        gamma(n, Integer(2))


@pytest.mark.parametrize("width", [n, sympy.Symbol("width", positive=True), sympy.Symbol("m", integer=True)])
def test_any_symbol_can_be_the_width(width: sympy.Symbol) -> None:
    assert gamma(sqrt(width**2 + width), width) == 1


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=5), st.integers(1, 3), st.integers(-5, 5))
def test_a_polynomial_has_its_degree(coefficients: Sequence[int], power: int, shift: int) -> None:
    polynomial = sum((k * (n + shift) ** i for i, k in enumerate(coefficients)), Integer(0)) ** power
    degree = sympy.degree(polynomial, n) if polynomial != 0 else -oo
    assert to_sympy(gamma(polynomial, n)) == degree


@given(orders(("a", "b")))
def test_an_order_survives_the_way_through_sympy(value: Order) -> None:
    assert value.is_zero_quantity or gamma(n ** to_sympy(value), n) == value


def test_an_order_becomes_a_sympy_expression() -> None:
    eta, a0 = sympy.symbols("eta a0")
    assert to_sympy(order("max(eta, 2*eta + 1)")) == Max(eta, 2 * eta + 1)
    assert to_sympy(order("min(-1/2, -1/2 - a0)")) == Min(Rational(-1, 2), Rational(-1, 2) - a0)
    assert to_sympy(order("-inf")) == -oo
    assert to_sympy(order("max(0, eta) - max(0, a0)")) == Max(0, eta) - Max(0, a0)
