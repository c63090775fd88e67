"""Sets of ways to pair directions off, of which the largest is wanted, without comparing what they come to.

A way is a product of weights, each of an order that is nowhere above 0. So a way that uses all the weights of another
one, or smaller ones, and some more, is nowhere above it. To see that, weights are counted, and two weights compared
once: with many open exponents this is what keeps the search short. A weight that is the largest of several forms stays
one: three of ten forms each would be a thousand ways. How concentrated a sparse function is counts as a weight taken
away.

An example: of the ways a, a + b and b + b + c the second is left out; the order is max(a, 2 b + c).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from gamma_calc.calculus.premises import EVERYWHERE, Comparison
from gamma_calc.exponents import Affine, Order, largest

Counts = tuple[tuple[int, Fraction], ...]  # how often each weight is used, by its number
Way = tuple[Fraction, Counts]  # what the weights that are known numbers add up to, and the others
Ways = tuple[Way, ...]

NO_WAY: Final[Ways] = ()
AT_ONCE: Final[Way] = (Fraction(0), ())
MOST_CANONICAL: Final = 3  # exponents of orders that are written in their one form


@dataclass(frozen=True, eq=False)
class Weights:
    """The weights that a search has met, as sums of a few of them and of a number that is not above 0.

    They are compared where ``orders`` are read.
    """

    orders: Comparison = EVERYWHERE
    _forms: list[Affine] = field(default_factory=list)
    _found: dict[Affine, Way] = field(default_factory=dict)
    _orders: dict[Way, Order] = field(default_factory=dict)
    _compared: dict[tuple[int, int], bool] = field(default_factory=dict)
    _settled: dict[tuple[Way, Ways], bool] = field(default_factory=dict)

    def meet(self, weights: Iterable[Order]) -> None:
        """Weights that others may be sums of: those that are along the fewest exponents come first."""
        forms = {weight.form for weight in weights if not weight.is_zero_quantity}
        for form in sorted(forms, key=lambda one: (sum(abs(c) for _, c in one.terms), one.terms, -one.constant)):
            self._way(form)

    def ways(self, weight: Order) -> Ways:
        """The way that a weight is, whatever it is the largest of; none for -oo."""
        return NO_WAY if weight.is_zero_quantity else (self.whole(weight),)

    def whole(self, weight: Order) -> Way:
        """The same of a weight that is not -oo."""
        return self._way(weight.form)

    def _way(self, form: Affine) -> Way:
        found = self._found.get(form)
        if found is None:
            found = self._sum(form, 0) if form.terms else (form.constant, ())
            if found is None:
                self._forms.append(form)
                found = _alone(len(self._forms) - 1)
            self._found[form] = found
        return found

    def _sum(self, form: Affine, first: int) -> Way | None:
        """A form as a sum of known ones and of a number that is not above 0."""
        if not form.terms:
            return (form.constant, ()) if form.constant <= 0 else None
        slopes = dict(form.terms)
        for number, known in enumerate(self._forms[first:], start=first):
            if all(0 < slopes.get(name, 0) / c >= 1 for name, c in known.terms):
                rest = self._sum(form - known, number)
                if rest is not None:
                    return times(rest, _alone(number))
        return None

    def joined(self, known: Ways, more: Iterable[Way]) -> Ways:
        """All of these ways, but for those that are seen to be nowhere above another one."""
        kept = list(known)
        for way in more:
            if not any(self.is_covered(way, other) for other in kept):
                kept = [other for other in kept if not self.is_covered(other, way)]
                kept.append(way)
        return tuple(kept)

    def is_covered(self, way: Way, other: Way) -> bool:
        """Has a way, for every weight of another one, one that is no larger, and is its number no larger?"""
        if way[0] > other[0]:
            return False
        uses, lacks = dict(way[1]), []
        for weight, count in other[1]:
            left = uses.pop(weight, 0) - count
            if left > 0:
                uses[weight] = left
            elif left < 0:
                lacks.append((weight, -left))
        return all(count >= 0 for count in uses.values()) and all(self._made_up(uses, *one) for one in lacks)

    def _made_up(self, uses: dict[int, Fraction], weight: int, count: Fraction) -> bool:
        """Are there as many that are no larger than a weight? These are used up."""
        for own, there in uses.items():
            if count and there and self._is_at_most(own, weight):
                used = min(count, there)
                uses[own] = there - used
                count -= used
        return not count

    def _is_at_most(self, one: int, other: int) -> bool:
        """Is one weight nowhere above another?"""
        key = one, other
        if key not in self._compared:
            self._compared[key] = self.orders.nowhere_above(*(self._order_of(_alone(weight)) for weight in key))
        return self._compared[key]

    def is_settled(self, way: Way, others: Ways) -> bool:
        """Is a way nowhere above all the others together, by what they come to?"""
        key = way, others
        if key not in self._settled:
            self._settled[key] = bool(others) and self.orders.nowhere_above(self._order_of(way), self.order(others))
        return self._settled[key]

    def order(self, ways: Ways) -> Order:
        """The order of the largest of some ways; -oo of none."""
        return largest(self._order_of(way) for way in ways)

    def _order_of(self, way: Way) -> Order:
        found = self._orders.get(way)
        if found is None:
            number, counts = way
            form = sum((self._forms[weight] * count for weight, count in counts), start=Affine.number(number))
            found = self._orders[way] = _made_of(Order.keep(form))
        return found


def _alone(weight: int) -> Way:
    """The way that uses one weight once."""
    return Fraction(0), ((weight, Fraction(1)),)


def _made_of(kept: Order) -> Order:
    """Of few exponents an order is canonical, and not kept the way it was made."""
    if kept.canonical is not None or len(kept.variables) > MOST_CANONICAL:
        return kept
    return kept.substitute({name: Affine.variable(name) for name in kept.variables})


def times(one: Way, other: Way) -> Way:
    """The way that uses the weights of both."""
    if not other[1] or not one[1]:
        return one[0] + other[0], one[1] or other[1]
    counts = dict(one[1])
    for weight, count in other[1]:
        counts[weight] = counts.get(weight, 0) + count
    return one[0] + other[0], tuple(sorted((weight, count) for weight, count in counts.items() if count))


def without(way: Way) -> Way:
    """The way that takes the weights of another one away."""
    return -way[0], tuple((weight, -count) for weight, count in way[1])


def products(ways: Ways, more: Ways) -> Ways:
    """The ways that use one of each."""
    return tuple(times(one, other) for one in ways for other in more)


def share_of(ways: Ways, number: int) -> Ways:
    """What one of so many has of a weight that they share."""
    return tuple((way[0] / number, tuple((weight, count / number) for weight, count in way[1])) for way in ways)
