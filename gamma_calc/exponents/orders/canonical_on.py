"""Orders as they are printed beside a polyhedron: without the affine forms that decide them nowhere there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, reduce
from typing import Final, TypeVar

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.constraint import LinearConstraint, holds, names_of, weak
from gamma_calc.exponents.linear.solver import common_point
from gamma_calc.exponents.orders.canonical import Pair
from gamma_calc.exponents.orders.maximum import MOST_FORMS, ONE, Convex, scaled, sort_key
from gamma_calc.exponents.orders.peak import Peak, below, spread, subtracted
from gamma_calc.exponents.orders.piecewise import MOST_SPREAD, PiecewiseLinear
from gamma_calc.exponents.orders.points import Point, is_above
from gamma_calc.exponents.orders.scope import Scope

F = TypeVar("F", bound=PiecewiseLinear)
FAR_DOWN: Final = Point(0, {})  # no coordinate is ever written down: one is made where it is asked for


@dataclass(frozen=True, eq=False)
class CanonicalOn:
    """The canonical forms of orders on a scope, as they are asked for."""

    scope: Scope
    pairs: dict[Peak, Pair] = field(default_factory=dict)
    leading: dict[Convex, Convex] = field(default_factory=dict)
    levels: dict[Affine, Fraction] = field(default_factory=dict)

    def order(self, order: F) -> F:
        """The order without the affine forms that decide it nowhere here; here, and only here, it is the same.

        One that would be too large so stays as it was made.
        """
        if order.is_zero_quantity:
            return order
        form = self.scope.reduced(order.form)
        if spread(form) > (MOST_SPREAD if subtracted(form) else MOST_FORMS):
            return order.keep(form)
        for peak in below(form, self.pairs):
            self.pairs[peak] = self._largest([self._pair(one) for one in peak.forms])
        above, less = self._pair(form)
        above, less = self._leading(above), self._leading(less)
        if len(less) == 1:
            (only,) = less
            above, less = frozenset(one - only for one in above), ONE
        return order.made(above, less)

    def _pair(self, form: Affine) -> Pair:
        plain = Affine(tuple(term for term in form.terms if not isinstance(term[0], Peak)), form.constant)
        above, less = frozenset({plain}), ONE
        for name, weight in form.terms:
            if isinstance(name, Peak):
                parts = [scaled(part, abs(weight)) for part in self.pairs[name]]
                more, fewer = parts if weight > 0 else reversed(parts)
                above, less = self._sum(above, more), self._sum(less, fewer)
        return above, less

    def _largest(self, pairs: list[Pair]) -> Pair:
        less = reduce(self._sum, dict.fromkeys(fewer for _, fewer in pairs), ONE)
        raised = []
        for above, fewer in pairs:
            others = reduce(self._sum, dict.fromkeys(one for _, one in pairs if one != fewer), ONE)
            raised.append(self._sum(above, others))
        return self._uncovered(frozenset().union(*raised)), less

    def _sum(self, one: Convex, other: Convex) -> Convex:
        if other == ONE:
            return one
        return self._uncovered(frozenset(p + q for p in one for q in other))

    def _uncovered(self, forms: Convex) -> Convex:
        """Without forms that one other is nowhere below."""
        kept = {form: self.scope.values(form) for form in sorted(forms, key=sort_key)}
        for form, values in list(kept.items()) if len(kept) > 1 else ():
            above = (one for one, its in kept.items() if one is not form and not is_above(values, its))
            if any(self.scope.covers_at_once(one, form) for one in above):
                del kept[form]
        return frozenset(kept)

    def _leading(self, forms: Convex) -> Convex:
        """The forms that are somewhere above all others."""
        if forms not in self.leading:
            self.leading[forms] = self._searched(forms)
        return self.leading[forms]

    def _searched(self, forms: Convex) -> Convex:
        kept = forms
        for form in sorted(forms, key=sort_key) if len(forms) > 2 else ():
            if not (self._leads_far_down(form, kept - {form}) or self._leads(form, kept - {form})):
                kept -= {form}
        return kept

    def _leads_far_down(self, form: Affine, rivals: Convex) -> bool:
        """A cheap witness: what the form adds is as large as it may be, and the rest far down."""
        added = (name for name in form.variables if form.coefficient(name) > 0)
        raised = {name: self.scope.highest(name) - FAR_DOWN[name] for name in added}
        level = self._level(form, raised)
        return self._is_inside(raised) and all(level > self._level(rival, raised) for rival in rivals)

    def _is_inside(self, raised: Mapping[str, Fraction]) -> bool:
        """Is a point within the rows, or on their boundaries, where some exponents are raised from far down?"""
        touched = (row for name in raised for row in self._rows_of.get(name, ()))
        values = ((relation, self._level(row, raised)) for row, relation in (*self._broken, *touched))
        return all(value == 0 if relation == "=" else value >= 0 for relation, value in values)

    def _level(self, form: Affine, raised: Mapping[str, Fraction]) -> Fraction:
        """The value of a form where some exponents are raised by this much from far down."""
        if form not in self.levels:
            self.levels[form] = form.at(FAR_DOWN)
        return self.levels[form] + form.slope(raised)

    @cached_property
    def _rows_of(self) -> Mapping[str, Sequence[LinearConstraint]]:
        """The rows in which an exponent stands."""
        return {
            name: [row for row in self.scope.rows if name in row[0].variables] for name in names_of(self.scope.rows)
        }

    @cached_property
    def _broken(self) -> Sequence[LinearConstraint]:
        """The rows that do not hold far down."""
        return [row for row in self.scope.rows if not holds(weak(row), FAR_DOWN)]

    def _leads(self, form: Affine, rivals: Convex) -> bool:
        return common_point((*self.scope.rows, *((form - rival, ">") for rival in rivals))) is not None
