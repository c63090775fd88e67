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
from gamma_calc.exponents.linear.constraint import LinearConstraint, Point, holds, weak


@dataclass(frozen=True, slots=True)
class Infeasible:
    """No point satisfies the constraints: weighted by ``multipliers`` they add up to what is false (Farkas, Motzkin).

    >>> eta = Affine.variable("eta")
    >>> Infeasible(((eta, ">"), (-eta - 1, ">=")), (Fraction(1), Fraction(1))).total
    Fraction(-1, 1)
    """

    constraints: tuple[LinearConstraint, ...]
    multipliers: tuple[Fraction, ...]

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Recompute the sum. Raises CertificateError."""
        _require(_signs_fit(self.constraints, self.multipliers), "a multiplier of an inequality is negative")
        combination = _combine(self.constraints, self.multipliers)
        _require(not combination.terms, "the variables do not cancel")
        limit = combination.constant
        _require(
            limit < 0 or (limit == 0 and _some_strict(self.constraints, self.multipliers)),
            "the sum is no contradiction",
        )

    @property
    def total(self) -> Fraction:
        """The constant that is left, forced to be positive by the constraints (or not negative, if none is strict)."""
        return _combine(self.constraints, self.multipliers).constant

    def scaled_to_integers(self) -> Infeasible:
        """The same proof with coprime whole multipliers and without the constraints it does not use."""
        used = [(constraint, m) for constraint, m in zip(self.constraints, self.multipliers, strict=True) if m]
        factor = Fraction(lcm(*(m.denominator for _, m in used)), gcd(*(m.numerator for _, m in used)))
        return Infeasible(tuple(constraint for constraint, _ in used), tuple(m * factor for _, m in used))


@dataclass(frozen=True, slots=True)
class Optimal:
    """``form`` is at most ``value`` on ``constraints``, and comes as close to it as one likes.

    ``multipliers`` add the constraints up to value - form. ``point`` has the value and lies on them or their boundary;
    ``interior_point`` satisfies them, and is where the points that approach the value start from.
    """

    form: Affine
    constraints: tuple[LinearConstraint, ...]
    value: Fraction
    multipliers: tuple[Fraction, ...]
    point: Point
    interior_point: Point

    def __post_init__(self) -> None:
        self.check()

    @property
    def attained(self) -> bool:
        """Does some point of the constraints have the value? Not if a strict constraint takes part in the bound."""
        return not _some_strict(self.constraints, self.multipliers)

    def check(self) -> None:
        """Recompute bound, point and approach. Raises CertificateError."""
        _require(_signs_fit(self.constraints, self.multipliers), "a multiplier of an inequality is negative")
        gap = Affine.number(self.value) - self.form
        _require(_combine(self.constraints, self.multipliers) == gap, "the constraints do not add up to the bound")
        _require(self.form.at(self.point) == self.value, "the point does not have the value")
        _require(
            all(holds(constraint, self.interior_point) for constraint in self.constraints),
            "the interior point breaks a constraint",
        )
        reached = self.constraints if self.attained else tuple(weak(constraint) for constraint in self.constraints)
        _require(all(holds(constraint, self.point) for constraint in reached), "the best point breaks a constraint")


@dataclass(frozen=True, slots=True)
class Unbounded:
    """``form`` grows without end from ``point`` along ``ray``, which never leaves ``constraints``."""

    form: Affine
    constraints: tuple[LinearConstraint, ...]
    point: Point
    ray: Point

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Recompute the start and the slopes. Raises CertificateError."""
        _require(
            all(holds(constraint, self.point) for constraint in self.constraints),
            "the starting point breaks a constraint",
        )
        _require(self.form.slope(self.ray) > 0, "the form does not grow along the ray")
        slopes = ((form.slope(self.ray), relation) for form, relation in self.constraints)
        _require(all(s == 0 if relation == "=" else s >= 0 for s, relation in slopes), "the ray leaves the constraints")


def _signs_fit(constraints: tuple[LinearConstraint, ...], multipliers: tuple[Fraction, ...]) -> bool:
    _require(len(constraints) == len(multipliers), "constraints and multipliers differ in number")
    return all(m >= 0 or relation == "=" for (_, relation), m in zip(constraints, multipliers, strict=True))


def _some_strict(constraints: tuple[LinearConstraint, ...], multipliers: tuple[Fraction, ...]) -> bool:
    return any(m > 0 and relation == ">" for (_, relation), m in zip(constraints, multipliers, strict=True))


def _combine(constraints: Iterable[LinearConstraint], multipliers: Iterable[Fraction]) -> Affine:
    return sum_affine(form * m for (form, _), m in zip(constraints, multipliers, strict=True) if m)


def _require(condition: bool, failure: str) -> None:
    if not condition:
        raise CertificateError(f"a proof does not check: {failure}", hint="please report the input that led here")
