"""Proofs about systems of linear constraints, each re-checked in rational arithmetic when it is made.

A proof never trusts what found it. Building one checks it; a proof that fails raises CertificateError.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from gamma_calc.errors import CertificateError
from gamma_calc.exponents.linear.affine import Affine, sum_affine
from gamma_calc.exponents.linear.constraint import Point, Row, closed, holds


@dataclass(frozen=True, slots=True)
class Infeasible:
    """No point satisfies ``rows``: their sum with ``multipliers`` would be positive and is not (Farkas, Motzkin).

    >>> eta = Affine.variable("eta")
    >>> Infeasible(((eta, ">"), (-eta - 1, ">=")), (Fraction(1), Fraction(1))).total
    Fraction(-1, 1)
    """

    rows: tuple[Row, ...]
    multipliers: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Recompute the sum. Raises CertificateError."""
        _require(_signs_fit(self.rows, self.multipliers), "a multiplier of an inequality is negative")
        combination = _combine(self.rows, self.multipliers)
        _require(not combination.terms, "the variables do not cancel")
        limit = combination.constant
        _require(limit < 0 or (limit == 0 and _some_strict(self.rows, self.multipliers)), "the sum is no contradiction")

    @property
    def total(self) -> Fraction:
        """The constant that is left, which the rows force to be positive (or not negative, if none is strict)."""
        return _combine(self.rows, self.multipliers).constant

    def scaled_to_integers(self) -> Infeasible:
        """The same proof with coprime whole multipliers and without the rows it does not use."""
        used = [(row, m) for row, m in zip(self.rows, self.multipliers, strict=True) if m]
        factor = Fraction(lcm(*(m.denominator for _, m in used)), gcd(*(m.numerator for _, m in used)))
        return Infeasible(tuple(row for row, _ in used), tuple(m * factor for _, m in used))


@dataclass(frozen=True, slots=True)
class Optimal:
    """``form`` is at most ``value`` on ``rows``, and comes as close to it as one likes.

    ``multipliers`` add the rows up to value - form. ``point`` has the value and lies on the rows or their boundary;
    ``inside`` satisfies the rows, and is where the points that approach the value start from.
    """

    form: Affine
    rows: tuple[Row, ...]
    value: Fraction
    multipliers: tuple[Fraction, ...]
    point: Point
    inside: Point

    def __post_init__(self) -> None:
        self.check()

    @property
    def attained(self) -> bool:
        """Does some point of the rows have the value? Not if a strict row takes part in the bound."""
        return not _some_strict(self.rows, self.multipliers)

    def check(self) -> None:
        """Recompute bound, point and approach. Raises CertificateError."""
        _require(_signs_fit(self.rows, self.multipliers), "a multiplier of an inequality is negative")
        gap = Affine.number(self.value) - self.form
        _require(_combine(self.rows, self.multipliers) == gap, "the rows do not add up to the bound")
        _require(self.form.at(self.point) == self.value, "the point does not have the value")
        _require(all(holds(row, self.inside) for row in self.rows), "the inner point breaks a row")
        reached = self.rows if self.attained else tuple(closed(row) for row in self.rows)
        _require(all(holds(row, self.point) for row in reached), "the best point breaks a row")


@dataclass(frozen=True, slots=True)
class Unbounded:
    """``form`` grows without end from ``point`` along ``ray``, which never leaves ``rows``."""

    form: Affine
    rows: tuple[Row, ...]
    point: Point
    ray: Point

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Recompute the start and the slopes. Raises CertificateError."""
        _require(all(holds(row, self.point) for row in self.rows), "the starting point breaks a row")
        _require(self.form.slope(self.ray) > 0, "the form does not grow along the ray")
        slopes = ((form.slope(self.ray), relation) for form, relation in self.rows)
        _require(all(s == 0 if relation == "=" else s >= 0 for s, relation in slopes), "the ray leaves the rows")


def _signs_fit(rows: tuple[Row, ...], multipliers: tuple[Fraction, ...]) -> bool:
    _require(len(rows) == len(multipliers), "rows and multipliers differ in number")
    return all(m >= 0 or relation == "=" for (_, relation), m in zip(rows, multipliers, strict=True))


def _some_strict(rows: tuple[Row, ...], multipliers: tuple[Fraction, ...]) -> bool:
    return any(m > 0 and relation == ">" for (_, relation), m in zip(rows, multipliers, strict=True))


def _combine(rows: Iterable[Row], multipliers: Iterable[Fraction]) -> Affine:
    return sum_affine(form * m for (form, _), m in zip(rows, multipliers, strict=True) if m)


def _require(condition: bool, failure: str) -> None:
    if not condition:
        raise CertificateError(f"a proof does not check: {failure}", hint="please report the input that led here")
