"""Numbers in print: two digits are what a law without its constants can carry."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from typing import Final

TWO_DIGITS: Final = Context(prec=2)


def plain(value: float) -> float:
    """A number without the noise of its last digits.

    >>> plain(0.1 + 0.2), plain(0.7071067811865476)
    (0.3, 0.707106781187)
    """
    exact = Fraction(f"{value:.12g}")
    return exact.numerator / exact.denominator


def two_digits(value: Decimal | float) -> str:
    """A number to two digits, with a power of ten where it is far from one.

    >>> two_digits(284.4), two_digits(0.5), two_digits(2e-4), two_digits(1.61e6), two_digits(Decimal(1))
    ('280', '0.5', '2.0e-4', '1.6e6', '1')
    """
    exact = value if isinstance(value, Decimal) else Decimal(f"{value:.12g}")
    rounded = TWO_DIGITS.plus(exact)
    return f"{rounded:f}" if -2 <= rounded.adjusted() < 5 else f"{rounded:.1e}".replace("e+", "e")
