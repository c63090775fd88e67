"""Numbers in print: two digits are what a law without its constants can carry."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from typing import Final

TWO_DIGITS: Final = Context(prec=2)
PLACES: Final = 6  # of the largest number that is written without a power of ten


def plain(value: float) -> float:
    """A number without the noise of its last digits.

    >>> plain(0.1 + 0.2), plain(0.7071067811865476)
    (0.3, 0.707106781187)
    """
    exact = Fraction(f"{value:.12g}")
    return exact.numerator / exact.denominator


def two_digits(value: Decimal | float) -> str:
    """A number to two digits, of which a zero is one: what follows from a law without its constants.

    >>> two_digits(284.4), two_digits(0.5), two_digits(2e-4), two_digits(1.61e6), two_digits(Decimal(1))
    ('280', '0.5', '2.0e-4', '1.6e6', '1')
    """
    exact = value if isinstance(value, Decimal) else Decimal(f"{value:.12g}")
    return _placed(TWO_DIGITS.plus(exact), ".1e")


def short(number: Decimal) -> str:
    """A number to three digits, without zeros at its end; a whole number in full: what was given, or follows from it.

    >>> short(Decimal("0.00020000")), short(Decimal(1) / 3), short(Decimal(4096))
    ('2e-4', '0.333', '4096')
    """
    return _placed((number if number == number.to_integral_value() else Decimal(f"{number:.3g}")).normalize(), "e")


def _placed(rounded: Decimal, scientific: str) -> str:
    """With a power of ten where it is far from one."""
    return f"{rounded:f}" if -2 <= rounded.adjusted() < PLACES else f"{rounded:{scientific}}".replace("e+", "e")
