"""A learning rate as a power of the numbers of a layer: its width n, its rank r, its multiplier s."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import log, prod
from typing import Final

from gamma_calc.display.numbers import short
from gamma_calc.errors import OrderError
from gamma_calc.exponents import Affine
from gamma_calc.practice.monomials import Logarithms

FINEST: Final = 10**4  # of denominators of an exponent: far finer than any rate is known


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
    def logarithms(self) -> Logarithms:
        """The width under "n", rank and multiplier under the names of their exponents."""
        return {"n": log(self.n), "rho": log(self.r), "sigma": log(self.s)}

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

    @classmethod
    def of(cls, form: Affine) -> Law:
        """The law whose exponent is this form in those of rank and multiplier.

        >>> print(Law.of(Affine.variable("sigma") * -1 - 1))
        n^-1 s^-1
        """
        return cls(form.constant, form.coefficient("rho"), form.coefficient("sigma"))

    def at(self, numbers: Numbers) -> Decimal:
        """The power at these numbers."""
        factors = (Decimal(numbers.n), self.n), (Decimal(numbers.r), self.r), (numbers.s, self.s)
        return prod((base ** (Decimal(e.numerator) / e.denominator) for base, e in factors), start=Decimal(1))

    def __str__(self) -> str:
        powers = [f"{base}^{e}" for base, e in zip("nrs", (self.n, self.r, self.s), strict=True) if e]
        return " ".join(powers) or "1"
