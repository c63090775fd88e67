"""Orders of a few exponents on a convex domain: each in its one form there, and compared exactly.

An order is kept the way it was made until it is read, and a question about orders is decided without making one of
them canonical: with a - b for the one and c - d for the other, maxima all of them, a + d is compared with c + b at
points of the domain that may refute it, and then form by form, with a proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce
from typing import TypeVar

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.watch import look
from gamma_calc.exponents.orders.canonical import Pair, pair_of_largest
from gamma_calc.exponents.orders.difference import simplest
from gamma_calc.exponents.orders.maximum import (
    ONE,
    Convex,
    dominates,
    minkowski_sum,
    scaled,
    sort_key,
)
from gamma_calc.exponents.orders.peak import Peak, below, peak_form, peaks
from gamma_calc.exponents.orders.piecewise import PiecewiseLinear
from gamma_calc.exponents.orders.points import SLACK, UNIT
from gamma_calc.exponents.orders.samples import MOST_SAMPLES, Rows, samples

F = TypeVar("F", bound=PiecewiseLinear)


@dataclass(frozen=True, eq=False)
class OnDomain:
    """Orders of some names on a domain: where inequalities hold that leave an interior. What is found stays known."""

    names: frozenset[str]
    where: Rows
    _pairs: dict[Peak, Pair] = field(default_factory=dict, repr=False)
    _read: dict[Affine, Pair] = field(default_factory=dict, repr=False)
    _answers: dict[Affine, bool] = field(default_factory=dict, repr=False)
    _values: dict[Affine, tuple[int, ...]] = field(default_factory=dict, repr=False)
    _named: dict[str, tuple[int, ...]] = field(default_factory=dict, repr=False)

    def order(self, order: F) -> F:
        """The order in its one form on the domain, kept so that what is made of it is not canonical before it is read.

        >>> domain = OnDomain(frozenset({"eta", "rho"}), ((Affine.variable("rho"), ">="),))
        >>> print(domain.order(PiecewiseLinear.of("max(eta, eta - rho, eta + rho)")))
        eta + rho
        """
        return order if _is_plain(order) else order.keep(_form_of(self._pair_of(order.form)))

    def shown(self, order: F) -> F:
        """The order in its one form on the domain, as it is printed."""
        return order if _is_plain(order) else order.made(*self._pair_of(order.form))

    def nowhere_above(self, low: PiecewiseLinear, high: PiecewiseLinear) -> bool:
        """Is the first at most the second at every point of the domain?"""
        if low.is_zero_quantity or high.is_zero_quantity:
            return low.is_zero_quantity
        if low.number is not None and high.number is not None:
            return low.number <= high.number
        return self.may_be_below(low, high) and self._is_nowhere_positive(low.form - high.form)

    def may_be_below(self, low: PiecewiseLinear, high: PiecewiseLinear) -> bool:
        """Is the first nowhere above the second at the points that are looked at? Where it is, no proof is sought."""
        if low.is_zero_quantity or high.is_zero_quantity:
            return low.is_zero_quantity
        return self._may_be_below(low.form, high.form)

    def _may_be_below(self, low: Affine, high: Affine) -> bool:
        here, there = self._values_at(low), self._values_at(high)
        return all(one - other <= SLACK for one, other in zip(here, there, strict=True))

    def equal(self, one: PiecewiseLinear, other: PiecewiseLinear) -> bool:
        """Are two orders the same at every point of the domain?"""
        return self.nowhere_above(one, other) and self.nowhere_above(other, one)

    # -- points that refute ---------------------------------------------------------------------------------------

    def _values_at(self, form: Affine) -> tuple[int, ...]:
        """The values at the samples, as whole numbers of one unit, rounded."""
        if form not in self._values:
            rows = [self._scaled(*term) for term in form.terms]
            constant = form.constant.numerator * UNIT // form.constant.denominator
            self._values[form] = tuple(map(sum, zip((constant,) * MOST_SAMPLES, *rows, strict=True)))
        return self._values[form]

    def _scaled(self, name: str, weight: Fraction) -> Sequence[int]:
        values = self._values_of(name)
        return values if weight == 1 else [value * weight.numerator // weight.denominator for value in values]

    def _values_of(self, name: str) -> tuple[int, ...]:
        if name not in self._named:
            if isinstance(name, Peak):
                for one in below(Affine.variable(name), self._named):
                    self._named[one] = tuple(map(max, zip(*map(self._values_at, one.forms), strict=True)))
            else:
                found = (point[name] for point in samples(self.names, self.where))
                self._named[name] = tuple(value.numerator * UNIT // value.denominator for value in found)
        return self._named[name]

    # -- comparisons ----------------------------------------------------------------------------------------------

    def _is_nowhere_positive(self, form: Affine) -> bool:
        if form not in self._answers:
            look()
            self._answers[form] = _is_sum_below(*self._sides(form), self.where)
        return self._answers[form]

    def _sides(self, form: Affine) -> tuple[list[Convex], list[Convex]]:
        """Maxima whose sum, less the sum of others, a form is; none stands on both sides."""
        plain = Affine(tuple(term for term in form.terms if not isinstance(term[0], Peak)), form.constant)
        added: list[Convex] = [frozenset({plain})]
        taken: list[Convex] = []
        for peak, weight in form.terms:
            if isinstance(peak, Peak):
                above, less = (scaled(part, abs(weight)) for part in self._pair(peak))
                for side, part in ((added, above), (taken, less)) if weight > 0 else ((taken, above), (added, less)):
                    side.append(part)
        return _without_shared(added, taken)

    # -- canonical forms ------------------------------------------------------------------------------------------

    def _pair_of(self, form: Affine) -> Pair:
        if form not in self._read:
            self._read[form] = self._difference(form)
        return self._read[form]

    def _pair(self, peak: Peak) -> Pair:
        for one in below(Affine.variable(peak), self._pairs):
            look()
            self._pairs[one] = pair_of_largest(map(self._difference, self._uncovered(one.forms)), self.where)
        return self._pairs[peak]

    def _uncovered(self, forms: Iterable[Affine]) -> list[Affine]:
        """The forms of a maximum without those that another one is nowhere below."""
        kept = sorted(forms, key=sort_key)
        for form in list(kept) if any(map(peaks, kept)) else ():
            rest = [other for other in kept if other is not form]
            if any(self._may_be_below(form, other) and self._is_nowhere_positive(form - other) for other in rest):
                kept = rest
        return kept

    def _difference(self, form: Affine) -> Pair:
        added, taken = self._sides(form)
        return simplest(_sum(added, self.where), _sum(taken, self.where), self.where)


def _is_plain(order: PiecewiseLinear) -> bool:
    return order.number is not None or order.is_zero_quantity


def _form_of(pair: Pair) -> Affine:
    above, less = (peak_form(part) for part in pair)
    return above - less


def _sum(parts: Iterable[Convex], where: Rows) -> Convex:
    return reduce(lambda one, other: minkowski_sum(one, other, where), sorted(parts, key=len), ONE)


def _without_shared(added: list[Convex], taken: list[Convex]) -> tuple[list[Convex], list[Convex]]:
    left = list(added)
    kept = []
    for part in taken:
        if part in left:
            left.remove(part)
        else:
            kept.append(part)
    return left, kept


def _is_sum_below(low: list[Convex], high: list[Convex], where: Rows) -> bool:
    """Is a sum of maxima at most another everywhere?"""
    covering = _sum(high, where)
    return all(dominates(covering, form, where) for form in _sum(low, where) - covering)
