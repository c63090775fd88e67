"""Exponents are read exactly, in either spelling, and what cannot be read is named with its place and the hint."""

from fractions import Fraction

import pytest
from exponents import convex_orders, orders
from hypothesis import given
from hypothesis import strategies as st

from gamma_calc.errors import ExponentSyntaxError
from gamma_calc.exponents import MINUS_INFINITY, Affine, Order, maximum, order

ETA, RHO = Affine.variable("eta"), Affine.variable("rho")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("3", 3),
        ("-1/2", Fraction(-1, 2)),
        ("--1", 1),
        ("+ - + 2", -2),
        ("007", 7),
        ("2*3/4", Fraction(3, 2)),
        ("1 - 2 - 3", -4),
        ("12/2/3", 2),
        ("-(1 - 3)*2", 4),
        ("eta", ETA),
        ("3*eta/2", ETA * Fraction(3, 2)),
        ("eta*3/2", ETA * Fraction(3, 2)),
        ("(1 + eta)*2 - rho/(1 + 1)", ETA * 2 - RHO * Fraction(1, 2) + 2),
        ("\teta\n+ 1 ", ETA + 1),
        ("max(eta)", ETA),
        ("_x1", Affine.variable("_x1")),
        ("maximal", Affine.variable("maximal")),
        ("infinity", Affine.variable("infinity")),
    ],
)
def test_what_a_text_denotes(text: str, form: Affine | Fraction | int) -> None:
    assert order(text) == form


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("max(eta, 2*eta + 1)", "eta + max(0, eta + 1)"),
        ("min(eta, rho)", "-max(-eta, -rho)"),
        ("max(max(0, eta), rho)", "max(rho, eta, 0)"),
        ("2*max(0, eta)/3", "max(0, 2*eta/3)"),
        ("max(0, eta) - max(0, -eta)", "eta"),
        ("max(-inf, eta)", "eta"),
        ("-inf + eta", "-inf"),
        ("2η − ρ/2", "2*eta - rho/2"),
        ("max(η_A, −b₀)", "max(eta_A, -b0)"),
        ("3·x − 12a₁₀", "3*x - 12*a10"),
        ("−∞", "-inf"),
        ("1/2η", "eta/2"),
    ],
)
def test_texts_that_denote_the_same(text: str, same: str) -> None:
    assert order(text) == order(same)


@given(st.one_of(orders(), convex_orders()))
def test_what_is_printed_is_read_back(value: Order) -> None:
    assert order(str(value)) == value
    assert str(order(str(value))) == str(value)


@given(st.text(alphabet="0123456789 eta_maxinf+-*/(),.−ηρ₀∞·%", max_size=30))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        value = order(text)
    except ExponentSyntaxError as error:
        refusal = error
    else:
        assert order(str(value)) == value
        return
    assert "\n" not in str(refusal)
    assert refusal.where


def test_an_affine_form_and_a_rational_are_read_alone() -> None:
    assert order("eta/2 - 1") == ETA * Fraction(1, 2) - 1
    assert order("-3/2 + 1").rational == Fraction(-1, 2)
    assert order("-inf") == MINUS_INFINITY


def test_long_sums_are_read() -> None:
    names = [f"x{i}" for i in range(5000)]
    assert len(order(" + ".join(names)).variables) == 5000
    assert order(f"max({', '.join(map(str, range(5000)))})") == 4999


def test_fifty_parentheses_are_read() -> None:
    assert order("(" * 50 + "eta" + ")" * 50) == ETA
    assert order("max(0, " * 50 + "eta" + ")" * 50) == maximum(0, ETA)


MESSAGES = {
    "": "'', character 1: the text ends where an exponent should stand; write one such as 2*eta + 1/2",
    "eta +": "'eta +', character 6: the text ends where an exponent should stand; write one such as 2*eta + 1/2",
    "eta ^ 2": "'eta ^ 2', character 5: '^' has no meaning in an exponent; write it as 2*eta + 1/2",
    "a.b": "'a.b', character 2: '.' has no meaning in an exponent; write it as 2*eta + 1/2",
    "1 2": "'1 2', character 3: '2' follows what is already an exponent; join the two by + - * or /",
    "(eta))": "'(eta))', character 6: ')' follows what is already an exponent; join the two by + - * or /",
    "eta rho": "'eta rho', character 5: 'rho' follows what is already an exponent; join the two by + - * or /",
    "(eta": "'(eta', character 1: this parenthesis is never closed; add the missing )",
    "1 + max(0, eta": "'1 + max(0, eta', character 8: this parenthesis is never closed; add the missing )",
    "max()": "'max()', character 5: ')' where an exponent should stand; write one such as 2*eta + 1/2",
    "max + 1": "'max + 1', character 1: max has no arguments; write them as in max(0, eta)",
    "0.5": "'0.5', character 1: 0.5 is a decimal, and exponents are exact; write 1/2",
    "eta + .25": "'eta + .25', character 7: .25 is a decimal, and exponents are exact; write 1/4",
    "1e-3": "'1e-3', character 2: a number runs into e; write a product as 2*e",
    "2eta": "'2eta', character 2: a number runs into eta; write a product as 2*eta",
    "1/0": "'1/0', character 2: a divisor must be a rational other than zero; write it as in eta/2",
    "1/eta": "'1/eta', character 2: a divisor must be a rational other than zero; write it as in eta/2",
    "1/-inf": "'1/-inf', character 2: a divisor must be a rational other than zero; write it as in eta/2",
    "2*eta*rho": "'2*eta*rho', character 6: a product of two exponents is no exponent; "
    "multiply by a rational, as in 2*eta",
    "nan": "'nan', character 1: nan is no exponent; write a rational such as -1/2",
    "inf": "'inf', character 1: inf is no exponent; only -inf, the order of what is zero, is one",
    "1 - inf": "'1 - inf', character 5: inf is no exponent; only -inf, the order of what is zero, is one",
    "-(-inf)": "'-(-inf)', character 2: -inf cannot be subtracted: that divides by a quantity that is identically zero",
    "(" * 10_000 + "eta" + ")" * 10_000: f"'…{'(' * 48}…', character 51: "
    "more than 50 parentheses inside each other; write it flatter",
    "(" * 10_000: f"'…{'(' * 48}…', character 51: more than 50 parentheses inside each other; write it flatter",
    "x" * 50_000_000: f"'{'x' * 24}…', character 1: the text has 50000000 characters; an exponent has at most 100000",
    "9" * 2000: f"'{'9' * 24}…', character 1: a number of 2000 digits; at most 1000 are read",
    "*".join(["9" * 900] * 2): f"'{'9' * 24}…', character 1: the result has a number of more than 1000 digits",
    "eta\n\nrho": r"'eta\n\nrho', character 6: 'rho' follows what is already an exponent; join the two by + - * or /",
}


@pytest.mark.parametrize("text", MESSAGES, ids=[text[:12] for text in MESSAGES])
def test_what_is_wrong_is_said_with_place_and_mend(text: str) -> None:
    with pytest.raises(ExponentSyntaxError) as refusal:
        order(text)
    assert str(refusal.value) == MESSAGES[text]


def test_ten_thousand_signs_are_no_nesting() -> None:
    assert order("-" * 10_000 + "eta") == ETA
