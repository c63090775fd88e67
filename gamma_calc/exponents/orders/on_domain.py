"""Orders of a few exponents on a convex domain: each in its one form there, and compared exactly.

An order is kept the way it was made until it is read, and a question about orders is decided without making one of
them canonical: with a - b for the one and c - d for the other, maxima all of them, a + d is compared with c + b at
points of the domain that may refute it, and then form by form, with a proof.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache, reduce
from typing import Final, TypeAlias, TypeVar

from gamma_calc.exponents.linear.affine import Affine, sum_affine
from gamma_calc.exponents.linear.watch import look
from gamma_calc.exponents.orders.difference import quotient_of, simplest
from gamma_calc.exponents.orders.maximum import (
    ONE,
    Convex,
    dominates,
    envelope,
    minkowski_sum,
    scaled,
    sort_key,
)
from gamma_calc.exponents.orders.peak import Peak, below, peak_form, peaks
from gamma_calc.exponents.orders.piecewise import PiecewiseLinear
from gamma_calc.exponents.orders.points import UNIT, furthest_above, is_above
from gamma_calc.exponents.orders.samples import Rows, samples
from gamma_calc.exponents.regions.polyhedron import Polyhedron

F = TypeVar("F", bound=PiecewiseLinear)
MOST_REFUTING: Final = 48  # points: a question that they leave open costs as much as a thousand of them
Parts: TypeAlias = "Counter[Convex]"


@dataclass(frozen=True, eq=False)
class OnDomain:
    """Orders of some names on a domain: where inequalities hold that leave an interior. What is found stays known."""

    names: frozenset[str]
    where: Rows
    _quotients: dict[Peak, Quotient] = field(default_factory=dict, repr=False)
    _read: dict[Affine, Quotient] = field(default_factory=dict, repr=False)
    _unshifted: dict[Hashable, Quotient] = field(default_factory=dict, repr=False)
    _answers: dict[Affine, bool] = field(default_factory=dict, repr=False)
    _values: dict[Affine, tuple[int, ...]] = field(default_factory=dict, repr=False)
    _maxima: dict[Peak, tuple[int, ...]] = field(default_factory=dict, repr=False)

    @cached_property
    def polyhedron(self) -> Polyhedron:
        """The domain as a set of exponents."""
        found = Polyhedron.build(self.where)
        assert found is not None, "a domain has an interior"
        return found

    def order(self, order: F) -> F:
        """The order in its one form on the domain, kept so that what is made of it is not canonical before it is read.

        >>> domain = OnDomain(frozenset({"eta", "rho"}), ((Affine.variable("rho"), ">="),))
        >>> print(domain.order(PiecewiseLinear.of("max(eta, eta - rho, eta + rho)")))
        eta + rho
        """
        return order if _is_plain(order) else order.keep(self._read_as(order.form).form)

    def shown(self, order: F) -> F:
        """The order in its one form on the domain, as it is printed."""
        if _is_plain(order):
            return order
        found = self._read_as(order.form)
        return order.made(*simplest(found.above, self._sum(found.taken), self.where))

    def nowhere_above(self, low: PiecewiseLinear, high: PiecewiseLinear) -> bool:
        """Is the first at most the second at every point of the domain?"""
        if low.is_zero_quantity or high.is_zero_quantity:
            return low.is_zero_quantity
        if low.number is not None and high.number is not None:
            return low.number <= high.number
        return self.may_be_below(low, high) and self._is_nowhere_positive(low.form - high.form)

    def may_be_below(self, low: PiecewiseLinear, *high: PiecewiseLinear) -> bool:
        """Is the first nowhere above the sum of the others at the points that are looked at?"""
        if low.is_zero_quantity or any(one.is_zero_quantity for one in high):
            return low.is_zero_quantity
        return self._may_be_below(low.form, *(one.form for one in high))

    def _may_be_below(self, low: Affine, *high: Affine) -> bool:
        return not is_above(self._values_at(low), *map(self._values_at, high))

    def hardest(self, low: PiecewiseLinear, high: PiecewiseLinear) -> int | None:
        """The number of a point at which the first is furthest above the second, of those that are looked at."""
        return furthest_above(self._values_at(low.form), self._values_at(high.form))

    def read_at(self, order: F, number: int) -> F:
        """The value of an order at one of these points."""
        return order.substitute({name: self._points[number][name] for name in order.variables})

    def equal(self, one: PiecewiseLinear, other: PiecewiseLinear) -> bool:
        """Are two orders the same at every point of the domain?"""
        return self.nowhere_above(one, other) and self.nowhere_above(other, one)

    # -- points that refute ---------------------------------------------------------------------------------------

    def _values_at(self, form: Affine) -> tuple[int, ...]:
        """The values at the samples, as whole numbers of one unit, rounded."""
        if form not in self._values:
            rows = [self._scaled(*term) for term in form.terms]
            constant = form.constant.numerator * UNIT // form.constant.denominator
            self._values[form] = tuple(map(sum, zip((constant,) * MOST_REFUTING, *rows, strict=True)))
        return self._values[form]

    def _scaled(self, name: str, weight: Fraction) -> Sequence[int]:
        values = self._values_of(name)
        return values if weight == 1 else [value * weight.numerator // weight.denominator for value in values]

    def _values_of(self, name: str) -> tuple[int, ...]:
        if not isinstance(name, Peak):
            return self._coordinates[name]
        if name not in self._maxima:
            for one in below(Affine.variable(name), self._maxima):
                self._maxima[one] = tuple(map(max, zip(*map(self._values_at, one.forms), strict=True)))
        return self._maxima[name]

    @cached_property
    def _coordinates(self) -> dict[str, tuple[int, ...]]:
        return {name: tuple(point[name] * UNIT // 1 for point in self._points) for name in self.names}

    @cached_property
    def _points(self) -> Sequence[Mapping[str, Fraction]]:
        return samples(self.names, self.where, MOST_REFUTING)

    # -- comparisons ----------------------------------------------------------------------------------------------

    def _is_nowhere_positive(self, form: Affine) -> bool:
        if form not in self._answers:
            look()
            shift, added, taken = self._parts(form)
            covering = self._sum(taken)
            self._answers[form] = all(
                dominates(covering, one, self.where) for one in _moved(self._sum(added), shift) - covering
            )
        return self._answers[form]

    def _parts(self, form: Affine) -> tuple[Affine, Parts, Parts]:
        """A form as a plain one and maxima that are added and taken away. None of the maxima stands on both sides."""
        shift = Affine(tuple(term for term in form.terms if not isinstance(term[0], Peak)), form.constant)
        added: Parts = Counter()
        taken: Parts = Counter()
        for peak, weight in form.terms:
            if isinstance(peak, Peak):
                found = self._quotient(peak).times(abs(weight))
                base, least = _at_zero(found.above, self._order)
                shift = shift + least * (1 if weight > 0 else -1)
                more, less = (added, taken) if weight > 0 else (taken, added)
                more.update([base])
                less.update(found.taken)
        shared = added & taken
        return shift, _without_one(added - shared), _without_one(taken - shared)

    # -- canonical forms ------------------------------------------------------------------------------------------

    def _read_as(self, form: Affine) -> Quotient:
        if form not in self._read:
            shift, added, taken = self._parts(form)
            question = frozenset(added.items()), frozenset(taken.items())
            if question not in self._unshifted:
                self._unshifted[question] = self._shortest(self._sum(added), taken)
            self._read[form] = self._unshifted[question].plus(shift)
        return self._read[form]

    def _quotient(self, peak: Peak) -> Quotient:
        for one in below(Affine.variable(peak), self._quotients):
            look()
            self._quotients[one] = reduce(self._larger, map(self._read_as, self._uncovered(one.forms)))
        return self._quotients[peak]

    def _uncovered(self, forms: Iterable[Affine]) -> list[Affine]:
        """The forms of a maximum without those that another one is nowhere below."""
        kept = sorted(forms, key=sort_key)
        for form in list(kept) if any(map(peaks, kept)) else ():
            rest = [other for other in kept if other is not form]
            if any(self._may_be_below(form, other) and self._is_nowhere_positive(form - other) for other in rest):
                kept = rest
        return kept

    def _larger(self, one: Quotient, other: Quotient) -> Quotient:
        """Over what either takes away, each part as often as one of them does."""
        common = one.taken | other.taken
        left, right = (minkowski_sum(each.above, self._sum(common - each.taken), self.where) for each in (one, other))
        return self._shortest(envelope(left, right, self.where), common)

    def _shortest(self, above: Convex, taken: Parts) -> Quotient:
        """Without the parts that are summands of what they are taken from."""
        left: Parts = Counter()
        for part in sorted(taken.elements(), key=len, reverse=True):
            found = quotient_of(above, part, self.where)
            if found is None:
                left.update([part])
            else:
                above = found
        return Quotient(above, left)

    def _sum(self, parts: Parts) -> Convex:
        those = sorted(parts.elements(), key=_by_length)
        return reduce(lambda one, other: minkowski_sum(one, other, self.where), those, ONE)

    @cached_property
    def _order(self) -> tuple[str, ...]:
        return tuple(sorted(self.names))


@dataclass(frozen=True, eq=False)
class Quotient:
    """A maximum less others, each of which has zero as its first form."""

    above: Convex
    taken: Parts

    @cached_property
    def form(self) -> Affine:
        """As a form in which every maximum has a name of its own, so that equal ones cancel."""
        parts = (peak_form(part) * -count for part, count in self.taken.items())
        return sum_affine([peak_form(self.above), *parts])

    def plus(self, shift: Affine) -> Quotient:
        return Quotient(_moved(self.above, shift), self.taken)

    def times(self, weight: Fraction) -> Quotient:
        """The same times a positive number."""
        if weight == 1:
            return self
        parts = Counter({scaled(part, weight): count for part, count in self.taken.items()})
        return Quotient(scaled(self.above, weight), parts)


def _is_plain(order: PiecewiseLinear) -> bool:
    return order.number is not None or order.is_zero_quantity


def _at_zero(forms: Convex, names: Sequence[str]) -> tuple[Convex, Affine]:
    """A maximum less its first form, and that form. Maxima that differ by one form have the same rest."""
    first = min(forms, key=lambda form: ([form.coefficient(name) for name in names], form.constant))
    return _moved(forms, -first), first


@lru_cache(maxsize=8192)
def _by_length(part: Convex) -> tuple[int, list[tuple[object, ...]]]:
    return len(part), sorted(map(sort_key, part))


def _moved(forms: Convex, by: Affine) -> Convex:
    return frozenset(form + by for form in forms)


def _without_one(parts: Parts) -> Parts:
    return Counter({part: count for part, count in parts.items() if part != ONE})
