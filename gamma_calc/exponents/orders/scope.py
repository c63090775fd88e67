"""Orders on one polyhedron: bounds with their proofs, what is left of an order there, and where one is at most zero.

Nothing here makes the canonical form of a maximum to answer a question. What a bound does not settle is left open: an
order keeps a form that decides nothing, two orders are not known to be equal, and a cut is not known to be needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Final, TypeVar

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.bounds import DirectionBounds, bounds_by_direction
from gamma_calc.exponents.linear.constraint import LinearConstraint, holds
from gamma_calc.exponents.linear.simplex import Tableau
from gamma_calc.exponents.linear.solver import common_point
from gamma_calc.exponents.linear.watch import look
from gamma_calc.exponents.orders.ceiling import Ceiling
from gamma_calc.exponents.orders.peak import Peak, below, names, opened, peak_form, peaks, put, rewritten
from gamma_calc.exponents.orders.piecewise import PiecewiseLinear
from gamma_calc.exponents.orders.points import Point, points_of
from gamma_calc.exponents.regions.polyhedron import Polyhedron

F = TypeVar("F", bound=PiecewiseLinear)

QUICK: Final = 2  # maxima that are opened inside each other for a question whose answer only saves work
THOROUGH: Final = 5  # and for one that decides
ZERO: Final = Fraction(0)


@dataclass(frozen=True, eq=False)
class Scope:
    """What is known of orders, given as forms that may mention peaks, where all of these constraints hold.

    A narrower scope has the same rows and more, so that what was found of orders that these do not touch stays known.
    """

    rows: tuple[LinearConstraint, ...]
    points: tuple[Point, ...]
    _ceilings: dict[tuple[Affine, int], Ceiling | None] = field(default_factory=dict, repr=False)
    _decisions: dict[Affine, Ceiling | Excess] = field(default_factory=dict, repr=False)
    _reduced: dict[Peak, Affine] = field(default_factory=dict, repr=False)
    _values: dict[Peak, tuple[Fraction, ...]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, polyhedron: Polyhedron) -> Scope:
        """The orders on a polyhedron."""
        return cls(polyhedron.constraints, points_of(polyhedron.constraints, polyhedron.interior_point))

    @cached_property
    def polyhedron(self) -> Polyhedron:
        found = Polyhedron.build(self.rows)
        assert found is not None, "a scope has a point"
        return found

    def within(self, row: LinearConstraint) -> Scope | None:
        """The part where one more constraint holds; None if there is none."""
        inside = tuple(point for point in self.points if holds(row, point))
        if inside != self.points:
            start = common_point((*self.rows, row))
            if start is None:
                return None
            inside = points_of((*self.rows, row), start)
        touched = names(row[0])
        kept = self._values if inside == self.points else {}
        return Scope(
            (*self.rows, row),
            inside,
            {key: one for key, one in self._ceilings.items() if not names(key[0]) & touched},
            {},
            {peak: one for peak, one in self._reduced.items() if not peak.names & touched},
            kept,
        )

    def without(self, form: Affine) -> Scope | None:
        """The part where an affine form is not above zero; None if there is none."""
        return self.within((-form, ">="))

    def beyond(self, form: Affine) -> Scope | None:
        """The part where an affine form is not below zero; None if there is none."""
        return self.without(-form)

    # -- what is left of a form here ------------------------------------------------------------------------------

    def reduced(self, form: Affine) -> Affine:
        """A form that is equal on the polyhedron, without forms that are found to decide nothing there."""
        for peak in below(form, self._reduced):
            look()
            self._reduced[peak] = left = self._without_covered([rewritten(f, self._reduced) for f in peak.forms])
            for made in (name for name, _ in left.terms if isinstance(name, Peak)):
                self._reduced[made] = Affine.variable(made)
                _ = self._side(made, 1), self._side(made, -1)  # from below: no question goes deep
        return rewritten(form, self._reduced)

    def _without_covered(self, forms: list[Affine]) -> Affine:
        kept = opened(forms)
        for form in list(kept) if len(kept) > 1 else ():
            rest = [other for other in kept if other != form]
            if any(self.covers_at_once(other, form) for other in rest):
                kept = rest
        return peak_form(kept)

    def covers(self, high: Affine, low: Affine) -> bool:
        """Is the one form found to be nowhere above the other?"""
        return self._covers(self.reduced(high), self.reduced(low), THOROUGH)

    def covers_at_once(self, high: Affine, low: Affine) -> bool:
        """The same, looked at no further than what saves work; both are reduced."""
        return self._covers(high, low, QUICK)

    def quick(self, form: Affine) -> Ceiling | None:
        """An upper bound of a reduced form, looked for no further than what saves work."""
        return self._ceiling(form, QUICK)

    def _covers(self, high: Affine, low: Affine, effort: int) -> bool:
        if self._refuted(high, low):
            return False
        found = self._ceiling(low - high, effort)
        return found is not None and found.value <= 0

    def same(self, one: Affine, two: Affine) -> bool:
        """Are two forms found to be equal everywhere on the polyhedron?"""
        one, two = self.reduced(one), self.reduced(two)
        return one == two or (self.covers(one, two) and self.covers(two, one))

    # -- the same of orders ---------------------------------------------------------------------------------------

    def order(self, order: F) -> F:
        """The order as far as it counts on the polyhedron, kept the way it was made."""
        return order if order.is_zero_quantity else order.keep(self.reduced(order.form))

    def nowhere_above(self, low: PiecewiseLinear, high: PiecewiseLinear) -> bool:
        """Is the first seen at once to be at most the second at every point of the polyhedron?"""
        if low.is_zero_quantity or high.is_zero_quantity:
            return low.is_zero_quantity
        return self.covers_at_once(self.reduced(high.form), self.reduced(low.form))

    def equal(self, one: PiecewiseLinear, other: PiecewiseLinear) -> bool:
        """Are two orders found to be equal everywhere on the polyhedron?"""
        if one.is_zero_quantity or other.is_zero_quantity:
            return one.is_zero_quantity and other.is_zero_quantity
        return self.same(one.form, other.form)

    # -- points that refute ---------------------------------------------------------------------------------------

    def _refuted(self, high: Affine, low: Affine) -> bool:
        return any(self._value_at(i, high) < self._value_at(i, low) for i in range(len(self.points)))

    def _value_at(self, index: int, form: Affine) -> Fraction:
        point, total = self.points[index], form.constant
        for name, weight in form.terms:
            value = self._values_of(name)[index] if isinstance(name, Peak) else point[name]
            total += value if weight == 1 else weight * value
        return total

    def _values_of(self, peak: Peak) -> tuple[Fraction, ...]:
        if peak not in self._values:
            for one in below(Affine.variable(peak), self._values):
                self._values[one] = tuple(
                    max(self._value_at(index, form) for form in one.forms) for index in range(len(self.points))
                )
        return self._values[peak]

    # -- bounds ---------------------------------------------------------------------------------------------------

    def ceiling(self, form: Affine) -> Ceiling | None:
        """An upper bound of a form with its proof, not always the least one; None where none is found."""
        return self._ceiling(self.reduced(form), THOROUGH)

    def _ceiling(self, form: Affine, effort: int) -> Ceiling | None:
        key = form, effort
        if key not in self._ceilings:
            found = [one for one in self._bounds(form, effort) if one is not None]
            self._ceilings[key] = min(found, key=lambda one: one.value, default=None)
        return self._ceilings[key]

    def _bounds(self, form: Affine, effort: int) -> Iterator[Ceiling | None]:
        maxima = [(name, weight) for name, weight in form.terms if isinstance(name, Peak)]
        if not maxima:
            yield self._by_rows(form)
            return
        yield self._by_parts(form, maxima)
        for peak, weight in maxima if effort else ():
            rest = Affine(tuple(term for term in form.terms if term[0] is not peak))
            if peak.names & names(rest):
                yield self._opened(form, peak, weight, effort - 1)

    def _side(self, peak: Peak, sign: int) -> Ceiling | None:
        """The bound of a maximum alone, or of what is opposite to it."""
        key = Affine(((peak, Fraction(sign)),)), -1
        if key not in self._ceilings:
            self._ceilings[key] = self._opened(key[0], peak, Fraction(sign), QUICK)
        return self._ceilings[key]

    def _by_parts(self, form: Affine, maxima: list[tuple[Peak, Fraction]]) -> Ceiling | None:
        plain = Affine(tuple(term for term in form.terms if not isinstance(term[0], Peak)), form.constant)
        parts = [self._by_rows(plain)]
        parts += [self._side(peak, 1 if w > 0 else -1) for peak, w in maxima]
        scales = (Fraction(1), *(abs(w) for _, w in maxima))
        known = tuple(part for part in parts if part is not None)
        if len(known) < len(parts):
            return None
        value = sum((part.value * scale for part, scale in zip(known, scales, strict=True)), ZERO)
        return Ceiling(form, value, self.rows, parts=known, scales=scales)

    def _opened(self, form: Affine, peak: Peak, weight: Fraction, effort: int) -> Ceiling | None:
        """The bound with each of a maximum's forms in its place where it is added, with the best where not."""
        inner = [self._ceiling(put(form, peak, one), effort) for one in peak.forms]
        known = [one for one in inner if one is not None]
        if not known or (weight > 0 and len(known) < len(inner)):
            return None
        used = tuple(known) if weight > 0 else (min(known, key=lambda one: one.value),)
        return Ceiling(form, max(one.value for one in used), self.rows, parts=used, peak=peak)

    def _by_rows(self, form: Affine) -> Ceiling | None:
        """The least bound of an affine form."""
        weights = self._weights(Affine(form.terms))
        if weights is None:
            return None
        value = form.constant + sum((self.rows[index][0].constant * w for index, w in weights), ZERO)
        return Ceiling(form, value, self.rows, weights)

    def _weights(self, form: Affine) -> tuple[tuple[int, Fraction], ...] | None:
        sides = self._sides
        if sides is None:
            return self._searched(form)
        used = []
        for name, slope in form.terms:
            line = sides.get(name)
            bound = line and (line.high if slope > 0 else line.low)
            if not bound:
                return None
            used.append((bound.index, -slope / bound.scale))
        return tuple(used)

    def _searched(self, form: Affine) -> tuple[tuple[int, Fraction], ...] | None:
        found = self._tableau.raised(form)
        return None if found is None else tuple(found.items())

    @cached_property
    def _tableau(self) -> Tableau:
        """The rows as they were solved last: what is asked next is seldom far."""
        made = Tableau(self.rows)
        _ = made.conflict()
        return made

    @cached_property
    def _sides(self) -> dict[str, DirectionBounds] | None:
        """The bounds of each exponent, where the polyhedron is a box."""
        bounds = bounds_by_direction(self.rows)
        if any(len(line.direction) > 1 for line in bounds):
            return None
        return {line.direction[0][0]: line for line in bounds}

    # -- where a form is at most zero -----------------------------------------------------------------------------

    def at_most_zero(self, form: Affine) -> Ceiling | Excess:
        """The proof that a form is nowhere above zero here, or an affine form that is, and that it may be there."""
        return self._decided(self.reduced(form))

    def _decided(self, form: Affine) -> Ceiling | Excess:
        if form not in self._decisions:
            look()
            bound = self._ceiling(form, QUICK)
            self._decisions[form] = bound if bound is not None and bound.value <= 0 else self._searched_in(form)
        return self._decisions[form]

    def _searched_in(self, form: Affine) -> Ceiling | Excess:
        """What is added is opened first: it is too large where one of its forms is. What is taken may be any of its."""
        maxima = [(weight < 0, -name.depth, name) for name, weight in form.terms if isinstance(name, Peak)]
        if not maxima:
            return Excess(form, Ceiling(Affine(), ZERO, self.rows))
        taken, _, peak = min(maxima)
        return self._any(form, peak) if taken else self._all(form, peak)

    def _all(self, form: Affine, peak: Peak) -> Ceiling | Excess:
        parts: list[Ceiling] = []
        for one in self._largest_first(peak):
            found = self._decided(put(form, peak, one))
            if isinstance(found, Excess):
                return found.within(form, peak)
            parts.append(found)
        return self._opening(form, peak, tuple(parts))

    def _any(self, form: Affine, peak: Peak) -> Ceiling | Excess:
        """Only the largest of what is subtracted, somewhere inside, is followed to its end."""
        first, *others = [put(form, peak, one) for one in self._largest_first(peak)]
        for other in others:
            bound = self._ceiling(other, QUICK)
            if bound is not None and bound.value <= 0:
                return self._opening(form, peak, (bound,))
        found = self._decided(first)
        if isinstance(found, Ceiling):
            return self._opening(form, peak, (found,))
        return Excess(found.form, None, (*found.others, *(one for one in others if not peaks(one))))

    def _opening(self, form: Affine, peak: Peak, parts: tuple[Ceiling, ...]) -> Ceiling:
        return Ceiling(form, max(one.value for one in parts), self.rows, parts=parts, peak=peak)

    def _largest_first(self, peak: Peak) -> list[Affine]:
        return sorted(peak.forms, key=lambda one: (self._value_at(0, one), str(one)), reverse=True)


@dataclass(frozen=True, slots=True)
class Excess:
    """An affine form that is above zero somewhere on a polyhedron, found in the place of one with maxima.

    ``proof`` tells that it is nowhere above that one, so that where it is above zero the other is. Without one it may
    be larger, for something is subtracted, and ``others`` may serve as well.
    """

    form: Affine
    proof: Ceiling | None
    others: tuple[Affine, ...] = ()

    def within(self, form: Affine, peak: Peak) -> Excess:
        """The same for a form of whose peak only one form was looked at."""
        if self.proof is None:
            return self
        proof = Ceiling(self.form - form, self.proof.value, self.proof.rows, parts=(self.proof,), peak=peak)
        return Excess(self.form, proof)
