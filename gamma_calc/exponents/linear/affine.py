"""Exact affine forms over named exponents: the monomials n^(c0 + c1*eta + ...) of the calculus, seen as exponents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from numbers import Rational
from typing import Final

from gamma_calc.errors import OrderError, written
from gamma_calc.exponents.linear.accepted import rational, require
from gamma_calc.exponents.notation.text import affine_text

_ZERO: Final = Fraction(0)
_ONE: Final = Fraction(1)


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
    _hash: int | None = field(default=None, init=False, repr=False)  # kept, for forms are looked up all the time
    _numbers: tuple[object, ...] | None = field(default=None, init=False, repr=False)  # and compared

    @classmethod
    def variable(cls, name: str) -> Affine:
        require(name, str, "name of an exponent", "write it as a text such as 'eta'")
        return cls(((name, _ONE),))

    @classmethod
    def number(cls, value: Rational | int) -> Affine:
        return cls((), rational(value))

    @classmethod
    def build(cls, coefficients: Mapping[str, Fraction], constant: int | Fraction = 0) -> Affine:
        require(coefficients, Mapping, "table of coefficients", "write one as {'eta': Fraction(1)}")
        return cls(tuple(sorted((k, c) for k, c in coefficients.items() if c)), Fraction(_exact(constant)))

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.terms)

    def coefficient(self, name: str) -> Fraction:
        return next((c for k, c in self.terms if k == name), _ZERO)

    def __add__(self, other: Affine | int | Fraction) -> Affine:
        if not isinstance(other, Affine):
            return Affine(self.terms, self.constant + _exact(other))
        if not other.terms:
            return Affine(self.terms, self.constant + other.constant) if other.constant else self
        if not self.terms:
            return Affine(other.terms, self.constant + other.constant) if self.constant else other
        return _sum(self, other)

    def __mul__(self, factor: int | Fraction) -> Affine:
        exact = _exact(factor)
        if not exact:
            return Affine()
        if exact == 1:
            return self
        return Affine(tuple((k, c * exact) for k, c in self.terms), self.constant * exact)

    def __neg__(self) -> Affine:
        return Affine(tuple((k, -c) for k, c in self.terms), -self.constant)

    def __sub__(self, other: Affine | int | Fraction) -> Affine:
        return _difference(self, other) if isinstance(other, Affine) else self + -_exact(other)

    def at(self, point: Mapping[str, Fraction]) -> Fraction:
        """The value at a point that fixes every variable. Raises OrderError for anything else."""
        try:
            return sum((c * point[k] for k, c in self.terms), self.constant)
        except (KeyError, TypeError) as error:
            hint = f"give rationals for {', '.join(self.variables)}, as in {{'eta': Fraction(-1)}}"
            raise OrderError(f"{written(point)} is no point for {self}", hint=hint) from error

    def slope(self, direction: Mapping[str, Fraction]) -> Fraction:
        """The change along a direction; names that the direction leaves out do not move."""
        require(direction, Mapping, "direction", "write one as {'eta': Fraction(1)}")
        return sum((c * direction[k] for k, c in self.terms if k in direction), _ZERO)

    def substitute(self, values: Mapping[str, Affine]) -> Affine:
        """Replace names by affine forms; names left out stay."""
        require(values, Mapping, "table of affine forms", "write one as {'eta': Affine.variable('rho')}")
        for value in values.values():
            require(value, Affine, "affine form", "write one such as Affine.variable('rho')")
        kept = Affine(tuple(t for t in self.terms if t[0] not in values), self.constant)
        return sum_affine([kept, *(values[k] * c for k, c in self.terms if k in values)])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Affine):
            return self is other or self._whole_numbers == other._whole_numbers
        return not self.terms and self.constant == other if isinstance(other, int | Fraction) else NotImplemented

    def __hash__(self) -> int:
        if self._hash is None:
            found = hash(self._whole_numbers) if self.terms else hash(self.constant)
            object.__setattr__(self, "_hash", found)
            return found
        return self._hash

    @property
    def _whole_numbers(self) -> tuple[object, ...]:
        """What tells forms apart, without fractions: their hash takes a modular inverse, to compare them a call."""
        if self._numbers is None:
            found = self.constant.as_integer_ratio(), *[(name, c.as_integer_ratio()) for name, c in self.terms]
            object.__setattr__(self, "_numbers", found)
            return found
        return self._numbers

    def __str__(self) -> str:
        return affine_text(self)

    def __repr__(self) -> str:
        return f"Affine({str(self)!r})"


@lru_cache(maxsize=65536)
def _sum(one: Affine, other: Affine) -> Affine:
    """The sum of two forms: few are made, and again and again."""
    total = dict(one.terms)
    for name, c in other.terms:
        known = total.get(name)
        total[name] = c if known is None else known + c
    terms = [term for term in total.items() if term[1]]
    if len(total) > len(one.terms):  # names that were there keep their places
        terms.sort()
    return Affine(tuple(terms), one.constant + other.constant)


@lru_cache(maxsize=65536)
def _difference(one: Affine, other: Affine) -> Affine:
    return one + -other


def _exact(value: Rational | int) -> Fraction | int:
    """A rational as it is, where Python adds it to a Fraction; another kind of rational exactly."""
    return value if isinstance(value, int | Fraction) else rational(value)


def sum_affine(forms: Iterable[Affine]) -> Affine:
    total = Affine()
    for form in forms:
        total = total + form
    return total
