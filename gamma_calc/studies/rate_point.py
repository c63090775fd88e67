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
    """A learning rate n^eta, a rank n^rho and a batch of n^beta samples; None for those that do not grow.

    With a ``width``, sizes are printed as numbers, and the point as ``title``.

    >>> RatePoint(Fraction(-1), rho=None).text(order("eta + 1/2"))
    'n^-1/2'
    """

    eta: Fraction
    rho: Fraction | None
    width: Decimal | None = None
    title: str = ""
    beta: Fraction | None = None

    def __post_init__(self) -> None:
        if not 0 <= (self.rho or 0) <= 1:
            raise OrderError(f"no point has {self}", hint="take a rank from 1 to the width: rho from 0 to 1")
        if (self.beta or 0) < 0:
            raise OrderError(f"no point has {self}", hint="take a batch of at least one sample: beta from 0 on")

    @classmethod
    def of_numbers(cls, rate: Decimal, width: Decimal, rank: Decimal, batch: Decimal | None = None) -> RatePoint:
        """The exponents of three numbers, or of four. Every constant is 1, so that orders are numbers again.

        >>> point = RatePoint.of_numbers(Decimal("2e-5"), Decimal(4096), Decimal(8))
        >>> point.rho, point.text(order("eta + 1/4"))
        (Fraction(1, 4), '1.6e-4')
        """
        numbers = (rate, rank) if batch is None else (rate, rank, batch)
        title = f"rate {rate}, n = {width}, r = {rank}" + ("" if batch is None else f", N = {batch}")
        if min(numbers) <= 0 or width <= 1:
            raise OrderError(f"no point has {title}", hint="take a positive rate and a width above 1")
        eta, rho, *beta = (Fraction(number.ln() / width.ln()).limit_denominator(FINEST) for number in numbers)
        return cls(eta, rho, width, title, *beta)

    def value(self, size: Order) -> Fraction | None:
        """The exponent that an order in eta has here; None for what is identically zero."""
        return size.at({RATE: self.eta})

    def text(self, size: Order, dialect: str = "text") -> str:
        """The size in print, "0" for what is identically zero."""
        value = self.value(size)
        return "0" if value is None else self._size(value, dialect)

    def __str__(self) -> str:
        opened = (f", {name} = {value}" for name, value in self.opened.items())
        return self.title or f"eta = {self.eta}" + "".join(opened)

    @property
    def opened(self) -> dict[str, Fraction]:
        """The exponents of what grows beside the width, by name."""
        return {name: value for name, value in (("rho", self.rho), ("beta", self.beta)) if value is not None}

    def _size(self, exponent: Fraction, dialect: str) -> str:
        """The width to an exponent."""
        if exponent == 0:
            return "1"
        if self.width is not None:
            return two_digits(self.width ** (Decimal(exponent.numerator) / Decimal(exponent.denominator)))
        return f"$n^{{{order(exponent):latex}}}$" if dialect == "latex" else power(order(exponent), dialect)
