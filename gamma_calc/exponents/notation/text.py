"""Plain text, in the one spelling that the parser reads back: 3*eta/2 + 1, max(0, eta + 1), -inf."""

from __future__ import annotations

from fractions import Fraction

from gamma_calc.exponents.notation.dialect import Dialect, Form, Maxima


def affine_text(form: Form) -> str:
    """An affine form in plain text.

    >>> from gamma_calc.exponents import Affine
    >>> affine_text(Affine.variable("a0") * -1 - Fraction(1, 2))
    '-1/2 - a0'
    """
    return TEXT.affine(form)


def order_text(value: Maxima) -> str:
    """An order in plain text; ``Order`` reads it back.

    >>> from gamma_calc.exponents import Order
    >>> order_text(Order("max(1 + eta, 0)"))
    'max(0, eta + 1)'
    """
    return TEXT.order(value)


def _multiple(factor: Fraction, name: str) -> str:
    times = f"{factor.numerator}*" if factor.numerator != 1 else ""
    over = f"/{factor.denominator}" if factor.denominator != 1 else ""
    return times + name + over


TEXT = Dialect(
    name=str,
    multiple=_multiple,
    number=str,
    extremum=lambda name, forms: f"{name}({', '.join(forms)})",
    minus="-",
    infinity="inf",
)
