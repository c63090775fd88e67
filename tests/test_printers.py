"""How exponents look in plain text, with Greek letters and in LaTeX."""

import pytest
from exponents import orders
from hypothesis import given

from gamma_calc.errors import UnknownName
from gamma_calc.exponents import GREEK, Affine, Order, is_name, order, plain
from gamma_calc.exponents.notation.dialects import DIALECTS, order_in

LOOKS = [
    ("0", "0", "0", "0"),
    ("-inf", "-inf", "−∞", r"-\infty"),
    ("-1/2", "-1/2", "−1/2", r"-\frac{1}{2}"),
    ("eta*3/2", "3*eta/2", "3η/2", r"\frac{3}{2}\eta"),
    ("1 + eta", "eta + 1", "η + 1", r"\eta + 1"),
    ("1 - eta", "1 - eta", "1 − η", r"1 - \eta"),
    ("-a0 - 1/2", "-1/2 - a0", "−1/2 − a₀", r"-\frac{1}{2} - a_{0}"),
    ("-eta", "-eta", "−η", r"-\eta"),
    ("a0 + rho + eta_B + eta_A + eta", "eta + eta_A + eta_B + a0 + rho", "η + η_A + η_B + a₀ + ρ", None),
    ("rho - eta - 1", "rho - eta - 1", "ρ − η − 1", r"\rho - \eta - 1"),
    ("max(eta + 1, 0)", "max(0, eta + 1)", "max(0, η + 1)", r"\max\left(0, \eta + 1\right)"),
    ("max(2*eta + 1, eta)", "max(eta, 2*eta + 1)", "max(η, 2η + 1)", r"\max\left(\eta, 2\eta + 1\right)"),
    (
        "min(-1 - b0, -1/2, -1/2 - a0)",
        "min(-1/2, -1/2 - a0, -1 - b0)",
        "min(−1/2, −1/2 − a₀, −1 − b₀)",
        r"\min\left(-\frac{1}{2}, -\frac{1}{2} - a_{0}, -1 - b_{0}\right)",
    ),
    ("-max(sigma, (1 + sigma)/2)", "min(-sigma, -1/2 - sigma/2)", "min(−σ, −1/2 − σ/2)", None),
    ("max(0, eta) - max(0, rho)", "max(0, eta) - max(0, rho)", "max(0, η) − max(0, ρ)", None),
    ("2*e5", "2*e5", "2e₅", "2e_{5}"),
    ("2*e", "2*e", "2·e", "2e"),
    ("delta1 + width_1", "delta1 + width_1", "δ₁ + width_1", r"\delta_{1} + \mathrm{width}_{1}"),
    ("2*eta_A_new", "2*eta_A_new", "2η_A_new", r"2\eta_{A,\mathrm{new}}"),
]


@pytest.mark.parametrize(("written", "text", "unicode", "latex"), LOOKS, ids=[row[0] for row in LOOKS])
def test_how_an_order_looks(written: str, text: str, unicode: str, latex: str | None) -> None:
    value = order(written)
    assert (str(value), f"{value:unicode}") == (text, unicode)
    assert latex is None or f"{value:latex}" == latex


@given(orders())
def test_both_spellings_are_read_back(value: Order) -> None:
    assert order(f"{value:text}") == value == order(f"{value:unicode}")


@pytest.mark.parametrize(
    "name", [*GREEK, "a0", "e", "e5", "x2y3", "_", "__x_", "eta_1", "eta_A_0", "etaX", "Inf", "min_1"]
)
def test_every_name_is_read_back(name: str) -> None:
    value = Order.affine(Affine.variable(name) * 2 - 1)
    assert is_name(name)
    assert order(f"{value:text}") == value == order(f"{value:unicode}")


@pytest.mark.parametrize("text", ["", "1a", "a b", "η", "max", "min", "inf", "nan", "a-b"])
def test_what_names_no_exponent(text: str) -> None:
    assert not is_name(text)


def test_the_plain_spelling() -> None:
    assert plain("η_A − ∞ · a₁₂") == "eta_A - inf * a12"


def test_the_prompt_and_the_notebook() -> None:
    value = order("max(0, eta + 1)")
    assert repr(value) == "Order('max(0, eta + 1)')"
    assert repr(Affine.variable("eta") * 2) == "Affine('2*eta')"
    assert value._repr_latex_() == r"$\max\left(0, \eta + 1\right)$"
    assert f"{value}" == str(value) == order_in(value, "text")


def test_an_unknown_dialect_names_the_known_ones() -> None:
    with pytest.raises(UnknownName) as far:
        order_in(order(0), "html")
    assert str(far.value) == "unknown dialect 'html'; known: latex, text, unicode"
    with pytest.raises(UnknownName, match="did you mean latex"):
        f"{order(0):latx}"
    assert set(DIALECTS) == {"text", "unicode", "latex"}
