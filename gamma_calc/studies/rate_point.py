"""Where starts are compared: at exponents of the learning rate and the rank, or at numbers, which are powers too."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from gamma_calc.display.numbers import two_digits
from gamma_calc.errors import OrderError
from gamma_calc.exponents import Order, order, power

RATE: Final = "eta"
FINEST: Final = (
    10**6
)  # of denominators: exact where the numbers are powers of one, else right to far more than 2 digits


@dataclass(frozen=True, slots=True)
class RatePoint:
    """A learning rate n^eta and a rank n^rho, None for a fixed one.

    With a ``width``, sizes are printed as numbers, and the point as ``title``.

    >>> RatePoint(Fraction(-1), rho=None).text(order("eta + 1/2"))
    'n^-1/2'
    """

    eta: Fraction
    rho: Fraction | None
    width: Decimal | None = None
    title: str = ""

    def __post_init__(self) -> None:
        if not 0 <= (self.rho or 0) <= 1:
            raise OrderError(f"no point has {self}", hint="take a rank from 1 to the width: rho from 0 to 1")

    @classmethod
    def of_numbers(cls, rate: Decimal, width: Decimal, rank: Decimal) -> RatePoint:
        """The exponents of three numbers. Every constant is 1, so that orders are numbers again.

        >>> point = RatePoint.of_numbers(Decimal("2e-5"), Decimal(4096), Decimal(8))
        >>> point.rho, point.text(order("eta + 1/4"))
        (Fraction(1, 4), '1.6e-4')
        """
        title = f"rate {rate}, n = {width}, r = {rank}"
        if rate <= 0 or width <= 1 or rank <= 0:
            raise OrderError(f"no point has {title}", hint="take a positive rate and a width above 1")
        eta, rho = (Fraction(number.ln() / width.ln()).limit_denominator(FINEST) for number in (rate, rank))
        return cls(eta, rho, width, title)

    def value(self, size: Order) -> Fraction | None:
        """The exponent that an order in eta has here; None for what is identically zero."""
        return size.at({RATE: self.eta})

    def text(self, size: Order, dialect: str = "text") -> str:
        """The size in print, "0" for what is identically zero."""
        value = self.value(size)
        return "0" if value is None else self._size(value, dialect)

    def __str__(self) -> str:
        return self.title or f"eta = {self.eta}" + ("" if self.rho is None else f", rho = {self.rho}")

    def _size(self, exponent: Fraction, dialect: str) -> str:
        """The width to an exponent."""
        if exponent == 0:
            return "1"
        if self.width is not None:
            return two_digits(self.width ** (Decimal(exponent.numerator) / Decimal(exponent.denominator)))
        return f"$n^{{{order(exponent):latex}}}$" if dialect == "latex" else power(order(exponent), dialect)
