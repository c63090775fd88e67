"""What is taken where a number or an object of these rooms should stand, and the error for anything else."""

from __future__ import annotations

from fractions import Fraction
from numbers import Rational
from types import UnionType
from typing import Final

from gamma_calc import errors
from gamma_calc.errors import OrderError, written
from gamma_calc.exponents.notation.tokens import MOST_DIGITS

_TOO_LONG: Final = 10**MOST_DIGITS


def rational(value: Rational | int) -> Fraction:
    """The exact value of an int, a Fraction, or a rational of sympy or numpy. Raises OrderError for anything else.

    >>> from sympy import Rational
    >>> rational(3), rational(Rational(-1, 2))
    (Fraction(3, 1), Fraction(-1, 2))
    """
    if type(value) is not Fraction and (isinstance(value, bool) or not isinstance(value, Rational)):
        raise OrderError(f"{written(value)} is not an exact rational", hint="write Fraction(1, 2) or the text '1/2'")
    exact = value if isinstance(value, Fraction) else Fraction(int(value.numerator), int(value.denominator))
    if max(abs(exact.numerator), exact.denominator) >= _TOO_LONG:
        raise OrderError(f"a number of more than {MOST_DIGITS} digits is no exponent", hint="use a smaller one")
    return exact


def require(value: object, kinds: type | UnionType, what: str, hint: str) -> None:
    """Raises OrderError for a value that is of none of these kinds."""
    errors.require(value, kinds, what, hint, OrderError)
