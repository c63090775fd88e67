r"""LaTeX: \frac{3}{2}\eta + 1, \max\left(0, \eta + 1\right), -\infty. For notebooks and papers."""

from __future__ import annotations

from fractions import Fraction

from gamma_calc.exponents.notation.dialect import Dialect, Form, Maxima
from gamma_calc.exponents.notation.spelling import GREEK, stem_and_index


def affine_latex(form: Form) -> str:
    r"""An affine form in LaTeX, without dollar signs.

    >>> from gamma_calc.exponents import Affine
    >>> print(affine_latex(Affine.variable("rho") * Fraction(1, 2) - 1))
    \frac{1}{2}\rho - 1
    """
    return LATEX.affine(form)


def order_latex(value: Maxima) -> str:
    r"""An order in LaTeX, without dollar signs.

    >>> from gamma_calc.exponents import Order
    >>> print(order_latex(Order("max(eta_A, b0)")))
    \max\left(\eta_{A}, b_{0}\right)
    """
    return LATEX.order(value)


def _name(name: str) -> str:
    first, *parts = name.split("_")
    stem, index = stem_and_index(first)
    below = [index, *(_letters(part) for part in parts)]
    subscript = ",".join(filter(None, below))
    return _letters(stem) + (f"_{{{subscript}}}" if subscript else "")


def _letters(stem: str) -> str:
    if stem in GREEK:
        return f"\\{stem}"
    return stem if len(stem) == 1 or stem.isdigit() else f"\\mathrm{{{stem}}}"


def _number(size: Fraction) -> str:
    return str(size) if size.denominator == 1 else f"\\frac{{{size.numerator}}}{{{size.denominator}}}"


def _multiple(factor: Fraction, spelled: str) -> str:
    return ("" if factor == 1 else _number(factor)) + spelled


LATEX = Dialect(
    name=_name,
    multiple=_multiple,
    number=_number,
    extremum=lambda name, forms: f"\\{name}\\left({', '.join(forms)}\\right)",
    minus="-",
    infinity="\\infty",
)
