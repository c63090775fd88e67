"""Polyhedra that are not empty, each in its one form: two equal polyhedra are equal objects and print the same.

Equalities stand in reduced echelon form, solved for the last names. The inequalities left are written in the other
names, where the set has an interior; each is scaled to coprime integers and is needed. Faces make them unique: a facet
has one inequality, and a lower face that a strict row cuts off is cut off by the sum of the facets through it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import combinations

from gamma_calc.errors import CertificateError
from gamma_calc.exponents.linear.affine import Affine, sum_affine
from gamma_calc.exponents.linear.certificate import Infeasible
from gamma_calc.exponents.linear.constraint import (
    Point,
    Row,
    closed,
    halves,
    holds,
    names_of,
    negations,
    normal,
    opened,
)
from gamma_calc.exponents.linear.solver import common_point, decide


@dataclass(frozen=True, slots=True)
class Polyhedron:
    """A set of exponents given by linear constraints; names that it does not mention are free. Make with ``build``."""

    rows: tuple[Row, ...]
    some_point: tuple[tuple[str, Fraction], ...] = field(compare=False, repr=False)

    @classmethod
    def build(cls, rows: Iterable[Row]) -> Polyhedron | None:
        """The polyhedron of these rows, None if it is empty."""
        return _build(tuple(dict.fromkeys(rows)))

    @property
    def inside(self) -> dict[str, Fraction]:
        """A point that satisfies the rows, the inequalities strictly."""
        return dict(self.some_point)

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(names_of(self.rows))

    def contains(self, point: Point) -> bool:
        return all(holds(row, point) for row in self.rows)

    def implies(self, row: Row) -> bool:
        """Does the row hold everywhere in the polyhedron?"""
        if row in self.rows:
            return True
        centre = dict.fromkeys(row[0].variables, Fraction(0)) | self.inside
        if not holds(row, centre) or _crosses(row, self.rows, centre):
            return False
        return all(common_point((*self.rows, out)) is None for out in negations(row))

    def within(self, other: Polyhedron) -> bool:
        return all(self.implies(row) for row in other.rows)

    def substitute(self, values: Mapping[str, Affine]) -> Polyhedron | None:
        return Polyhedron.build((form.substitute(values), relation) for form, relation in self.rows)

    def eliminate(self, name: str) -> Polyhedron | None:
        """The shadow along one axis: where some value of ``name`` completes the point (Fourier-Motzkin)."""
        free = [row for row in self.rows if not row[0].coefficient(name)]
        lows, highs = bounds_on(name, self.rows)
        gaps: list[Row] = [(high - low, ">" if ">" in (a, b) else ">=") for low, a in lows for high, b in highs]
        return Polyhedron.build([*free, *gaps])

    def vertices(self) -> list[dict[str, Fraction]]:
        """The corners of the closure, in the space of the names that the rows mention."""
        fixed = [row for row in self.rows if row[1] == "="]
        facets = [closed(row) for row in self.rows if row[1] != "="]
        corners: list[dict[str, Fraction]] = []
        free = len(self.variables) - len(fixed)
        for chosen in combinations(facets, free) if self.rows else ():
            solved = echelon([*fixed, *((form, "=") for form, _ in chosen)])
            if solved is None or len(solved) < len(self.variables) or any(f.terms for f in solved.values()):
                continue
            corner = {name: solved[name].constant for name in self.variables}
            if corner not in corners and all(holds(row, corner) for row in facets):
                corners.append(corner)
        return corners


def bounds_on(name: str, rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
    """What the rows put below and above a name: affine forms, each with the relation that keeps it apart."""
    lows: list[Row] = []
    highs: list[Row] = []
    for row in rows:
        for form, relation in halves(row):
            slope = form.coefficient(name)
            if slope:
                rest = Affine(tuple(t for t in form.terms if t[0] != name), form.constant)
                (lows if slope > 0 else highs).append((rest * (-1 / slope), relation))
    return lows, highs


def echelon(equalities: Iterable[Row]) -> dict[str, Affine] | None:
    """The equalities solved for their last names (reduced echelon form), None if they contradict each other."""
    solved: dict[str, Affine] = {}
    for form, _ in equalities:
        rest = form.substitute(solved)
        if rest.terms:
            name, slope = rest.terms[-1]
            value = Affine(rest.terms[:-1], rest.constant) * (-1 / slope)
            solved = {k: f.substitute({name: value}) for k, f in solved.items()} | {name: value}
        elif rest.constant:
            return None
    return solved


# -- the canonical form -----------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _build(rows: tuple[Row, ...]) -> Polyhedron | None:
    found = _interior(rows)
    if found is None:
        if not isinstance(decide(rows), Infeasible):
            raise CertificateError("a set was found empty, and has a point")
        return None
    solved, tight, centre = found
    inside = dict.fromkeys(names_of(rows), Fraction(0)) | centre
    inside |= {name: value.at(inside) for name, value in solved.items()}
    pivots = [normal((Affine.variable(name) - value, "=")) for name, value in solved.items()]
    return Polyhedron((*sorted(pivots, key=_place), *sorted(_needed(tight, centre), key=_place)), tuple(inside.items()))


def _place(row: Row) -> tuple[object, ...]:
    form, relation = row
    return form.variables, form.terms, form.constant, relation


def _interior(rows: tuple[Row, ...]) -> tuple[dict[str, Affine], tuple[Row, ...], dict[str, Fraction]] | None:
    """All equalities, solved; the tightest inequalities, in the names left; and a point where these are strict."""
    equalities = [row for row in rows if row[1] == "="]
    inequalities = [row for row in rows if row[1] != "="]
    while True:
        solved = echelon(equalities)
        tight = None if solved is None else _tightest((form.substitute(solved), rel) for form, rel in inequalities)
        if solved is None or tight is None:
            return None
        answer = decide(tuple(opened(row) for row in tight))
        if not isinstance(answer, Infeasible):
            return solved, tight, answer
        # No interior: the rows that the proof adds up are empty together, or each of them is an equality.
        used = [row for row, weight in zip(tight, answer.multipliers, strict=True) if weight]
        if answer.total or any(relation == ">" for _, relation in used):
            return None
        equalities += used


def _tightest(rows: Iterable[Row]) -> tuple[Row, ...] | None:
    """One row for each direction, scaled to coprime integers; None if a row without variables is false."""
    best: dict[object, Row] = {}
    for row in rows:
        form, relation = normal(row)
        if not form.terms:
            if not holds(row, {}):
                return None
            continue
        rival = best.get(form.terms)
        if rival is None or (form.constant, relation != ">") < (rival[0].constant, rival[1] != ">"):
            best[form.terms] = form, relation
    return tuple(best.values())


def _needed(rows: tuple[Row, ...], inside: dict[str, Fraction]) -> list[Row]:
    """The facets, and for each lower face that is cut off the one row that stands for it."""
    facets = list(rows)
    cuts: list[Row] = []
    for row in rows if len(rows) > 2 else ():  # two different directions always both count
        rest = tuple(other for other in (*facets, *cuts) if other is not row)
        if not _is_facet(row, rest, inside):
            facets.remove(row)
            if row[1] == ">" and common_point((*rest, *negations(row))) is not None:
                cuts.append(row)
    return facets + [_cut(row, facets) for row in cuts]


def _is_facet(row: Row, rest: tuple[Row, ...], inside: dict[str, Fraction]) -> bool:
    """Does the row alone bound the set somewhere?"""
    return _crosses(row, rest, inside) or common_point(((row[0], "="), *map(opened, rest))) is not None


def _crosses(row: Row, rows: Iterable[Row], inside: dict[str, Fraction]) -> bool:
    """A cheap witness that the row's boundary cuts the rows: the foot of the perpendicular from an inner point."""
    form = row[0]
    height = form.at(inside)
    if not form.terms or not height:
        return False
    step = height / sum(c * c for _, c in form.terms)
    foot = inside | {name: inside[name] - step * c for name, c in form.terms}
    return all(holds(opened(other), foot) for other in rows)


def _cut(row: Row, facets: list[Row]) -> Row:
    """The facets through the face where the row is zero, added up."""
    face = ((row[0], "="), *(closed(facet) for facet in facets))
    through = [form for form, _ in facets if common_point((*face, (form, ">"))) is None]
    return normal((sum_affine(through), ">"))
