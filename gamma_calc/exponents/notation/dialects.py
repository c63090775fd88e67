"""Orders in print: one dialect per file, all with the layout of :mod:`gamma_calc.exponents.notation.dialect`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from gamma_calc.errors import unknown
from gamma_calc.exponents.notation.dialect import Maxima
from gamma_calc.exponents.notation.latex import order_latex
from gamma_calc.exponents.notation.text import order_text
from gamma_calc.exponents.notation.unicode import order_unicode

DIALECTS: Final[Mapping[str, Callable[[Maxima], str]]] = {
    "text": order_text,
    "unicode": order_unicode,
    "latex": order_latex,
}


def order_in(value: Maxima, dialect: str) -> str:
    """An order in a dialect of ``DIALECTS``. Raises UnknownName for any other; also behind ``f"{value:latex}"``.

    >>> from gamma_calc.exponents import Order
    >>> order_in(Order("eta_A/2 - 1"), "unicode")
    'η_A/2 − 1'
    """
    if dialect not in DIALECTS:
        raise unknown("dialect", dialect, DIALECTS)
    return DIALECTS[dialect](value)
