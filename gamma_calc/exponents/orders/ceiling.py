"""Proofs that an order is at most a number on a polyhedron, each checked with fractions when it is made.

There are four reasons. An affine form is bounded by a weighted sum of the polyhedron's rows (Farkas). A sum is bounded
by the bounds of its parts. A form with a maximum in it is bounded by every bound that holds for each form put for the
maximum, where it is added; and by a bound for any one of them, where it is subtracted. A lower bound is an upper one
of what is opposite.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from gamma_calc.errors import CertificateError
from gamma_calc.exponents.linear.affine import Affine, sum_affine
from gamma_calc.exponents.linear.constraint import LinearConstraint
from gamma_calc.exponents.orders.peak import Peak, put

Rows = tuple[LinearConstraint, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Ceiling:
    """``form`` is at most ``value`` wherever ``rows`` hold; its parts may rest on the first of them alone.

    Without a ``peak``, rows times their ``weights`` and the bounds of the ``parts`` times ``scales`` add up to it.
    With one, the parts bound the form with each of the peak's forms in its place where it is added, and with at least
    one of them where it is subtracted.
    """

    form: Affine
    value: Fraction
    rows: Rows
    weights: tuple[tuple[int, Fraction], ...] = ()
    parts: tuple[Ceiling, ...] = ()
    peak: Peak | None = None
    scales: tuple[Fraction, ...] = ()

    def __post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Of this step; its parts were checked when they were made. Raises CertificateError."""
        _require(all(part.rows is self.rows or part.rows == self.rows[: len(part.rows)] for part in self.parts))
        if self.peak is None:
            self._check_sum()
        else:
            self._check_peak(self.peak)

    def _check_sum(self) -> None:
        _require(all(w >= 0 or self.rows[index][1] == "=" for index, w in self.weights))
        _require(all(scale >= 0 for scale in self.scales))
        used = sum_affine(self.rows[index][0] * w for index, w in self.weights)
        bounded = sum_affine(part.form * scale for part, scale in zip(self.parts, self.scales, strict=True))
        limit = sum((part.value * scale for part, scale in zip(self.parts, self.scales, strict=True)), Fraction(0))
        _require(self.form + used == bounded + (self.value - limit))

    def _check_peak(self, peak: Peak) -> None:
        weight = self.form.coefficient(peak)
        found = {part.form for part in self.parts}
        wanted = {put(self.form, peak, inner) for inner in peak.forms}
        _require(wanted <= found if weight >= 0 else bool(found & wanted))
        _require(all(part.value <= self.value for part in self.parts))


def _require(condition: bool) -> None:
    if not condition:
        raise CertificateError("a proof of an upper bound does not hold")
