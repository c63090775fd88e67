"""Polyhedra that are not empty, each in its one form: two equal polyhedra are equal objects and print the same.

Equalities stand in reduced echelon form, solved for the last names. The inequalities left are written in the other
names, where the set has an interior; each is scaled to coprime integers and is needed. Faces make them unique: a facet
has one inequality, and a lower face that a strict constraint cuts off is cut off by the sum of the facets through it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from itertools import combinations
from typing import TypeAlias

from gamma_calc.errors import CertificateError
from gamma_calc.exponents.linear.affine import Affine, sum_affine
from gamma_calc.exponents.linear.certificate import Infeasible
from gamma_calc.exponents.linear.common_points import inner_point
from gamma_calc.exponents.linear.constraint import (
    LinearConstraint,
    Point,
    halves,
    holds,
    names_of,
    negations,
    normal,
    strict,
    weak,
)
from gamma_calc.exponents.linear.solver import decide
from gamma_calc.exponents.regions.corners import fails_at_a_corner

_Interior: TypeAlias = tuple[dict[str, Affine], tuple[LinearConstraint, ...], dict[str, Fraction]]


@dataclass(frozen=True, slots=True)
class Polyhedron:
    """A set of exponents given by linear constraints; names that it does not mention are free. Make with ``build``."""

    constraints: tuple[LinearConstraint, ...]
    some_point: tuple[tuple[str, Fraction], ...] = field(compare=False, repr=False)

    @classmethod
    def build(cls, constraints: Iterable[LinearConstraint]) -> Polyhedron | None:
        """The polyhedron of these constraints, None if it is empty."""
        return _build(tuple(dict.fromkeys(constraints)))

    @property
    def interior_point(self) -> dict[str, Fraction]:
        """A point that satisfies the constraints, the inequalities strictly."""
        return dict(self.some_point)

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(names_of(self.constraints))

    def contains(self, point: Point) -> bool:
        return all(holds(constraint, point) for constraint in self.constraints)

    def implies(self, constraint: LinearConstraint) -> bool:
        """Does the constraint hold everywhere in the polyhedron?"""
        if constraint in self.constraints:
            return True
        return not self._fails(constraint) and self._never_leaves(constraint)

    def within(self, other: Polyhedron) -> bool:
        """Is every point in the other? It is proved of a side once a quick look has seen none that fails."""
        asked = [side for side in other.constraints if side not in self.constraints]
        return not any(map(self._fails, asked)) and all(map(self._never_leaves, asked))

    def _fails(self, constraint: LinearConstraint) -> bool:
        """A quick look for a point at which a constraint fails; without one, it may fail all the same."""
        centre = dict.fromkeys(constraint[0].variables, Fraction(0)) | self.interior_point
        return (
            not holds(constraint, centre)
            or fails_at_a_corner(constraint, self.constraints)
            or _crosses(constraint, self.constraints, centre)
        )

    def _never_leaves(self, constraint: LinearConstraint) -> bool:
        return all(inner_point((*self.constraints, out)) is None for out in negations(constraint))

    def substitute(self, values: Mapping[str, Affine]) -> Polyhedron | None:
        return Polyhedron.build((form.substitute(values), relation) for form, relation in self.constraints)

    def eliminate(self, name: str) -> Polyhedron | None:
        """The shadow along one axis: where some value of ``name`` completes the point (Fourier-Motzkin)."""
        free = [constraint for constraint in self.constraints if not constraint[0].coefficient(name)]
        lows, highs = bounds_on(name, self.constraints)
        gaps: list[LinearConstraint] = [
            (high - low, ">" if ">" in (a, b) else ">=") for low, a in lows for high, b in highs
        ]
        return Polyhedron.build([*free, *gaps])

    def vertices(self) -> list[dict[str, Fraction]]:
        """The corners of the closure, in the space of the names that the constraints mention."""
        fixed = [constraint for constraint in self.constraints if constraint[1] == "="]
        facets = [weak(constraint) for constraint in self.constraints if constraint[1] != "="]
        corners: list[dict[str, Fraction]] = []
        free = len(self.variables) - len(fixed)
        for chosen in combinations(facets, free) if self.constraints else ():
            solved = echelon([*fixed, *((form, "=") for form, _ in chosen)])
            if solved is None or len(solved) < len(self.variables) or any(f.terms for f in solved.values()):
                continue
            corner = {name: solved[name].constant for name in self.variables}
            if corner not in corners and all(holds(constraint, corner) for constraint in facets):
                corners.append(corner)
        return corners


def bounds_on(
    name: str, constraints: Iterable[LinearConstraint]
) -> tuple[list[LinearConstraint], list[LinearConstraint]]:
    """What the constraints put below and above a name: affine forms, each with the relation that keeps it apart."""
    lows: list[LinearConstraint] = []
    highs: list[LinearConstraint] = []
    for constraint in constraints:
        for form, relation in halves(constraint):
            slope = form.coefficient(name)
            if slope:
                rest = Affine(tuple(t for t in form.terms if t[0] != name), form.constant)
                (lows if slope > 0 else highs).append((rest * (-1 / slope), relation))
    return lows, highs


def echelon(equalities: Iterable[LinearConstraint]) -> dict[str, Affine] | None:
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
def _build(constraints: tuple[LinearConstraint, ...]) -> Polyhedron | None:
    interior = _interior(constraints)
    if interior is None:
        if not isinstance(decide(constraints), Infeasible):
            raise CertificateError("a set was found empty, and has a point")
        return None
    solved, tight, centre = interior
    point = dict.fromkeys(names_of(constraints), Fraction(0)) | centre
    point |= {name: value.at(point) for name, value in solved.items()}
    pivots = [normal((Affine.variable(name) - value, "=")) for name, value in solved.items()]
    return Polyhedron((*sorted(pivots, key=_place), *sorted(_needed(tight, centre), key=_place)), tuple(point.items()))


def _place(constraint: LinearConstraint) -> tuple[object, ...]:
    form, relation = constraint
    return form.variables, form.terms, form.constant, relation


def _interior(constraints: tuple[LinearConstraint, ...]) -> _Interior | None:
    """All equalities, solved; the tightest inequalities, in the names left; and a point where these are strict."""
    equalities = [constraint for constraint in constraints if constraint[1] == "="]
    inequalities = [constraint for constraint in constraints if constraint[1] != "="]
    while True:
        solved = echelon(equalities)
        tight = None if solved is None else _tightest((form.substitute(solved), rel) for form, rel in inequalities)
        if solved is None or tight is None:
            return None
        answer = decide(tuple(strict(constraint) for constraint in tight))
        if not isinstance(answer, Infeasible):
            return solved, tight, answer
        # No interior: the constraints that the proof adds up are empty together, or each of them is an equality.
        used = [constraint for constraint, weight in zip(tight, answer.multipliers, strict=True) if weight]
        if answer.total or any(relation == ">" for _, relation in used):
            return None
        equalities += used


def _tightest(constraints: Iterable[LinearConstraint]) -> tuple[LinearConstraint, ...] | None:
    """One constraint for each direction, scaled to coprime integers; None if one without variables is false."""
    best: dict[object, LinearConstraint] = {}
    for constraint in constraints:
        form, relation = normal(constraint)
        if not form.terms:
            if not holds(constraint, {}):
                return None
            continue
        rival = best.get(form.terms)
        if rival is None or (form.constant, relation != ">") < (rival[0].constant, rival[1] != ">"):
            best[form.terms] = form, relation
    return tuple(best.values())


def _needed(constraints: tuple[LinearConstraint, ...], interior_point: dict[str, Fraction]) -> list[LinearConstraint]:
    """The facets, and for each lower face that is cut off the one constraint that stands for it.

    One with a name that no other mentions is a facet: moving that name alone leads to it.
    """
    facets = list(constraints)
    cuts: list[LinearConstraint] = []
    mentions = Counter(name for form, _ in constraints for name in form.variables)
    doubtful = [one for one in constraints if all(mentions[name] > 1 for name in one[0].variables)]
    for constraint in doubtful if len(constraints) > 2 else ():  # two different directions always both count
        rest = tuple(other for other in (*facets, *cuts) if other is not constraint)
        if not _is_facet(constraint, rest, interior_point):
            facets.remove(constraint)
            if constraint[1] == ">" and inner_point((*rest, *negations(constraint))) is not None:
                cuts.append(constraint)
    return facets + [_cut(constraint, facets) for constraint in cuts]


def _is_facet(
    constraint: LinearConstraint, rest: tuple[LinearConstraint, ...], interior_point: dict[str, Fraction]
) -> bool:
    """Does the constraint alone bound the set somewhere?"""
    return (
        _crosses(constraint, rest, interior_point)
        or inner_point(((constraint[0], "="), *map(strict, rest))) is not None
    )


def _crosses(
    constraint: LinearConstraint, constraints: Iterable[LinearConstraint], interior_point: dict[str, Fraction]
) -> bool:
    """A cheap witness that the boundary of one cuts the others: the foot of the perpendicular from a point inside."""
    form = constraint[0]
    height = form.at(interior_point)
    if not form.terms or not height:
        return False
    step = height / sum(c * c for _, c in form.terms)
    foot = interior_point | {name: interior_point[name] - step * c for name, c in form.terms}
    return all(holds(strict(other), foot) for other in constraints)


def _cut(constraint: LinearConstraint, facets: list[LinearConstraint]) -> LinearConstraint:
    """The facets through the face where the constraint is zero, added up."""
    face = ((constraint[0], "="), *(weak(facet) for facet in facets))
    through = [form for form, _ in facets if inner_point((*face, (form, ">"))) is None]
    return normal((sum_affine(through), ">"))
