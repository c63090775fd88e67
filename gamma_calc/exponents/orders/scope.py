"""Orders on one polyhedron: bounds with their proofs, what is left of an order there, and where one is at most zero.

Nothing here makes the canonical form of a maximum to answer a question. What a bound does not settle is left open: an
order keeps a form that decides nothing, two orders are not known to be equal, and a cut is not known to be needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, lru_cache
from operator import lt
from typing import Final, TypeAlias, TypeVar

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.bounds import DirectionBounds, bounds_by_direction
from gamma_calc.exponents.linear.constraint import LinearConstraint, holds
from gamma_calc.exponents.linear.simplex import Tableau
from gamma_calc.exponents.linear.solver import common_point
from gamma_calc.exponents.linear.watch import look
from gamma_calc.exponents.orders.ceiling import Ceiling
from gamma_calc.exponents.orders.maximum import irredundant
from gamma_calc.exponents.orders.peak import (
    MOST_FLAT,
    Peak,
    below,
    forms_of_largest,
    largest_twins,
    names,
    opened,
    peak_form,
    peaks,
    put,
    rewritten,
)
from gamma_calc.exponents.orders.piecewise import PiecewiseLinear
from gamma_calc.exponents.orders.points import SLACK, UNIT, Point, Probe, Values, is_above, points_of, probes_of
from gamma_calc.exponents.regions.polyhedron import Polyhedron

F = TypeVar("F", bound=PiecewiseLinear)
Slopes: TypeAlias = tuple[tuple[str, Fraction], ...]

QUICK: Final = 2  # maxima that are opened inside each other for a question whose answer only saves work
THOROUGH: Final = 5  # and for one that decides
MOST_FLAT_HERE: Final = 256
MOST_FLAT_NAMES: Final = 2  # exponents whose maxima are made flat: as lines and planes few of them lead
ZERO: Final = Fraction(0)


@dataclass(frozen=True, eq=False)
class Scope:
    """What is known of orders, given as forms that may mention peaks, where all of these constraints hold.

    A narrower scope has the same rows and more, so that what was found of orders that these do not touch stays known.
    """

    rows: tuple[LinearConstraint, ...]
    points: tuple[Point, ...]
    _ceilings: dict[tuple[Affine, int], Ceiling | None] = field(default_factory=dict, repr=False)
    _proofs: dict[tuple[Affine, int], Ceiling | None] = field(default_factory=dict, repr=False)
    _decisions: dict[Affine, Ceiling | Excess] = field(default_factory=dict, repr=False)
    _reduced: dict[Peak, Affine] = field(default_factory=dict, repr=False)
    _highest: dict[Peak, Ceiling | None] = field(default_factory=dict, repr=False)
    _lowest: dict[Peak, Ceiling | None] = field(default_factory=dict, repr=False)
    _forms: dict[Affine, Affine] = field(default_factory=dict, repr=False)
    _values: dict[Peak, Values] = field(default_factory=dict, repr=False)
    _coordinates: dict[str, Values] = field(default_factory=dict, repr=False)
    _asked: dict[Affine, Values] = field(default_factory=dict, repr=False)
    _heights: dict[Affine, Fraction | None] = field(default_factory=dict, repr=False)
    _links: dict[frozenset[str], frozenset[str]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, polyhedron: Polyhedron) -> Scope:
        """The orders on a polyhedron. What was found of orders there stays known to the next question."""
        return _on(polyhedron)

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
        return Scope(
            (*self.rows, row),
            inside,
            {key: one for key, one in self._ceilings.items() if not names(key[0]) & touched},
            {key: one for key, one in self._proofs.items() if one is not None},
            {},
            {peak: one for peak, one in self._reduced.items() if not peak.names & touched},
            _highest={peak: one for peak, one in self._highest.items() if not peak.names & touched},
            _lowest={peak: one for peak, one in self._lowest.items() if not peak.names & touched},
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
        for peak in below(form, self._reduced) if form not in self._forms else ():
            look()
            self._reduced[peak] = left = self._largest([rewritten(f, self._reduced) for f in peak.forms])
            self._reduced.update((made, Affine.variable(made)) for made in peaks(left))
        if form not in self._forms:
            self._forms[form] = rewritten(form, self._reduced)
        return self._forms[form]

    def _largest(self, forms: list[Affine]) -> Affine:
        """The maximum of some forms; of few exponents its one form is short, and of many it is not made."""
        flat = self._flat(forms)
        if flat is None or any(map(peaks, flat)):
            return self._without_covered(forms if flat is None else list(flat))
        return peak_form(irredundant(flat, self.rows), MOST_FLAT_HERE)

    def _flat(self, forms: list[Affine]) -> frozenset[Affine] | None:
        """Forms without maxima that are added, where they and their exponents are few."""
        if not any(map(peaks, forms)) or len(self._bounded) > MOST_FLAT_NAMES or not self._is_solid:
            return None
        if len(self._bounded.union(*map(names, forms))) > MOST_FLAT_NAMES:
            return None
        found = frozenset(one for form in forms for one in forms_of_largest(form, MOST_FLAT_HERE))
        return None if len(found) > MOST_FLAT_HERE else found

    @cached_property
    def _bounded(self) -> frozenset[str]:
        """The exponents that some constraint speaks of."""
        return frozenset[str]().union(*(names(row) for row, _ in self.rows))

    @cached_property
    def _is_solid(self) -> bool:
        return all(relation != "=" for _, relation in self.rows)

    def _without_covered(self, forms: list[Affine]) -> Affine:
        """Of what was reduced before a short maximum is opened, and compared with what stands beside it alone.

        A long one stays one: maxima of all earlier layers share what they have in common. A form with maxima in it may
        be nowhere above the others together and yet above each of them somewhere.
        """
        groups = {form: frozenset(opened([form], MOST_FLAT)) for form in dict.fromkeys(forms)}
        distinct = largest_twins(leaf for those in groups.values() for leaf in those)
        kept = {leaf: self.values(leaf) for leaf in distinct}
        for form, its in list(kept.items()) if len(groups) > 1 else ():
            others = (whole for whole, those in groups.items() if form not in those)
            beside = (groups[whole] for whole in others if not is_above(its, self.values(whole)))
            rivals = (other for those in beside for other in those if other in kept and not is_above(its, kept[other]))
            if any(self.covers_at_once(other, form) for other in rivals):
                del kept[form]
        plain = {form.terms: form.constant for form in kept if not peaks(form)}
        for form in [form for form in kept if peaks(form)] if len(groups) > 1 else ():
            if self._falls_below(form, plain, THOROUGH):
                del kept[form]
        return peak_form(kept)

    def _falls_below(self, form: Affine, others: Mapping[Slopes, Fraction], effort: int) -> bool:
        """Is a form nowhere above a maximum of plain ones, by slopes, as far as bounds of all but one part tell?"""
        plain = Affine(tuple(term for term in form.terms if not isinstance(term[0], Peak)))
        rest = self._height(form - plain) if plain.terms in others else None
        if rest is not None and rest <= others[plain.terms]:
            return True
        return any(
            self._falls_below_along(form, peak, others, effort) for peak, w in _maxima(form) if effort and w >= 1
        )

    def _falls_below_along(self, form: Affine, peak: Peak, others: Mapping[Slopes, Fraction], effort: int) -> bool:
        rest = self._height(form - Affine.variable(peak))
        return rest is not None and all(self._falls_below(one + rest, others, effort - 1) for one in peak.forms)

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
        return self._proved(low - high, effort) is not None

    def same(self, one: Affine, two: Affine) -> bool:
        """Are two forms found to be equal everywhere on the polyhedron?"""
        one, two = self.reduced(one), self.reduced(two)
        return one == two or (self.covers(one, two) and self.covers(two, one))

    # -- the same of orders ---------------------------------------------------------------------------------------

    def order(self, order: F) -> F:
        """The order as far as it counts on the polyhedron, kept the way it was made."""
        if order.is_plain:
            return order
        reduced = self.reduced(order.form)
        return order if reduced == order.kept else order.keep(reduced)

    def shown(self, order: F) -> F:
        """The order as it is read outside the engine."""
        return self.order(order)

    def nowhere_above(self, low: PiecewiseLinear, high: PiecewiseLinear) -> bool:
        """Is the first seen at once to be at most the second at every point of the polyhedron?"""
        if low.is_zero_quantity or high.is_zero_quantity:
            return low.is_zero_quantity
        return self.covers_at_once(self.reduced(high.form), self.reduced(low.form))

    def may_be_below(self, low: PiecewiseLinear, *high: PiecewiseLinear) -> bool:
        """Is the first nowhere above the sum of the others at the points that are looked at?"""
        if low.is_zero_quantity or any(one.is_zero_quantity for one in high):
            return low.is_zero_quantity
        return not is_above(self.values(low.form), *(self.values(one.form) for one in high))

    def hardest(self, low: PiecewiseLinear, high: PiecewiseLinear) -> int | None:
        """No point: of many exponents none alone tells much."""
        return None

    def read_at(self, order: F, number: int) -> F:
        return order

    def equal(self, one: PiecewiseLinear, other: PiecewiseLinear) -> bool:
        """Are two orders found to be equal everywhere on the polyhedron?"""
        if one.is_zero_quantity or other.is_zero_quantity:
            return one.is_zero_quantity and other.is_zero_quantity
        return self.same(one.form, other.form)

    # -- points that refute ---------------------------------------------------------------------------------------

    def highest(self, name: str) -> Fraction:
        """The largest value of an exponent in a box; else the one it has at the first of the points."""
        side = self._sides.get(name) if self._sides else None
        return self.points[0][name] if side is None or side.high is None else side.high.value

    @cached_property
    def _probes(self) -> tuple[Probe, ...]:
        return probes_of(self.points, self._sides)

    def values(self, form: Affine) -> Values:
        """The values of a form that is asked for again and again: few are."""
        if form not in self._asked:
            self._asked[form] = self._values_at(form)
        return self._asked[form]

    def _values_at(self, form: Affine) -> Values:
        level = form.constant.numerator * UNIT // form.constant.denominator
        those = [self._scaled(*term) for term in form.terms]
        return tuple(map(sum, zip((level,) * len(self._probes), *those, strict=True)))

    def _scaled(self, name: str, weight: Fraction) -> Sequence[int]:
        values = self._values_of(name)
        return values if weight == 1 else [value * weight.numerator // weight.denominator for value in values]

    def _values_of(self, name: str) -> Values:
        if not isinstance(name, Peak):
            return self._coordinates_of(name)
        if name not in self._values:
            for one in below(Affine.variable(name), self._values):
                self._values[one] = tuple(map(max, *map(self.values, one.forms)))
        return self._values[name]

    def _coordinates_of(self, name: str) -> Values:
        if name not in self._coordinates:
            self._coordinates[name] = tuple(probe[name] for probe in self._probes)
        return self._coordinates[name]

    # -- that a form is nowhere above zero --------------------------------------------------------------------------

    def _proved(self, form: Affine, effort: int) -> Ceiling | None:
        """A proof that a reduced form is at most zero; None where none is found. No bound is sought below that."""
        key = form, effort
        if key not in self._proofs and max(self._values_at(form)) > SLACK:
            self._proofs[key] = None
        return self._reasoned(form, effort)

    def _reasoned(self, form: Affine, effort: int) -> Ceiling | None:
        """The same of a form that no point refutes, as none does what is put for a maximum in another such form."""
        key = form, effort
        if key not in self._proofs:
            self._proofs[key] = next(self._reasons(form, effort), None)
        return self._proofs[key]

    def _reasons(self, form: Affine, effort: int) -> Iterator[Ceiling]:
        maxima, height = _maxima(form), self._height(form)
        bound = self._bound_of_sum(form) if height is not None and height <= 0 else None
        if bound is not None:
            yield bound
        for peak, weight in maxima if effort else ():
            rest = Affine(tuple(term for term in form.terms if term[0] is not peak))
            if self._linked(peak.names) & names(rest):
                yield from self._by_forms(form, peak, effort - 1, every=weight > 0)

    def _by_forms(self, form: Affine, peak: Peak, effort: int, *, every: bool) -> Iterator[Ceiling]:
        """Every form of what is added must do in its place, and one of what is subtracted."""
        parts: list[Ceiling] = []
        for one in peak.forms if every else _alike_first(self._may_do(form, peak), form):
            found = self._reasoned(put(form, peak, one), effort)
            if found is not None:
                parts.append(found)
            if (found is None) == every:
                break
        if len(parts) == (len(peak.forms) if every else 1):
            yield Ceiling(form, max(one.value for one in parts), self.rows, parts=tuple(parts), peak=peak)

    def _may_do(self, form: Affine, peak: Peak) -> list[Affine]:
        """The forms of a maximum that is taken away that may do in its place, by the points that are looked at."""
        weight, both = -form.coefficient(peak), zip(self._values_at(form), self._values_of(peak), strict=True)
        least = [whole + (left - SLACK) * weight.denominator // weight.numerator for left, whole in both]
        return [one for one in peak.forms if not any(map(lt, self.values(one), least))]

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
        whole = self._bound_of_sum(form)
        yield whole
        for peak, weight in _maxima(form) if effort and not self._is_met(form, whole) else ():
            rest = Affine(tuple(term for term in form.terms if term[0] is not peak))
            if self._linked(peak.names) & names(rest):
                yield self._opened(form, peak, weight, effort - 1)

    def _is_met(self, form: Affine, bound: Ceiling | None) -> bool:
        """Does a form come to its bound at one of the points, so that none is lower?"""
        return bound is not None and bound.value * UNIT <= max(self._values_at(form)) + SLACK

    def _side(self, peak: Peak, sign: int) -> Ceiling | None:
        """The bound of a maximum alone, or of what is opposite to it: from below, so that no question goes deep."""
        known = self._highest if sign > 0 else self._lowest
        for one in below(Affine.variable(peak), known):
            known[one] = self._opened(Affine(((one, Fraction(sign)),)), one, Fraction(sign), QUICK)
        return known[peak]

    def _height(self, form: Affine) -> Fraction | None:
        """The value of the bound of a sum, of which most prove nothing: what proves is made where it does."""
        maxima = _maxima(form)
        plain = _without_maxima(form) if maxima else form
        if plain not in self._heights:
            self._heights[plain] = self._height_by_rows(plain)
        value = self._heights[plain]
        for peak, weight in maxima if value is not None else ():
            side = self._side(peak, 1 if weight > 0 else -1)
            if side is None or value is None:
                return None
            value += side.value if abs(weight) == 1 else side.value * abs(weight)
        return value

    def _height_by_rows(self, form: Affine) -> Fraction | None:
        weights = self._weights(Affine(form.terms))
        return None if weights is None else self._weighed(form, weights)

    def _bound_of_sum(self, form: Affine) -> Ceiling | None:
        maxima = _maxima(form)
        return self._by_parts(form, maxima) if maxima else self._by_rows(form)

    def _by_parts(self, form: Affine, maxima: list[tuple[Peak, Fraction]]) -> Ceiling | None:
        parts = [self._ceiling(_without_maxima(form), 0)]
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
        return Ceiling(form, self._weighed(form, weights), self.rows, weights)

    def _weighed(self, form: Affine, weights: Iterable[tuple[int, Fraction]]) -> Fraction:
        """What weighted rows tell of a form."""
        return sum((self.rows[index][0].constant * w for index, w in weights), form.constant)

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

    def _linked(self, those: frozenset[str]) -> frozenset[str]:
        """These exponents, and those that some constraint sets against one of them."""
        if those not in self._links:
            self._links[those] = those.union(*(joined for joined in self._joined if joined & those))
        return self._links[those]

    @cached_property
    def _joined(self) -> list[frozenset[str]]:
        """The exponents of each constraint that speaks of several."""
        return [joined for joined in (names(row) for row, _ in self.rows) if len(joined) > 1]

    # -- where a form is at most zero -----------------------------------------------------------------------------

    def at_most_zero(self, form: Affine) -> Ceiling | Excess:
        """The proof that a form is nowhere above zero here, or an affine form that is, and that it may be there."""
        return self._decided(self.reduced(form))

    def _decided(self, form: Affine) -> Ceiling | Excess:
        if form not in self._decisions:
            look()
            self._decisions[form] = self._proved(form, QUICK) or self._searched_in(form)
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
            bound = self._proved(other, QUICK)
            if bound is not None:
                return self._opening(form, peak, (bound,))
        found = self._decided(first)
        if isinstance(found, Ceiling):
            return self._opening(form, peak, (found,))
        return Excess(found.form, None, (*found.others, *(one for one in others if not peaks(one))))

    def _opening(self, form: Affine, peak: Peak, parts: tuple[Ceiling, ...]) -> Ceiling:
        return Ceiling(form, max(one.value for one in parts), self.rows, parts=parts, peak=peak)

    def _largest_first(self, peak: Peak) -> list[Affine]:
        return sorted(peak.forms, key=lambda one: (self._values_at(one)[0], one.terms, one.constant), reverse=True)


@lru_cache(maxsize=16)
def _on(polyhedron: Polyhedron) -> Scope:
    return Scope(polyhedron.constraints, points_of(polyhedron.constraints, polyhedron.interior_point))


def _without_maxima(form: Affine) -> Affine:
    return Affine(tuple(term for term in form.terms if not isinstance(term[0], Peak)), form.constant)


def _maxima(form: Affine) -> list[tuple[Peak, Fraction]]:
    return [(name, weight) for name, weight in form.terms if isinstance(name, Peak)]


def _alike_first(forms: list[Affine], form: Affine) -> list[Affine]:
    """The forms of a maximum, those first that have most in common with the form it stands in."""
    terms = {name for name, _ in form.terms}
    return sorted(forms, key=lambda one: (-len(terms.intersection(one.variables)), one.terms))


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
