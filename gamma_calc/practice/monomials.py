"""Orders at numbers: every monomial n^a r^b s^c rate^d with the constant 1, by the natural logarithm of its size.

An order is a maximum of affine forms in the exponents. At a width n an exponent e is the number n^e, so a form is the
logarithm of a monomial once each name stands for the logarithm of its number; nothing is rounded to a power of n.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import inf

from gamma_calc.exponents import Affine, LinearConstraint, Order, Region

Logarithms = Mapping[str, float]  # of n under "n", of everything else under the name of its exponent
CLOSE = 1 / 10**9  # of logarithms: r = n lies on the border of r <= n


@dataclass(frozen=True, slots=True)
class Ray:
    """A monomial when all learning rates are raised together: its degree in them, and the logarithm of its size now."""

    degree: Fraction
    now: float
    form: Affine = field(default=Affine(), compare=False)

    def at(self, shift: float) -> float:
        """The logarithm of the size once the rates are exp(shift) times as large."""
        return self.now + self.degree * shift

    def reaches(self, goal: float) -> float:
        """The shift at which the size is exp(goal)."""
        return (goal - self.now) / self.degree


@dataclass(frozen=True, slots=True)
class Border:
    """Where a region ends: the shift of the rates that leads there, and the form that is zero there (None: nowhere)."""

    shift: float
    form: Affine | None


@dataclass(frozen=True, slots=True)
class Knee:
    """Where a size changes its degree in the rate: the shift of the rates that leads there, the degrees around it."""

    shift: float
    below: Fraction
    above: Fraction


def logarithm(form: Affine, numbers: Logarithms) -> float:
    """The logarithm of a monomial at numbers.

    >>> form = Affine.variable("eta") * 2 + 1
    >>> logarithm(form, {"n": 8.0, "eta": -3.0})
    2.0
    """
    return form.constant * numbers["n"] + sum(c * numbers[name] for name, c in form.terms)


def rays(order: Order, numbers: Logarithms, rates: Iterable[str]) -> tuple[Ray, ...]:
    """The monomials of a maximum along the ray on which all rates grow alike."""
    together = tuple(rates)
    return tuple(Ray(_degree(form, together), logarithm(form, numbers), form) for form in order.above)


def leading(monomials: Iterable[Ray], shift: float = 0) -> Ray:
    """The largest monomial; of equals the one that leads from there on."""
    return max(monomials, key=lambda one: (one.at(shift), one.degree))


def shift_to(goal: float, monomials: Iterable[Ray]) -> float:
    """How far the rates must be raised (a logarithm) for the size to be exp(goal)."""
    return min(one.reaches(goal) for one in monomials if one.degree > 0)


def knees(monomials: tuple[Ray, ...]) -> Iterator[Knee]:
    """Where another monomial takes the lead, from small rates to large ones.

    >>> [(knee.shift, str(knee.above)) for knee in knees((Ray(Fraction(1), 0.0), Ray(Fraction(2), -3.0)))]
    [(3.0, '2')]
    """
    lead = max(monomials, key=lambda one: (-one.degree, one.now))
    while steeper := [one for one in monomials if one.degree > lead.degree]:
        meetings = [((lead.now - one.now) / (one.degree - lead.degree), one) for one in steeper]
        shift, following = min(meetings, key=lambda pair: (pair[0], -pair[1].degree))
        yield Knee(shift, lead.degree, following.degree)
        lead = following


def border(region: Region, numbers: Logarithms, rates: Iterable[str]) -> Border | None:
    """How far all rates can be raised together inside a region; None where no small rates are in it, or all are.

    Starts from small rates and goes up as long as the region goes on. ``numbers`` holds every name of the region.

    >>> border(Region("eta <= -rho & 2*eta + rho <= -1"), {"n": 8.0, "rho": 2.0, "eta": -7.0}, ["eta"])
    Border(shift=2.0, form=Affine('-1 - 2*eta - rho'))
    """
    together = tuple(rates)
    found = (_stretch(one.constraints, numbers, together) for one in region.polyhedra)
    end = Border(-inf, None)
    for low, high in sorted((one for one in found if one is not None), key=lambda one: (one[0], one[1].shift)):
        if low <= end.shift + CLOSE and high.shift > end.shift:
            end = high
    return None if end.form is None else end


def contains(region: Region, numbers: Logarithms) -> bool:
    """Is the point of these numbers in a region, its border included?"""
    return any(
        all(_holds(logarithm(form, numbers), relation) for form, relation in one.constraints)
        for one in region.polyhedra
    )


def _holds(value: float, relation: str) -> bool:
    return abs(value) <= CLOSE if relation == "=" else value >= -CLOSE


def _stretch(
    constraints: Iterable[LinearConstraint], numbers: Logarithms, rates: tuple[str, ...]
) -> tuple[float, Border] | None:
    """The shifts at which constraints hold: from where, and to which border."""
    low, high = -inf, Border(inf, None)
    for form, relation in constraints:
        degree, value = _degree(form, rates), logarithm(form, numbers)
        if not degree:
            if not _holds(value, relation):
                return None
            continue
        shift = -value / degree
        if (degree < 0 or relation == "=") and shift < high.shift:
            high = Border(shift, form)
        if degree > 0 or relation == "=":
            low = max(low, shift)
    return (low, high) if low <= high.shift + CLOSE else None


def _degree(form: Affine, rates: Iterable[str]) -> Fraction:
    return sum((form.coefficient(rate) for rate in rates), Fraction(0))
