"""Plain text, in the one spelling that the parser reads back: 3*eta/2 + 1, max(0, eta + 1), -inf."""

from __future__ import annotations

from fractions import Fraction

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.notation.dialect import Dialect
from gamma_calc.exponents.orders.order import Order


def affine_text(form: Affine) -> str:
    """An affine form in plain text.

    >>> affine_text(Affine.variable("a0") * -1 - Fraction(1, 2))
    '-1/2 - a0'
    """
    return TEXT.affine(form)


def order_text(value: Order) -> str:
    """An order in plain text; ``parse_order`` gives it back.

    >>> from gamma_calc.exponents.notation.grammar import parse_order
    >>> order_text(parse_order("max(1 + eta, 0)"))
    'max(0, eta + 1)'
    """
    return TEXT.order(value)


def _multiple(factor: Fraction, name: str) -> str:
    times = f"{factor.numerator}*" if factor.numerator != 1 else ""
    over = f"/{factor.denominator}" if factor.denominator != 1 else ""
    return times + name + over


TEXT = Dialect(
    multiple=_multiple,
    number=str,
    extremum=lambda name, forms: f"{name}({', '.join(forms)})",
    minus="-",
    infinity="inf",
)
