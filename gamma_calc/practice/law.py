"""A learning rate as a power of the numbers of a layer: its width n, its rank r, its multiplier s."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import prod
from typing import Final

from gamma_calc.display.numbers import short
from gamma_calc.errors import OrderError

FINEST: Final = 10**4  # of denominators of an exponent: far finer than any rate is known
BESIDE: Final = Fraction(1, 10**5)  # from an exponent to the next one, for the slope there

Exponents = Callable[[Fraction, Fraction], Fraction]  # of a rate, from those of the rank and of the multiplier


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of a layer: the width that enters it, the rank and the multiplier of its adapter.

    >>> Numbers(4096, 8, Decimal(2)).rank_exponent
    Fraction(1, 4)
    """

    n: int
    r: int = 1
    s: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        if self.n < 2 or not 1 <= self.r <= self.n or not self.s > 0:
            raise OrderError(
                f"no layer has {self}", hint="take n of 2 or more, r from 1 to n and a positive multiplier"
            )

    @property
    def rank_exponent(self) -> Fraction:
        """rho in r = n^rho."""
        return self._exponent(Decimal(self.r))

    @property
    def multiplier_exponent(self) -> Fraction:
        """sigma in s = n^sigma."""
        return self._exponent(self.s)

    def _exponent(self, number: Decimal) -> Fraction:
        return Fraction(number.ln() / Decimal(self.n).ln()).limit_denominator(FINEST)

    def __str__(self) -> str:
        return f"n = {self.n}, r = {self.r}, s = {short(self.s)}"


@dataclass(frozen=True, slots=True)
class Law:
    """The product n^n r^r s^s of powers, every constant 1.

    >>> print(Law(Fraction(-1, 2), Fraction(0), Fraction(-1)))
    n^-1/2 s^-1
    >>> short(Law(Fraction(-1, 2), Fraction(0), Fraction(-1)).at(Numbers(4096, 8, Decimal(2))))
    '7.81e-3'
    """

    n: Fraction
    r: Fraction
    s: Fraction

    def at(self, numbers: Numbers) -> Decimal:
        """The power at these numbers."""
        factors = (Decimal(numbers.n), self.n), (Decimal(numbers.r), self.r), (numbers.s, self.s)
        return prod((base ** (Decimal(e.numerator) / e.denominator) for base, e in factors), start=Decimal(1))

    def __str__(self) -> str:
        powers = [f"{base}^{e}" for base, e in zip("nrs", (self.n, self.r, self.s), strict=True) if e]
        return " ".join(powers) or "1"


def law(exponent: Exponents, numbers: Numbers) -> Law:
    """The law of a rate around these numbers, where its exponent is linear in those of rank and multiplier.

    >>> print(law(lambda rho, sigma: -(1 + rho + sigma) / 2, Numbers(4096, 8)))
    n^-1/2 r^-1/2 s^-1/2
    """
    rho, sigma = numbers.rank_exponent, numbers.multiplier_exponent
    here = exponent(rho, sigma)
    aside = -BESIDE if rho else BESIDE  # no rank is larger than the width, or smaller than 1
    of_rank = (exponent(rho + aside, sigma) - here) / aside
    of_multiplier = (exponent(rho, sigma + BESIDE) - here) / BESIDE
    return Law(here - of_rank * rho - of_multiplier * sigma, of_rank, of_multiplier)
