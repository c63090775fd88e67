"""What is taken where a number or an object of these rooms should stand, and the error for anything else."""

from __future__ import annotations

from fractions import Fraction
from numbers import Rational
from typing import Final

from gamma_calc.errors import OrderError
from gamma_calc.exponents.notation.tokens import MOST_DIGITS

_TOO_LONG: Final = 10**MOST_DIGITS
_SHOWN: Final = 40  # characters of an offending value in a message


def rational(value: Rational | int) -> Fraction:
    """The exact value of an int, a Fraction, or a rational of sympy or numpy. Raises OrderError for anything else.

    >>> from sympy import Rational
    >>> rational(3), rational(Rational(-1, 2))
    (Fraction(3, 1), Fraction(-1, 2))
    """
    if isinstance(value, bool) or not isinstance(value, Rational):
        raise OrderError(f"{shown(value)} is not an exact rational", hint="write Fraction(1, 2) or the text '1/2'")
    exact = value if isinstance(value, Fraction) else Fraction(int(value.numerator), int(value.denominator))
    if max(abs(exact.numerator), exact.denominator) >= _TOO_LONG:
        raise OrderError(f"a number of more than {MOST_DIGITS} digits is no exponent", hint="use a smaller one")
    return exact


def require(value: object, kind: type[object], what: str, hint: str) -> None:
    """Raises OrderError for a value that is not of this kind."""
    if not isinstance(value, kind):
        raise OrderError(f"{shown(value)} is no {what}", hint=hint)


def shown(value: object) -> str:
    """A value in a message: plain constants as they are written, anything else by its type.

    >>> shown(0.5), shown(object())
    ('0.5', 'an object of type object')
    """
    if not isinstance(value, str | bytes | float | complex | bool | None):
        return f"an object of type {type(value).__name__}"
    text = repr(value[:_SHOWN]) if isinstance(value, str | bytes) else repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
