"""What lies above a maximum of affine forms on a domain, by its corners and rays: where no form of it is exceeded.

Points (x, t) with x in the domain and t at least every form make up a polyhedron; with one more coordinate, by which
all is divided, it is a cone. A further form is nowhere above the maximum where it is at most t along all that
generates the cone, so that one cone answers for any number of forms.

    >>> eta = Affine.variable("eta")
    >>> corner = Epigraph.on(frozenset({"eta"}), ()).above(eta).above(-eta)
    >>> corner.covers(Affine()), corner.covers(eta * 2)
    (True, False)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.generators import Cone, Vector, in_units, one_unit, value
from gamma_calc.exponents.orders.samples import Rows

_ZERO = Fraction(0)


@dataclass(frozen=True, slots=True, eq=False)
class Epigraph:
    """The cone over (x, t, 1), the coordinates of x by name."""

    names: tuple[str, ...]
    cone: Cone

    @classmethod
    def on(cls, names: frozenset[str], where: Rows) -> Epigraph:
        """Everything above a domain, as long as nothing has to be exceeded."""
        return _above_domain(names, where)

    def above(self, form: Affine) -> Epigraph:
        """The part above one more form."""
        (row,) = self.rows([form]).values()
        return Epigraph(self.names, self.cone.cut(tuple(-number for number in row)))

    def rows(self, forms: Iterable[Affine]) -> dict[Affine, Vector]:
        """By how much forms exceed t, in whole numbers of one unit."""
        parts = {form: self._numbers(form, -1) for form in forms}
        unit = one_unit(number for numbers in parts.values() for number in numbers)
        return {form: in_units(numbers, unit) for form, numbers in parts.items()}

    def point(self, point: Mapping[str, Fraction]) -> Vector:
        """A point of the domain, with t = 0."""
        numbers = [*(point[name] for name in self.names), _ZERO, Fraction(1)]
        return in_units(numbers, one_unit(numbers))

    def within(self, form: Affine) -> Epigraph:
        """The part where a form of the names alone is not negative."""
        numbers = self._numbers(form, 0)
        return Epigraph(self.names, self.cone.cut(in_units(numbers, one_unit(numbers))))

    def _numbers(self, form: Affine, height: int) -> list[Fraction]:
        slopes = dict(form.terms)
        return [*(slopes.get(name, _ZERO) for name in self.names), Fraction(height), form.constant]

    def covers(self, form: Affine) -> bool:
        """Is a form nowhere above t? One that depends on a name of its own, which nothing bounds, is somewhere."""
        if not set(form.variables) <= set(self.names):
            return False
        (row,) = self.rows([form]).values()
        return not any(value(row, line) for line in self.cone.lines) and all(
            value(row, ray) <= 0 for ray in self.cone.rays
        )


@lru_cache(maxsize=256)
def _above_domain(names: frozenset[str], where: Rows) -> Epigraph:
    every = tuple(sorted(names.union(*(form.variables for form, _ in where))))
    made = Epigraph(every, Cone.whole(len(every) + 2).cut((*(0 for _ in every), 0, 1)))
    for form, _ in where:
        made = made.within(form)
    return made


@lru_cache(maxsize=8192)
def epigraph(forms: frozenset[Affine], where: Rows) -> Epigraph:
    """What lies above a maximum."""
    return _above_all(sorted(forms, key=lambda form: (form.terms, form.constant)), where)


def _above_all(forms: Iterable[Affine], where: Rows) -> Epigraph:
    those = list(forms)
    made = Epigraph.on(frozenset(name for form in those for name in form.variables), where)
    for form in those:
        made = made.above(form)
    return made
