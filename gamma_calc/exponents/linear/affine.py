"""Exact affine forms over named exponents: the monomials n^(c0 + c1*eta + ...) of the calculus, seen as exponents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational
from typing import Final

from gamma_calc.errors import OrderError
from gamma_calc.exponents.linear.accepted import rational, shown
from gamma_calc.exponents.notation.text import affine_text

_ZERO: Final = Fraction(0)


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """c0 + c1*x1 + c2*x2 + ... with rational coefficients; an exponent, not a number.

    ``terms`` is sorted by name and holds no zero coefficient, so equal forms have equal fields.

    >>> eta = Affine.variable("eta")
    >>> eta * 2 + 1
    Affine('2*eta + 1')
    """

    terms: tuple[tuple[str, Fraction], ...] = ()
    constant: Fraction = _ZERO

    @classmethod
    def variable(cls, name: str) -> Affine:
        if not isinstance(name, str):
            raise OrderError(f"{shown(name)} is no name of an exponent", hint="write it as a text such as 'eta'")
        return cls(((name, Fraction(1)),))

    @classmethod
    def number(cls, value: Rational | int) -> Affine:
        return cls((), rational(value))

    @classmethod
    def build(cls, coefficients: Mapping[str, Fraction], constant: int | Fraction = 0) -> Affine:
        return cls(tuple(sorted((k, c) for k, c in coefficients.items() if c)), Fraction(constant))

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.terms)

    def coefficient(self, name: str) -> Fraction:
        return next((c for k, c in self.terms if k == name), _ZERO)

    def __add__(self, other: Affine | int | Fraction) -> Affine:
        if not isinstance(other, Affine):
            return Affine(self.terms, self.constant + other)
        if not other.terms:
            return Affine(self.terms, self.constant + other.constant) if other.constant else self
        if not self.terms:
            return Affine(other.terms, self.constant + other.constant) if self.constant else other
        total = dict(self.terms)
        for name, c in other.terms:
            total[name] = total.get(name, _ZERO) + c
        return Affine.build(total, self.constant + other.constant)

    def __mul__(self, factor: int | Fraction) -> Affine:
        if not factor:
            return Affine()
        return Affine(tuple((k, c * factor) for k, c in self.terms), self.constant * factor)

    def __neg__(self) -> Affine:
        return self * -1

    def __sub__(self, other: Affine | int | Fraction) -> Affine:
        return self + (-other)

    def at(self, point: Mapping[str, Fraction]) -> Fraction:
        """The value at a point that fixes every variable."""
        return sum((c * point[k] for k, c in self.terms), self.constant)

    def slope(self, direction: Mapping[str, Fraction]) -> Fraction:
        """The change along a direction; names that the direction leaves out do not move."""
        return sum((c * direction[k] for k, c in self.terms if k in direction), _ZERO)

    def substitute(self, values: Mapping[str, Affine]) -> Affine:
        """Replace names by affine forms; names left out stay."""
        kept = Affine(tuple(t for t in self.terms if t[0] not in values), self.constant)
        return sum_affine([kept, *(values[k] * c for k, c in self.terms if k in values)])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Affine):
            return self.constant == other.constant and self.terms == other.terms
        return not self.terms and self.constant == other if isinstance(other, int | Fraction) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.terms, self.constant)) if self.terms else hash(self.constant)

    def __str__(self) -> str:
        return affine_text(self)

    def __repr__(self) -> str:
        return f"Affine({str(self)!r})"


def sum_affine(forms: Iterable[Affine]) -> Affine:
    total = Affine()
    for form in forms:
        total = total + form
    return total
