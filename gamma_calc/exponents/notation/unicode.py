"""Mathematical signs and Greek letters for the terminal: 3η/2 + 1, −1/2 − a₀, −∞. The parser reads it back."""

from __future__ import annotations

from fractions import Fraction

from gamma_calc.exponents.notation.dialect import Dialect, Form, Maxima
from gamma_calc.exponents.notation.spelling import GREEK, SIGNS, SUBSCRIPTS, stem_and_index


def affine_unicode(form: Form) -> str:
    """An affine form with Greek letters.

    >>> from gamma_calc.exponents import Affine
    >>> affine_unicode(Affine.variable("eta_A") * 2 - 1)
    '2η_A − 1'
    """
    return UNICODE.affine(form)


def order_unicode(value: Maxima) -> str:
    """An order with Greek letters; ``Order`` reads it back.

    >>> from gamma_calc.exponents import Order
    >>> order_unicode(Order("min(-1/2, -1/2 - a0, -1 - b0)"))
    'min(−1/2, −1/2 − a₀, −1 − b₀)'
    """
    return UNICODE.order(value)


def _name(name: str) -> str:
    return "_".join(_part(part) for part in name.split("_"))


def _part(part: str) -> str:
    stem, index = stem_and_index(part)
    return GREEK.get(stem, stem) + "".join(SUBSCRIPTS[digit] for digit in index) if stem else part


def _multiple(factor: Fraction, spelled: str) -> str:
    sign = SIGNS["*"] if spelled.isascii() else ""  # 2η is a product; 2e5 would be taken for a number
    times = f"{factor.numerator}{sign}" if factor.numerator != 1 else ""
    over = f"/{factor.denominator}" if factor.denominator != 1 else ""
    return times + spelled + over


UNICODE = Dialect(
    name=_name,
    multiple=_multiple,
    number=str,
    extremum=lambda name, forms: f"{name}({', '.join(forms)})",
    minus=SIGNS["-"],
    infinity=SIGNS["inf"],
)
