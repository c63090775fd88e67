"""Finite unions of polyhedra, as tuples: their intersection and difference, and the fewest that pairs merge to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import combinations

from gamma_calc.exponents.linear.common_points import inner_point
from gamma_calc.exponents.linear.constraint import LinearConstraint, Point, halves, negations, weak
from gamma_calc.exponents.regions.polyhedron import Polyhedron, echelon

Constraints = tuple[LinearConstraint, ...]


def is_covered(constraints: Constraints, polyhedra: Sequence[Polyhedron]) -> bool:
    """Does every point of the constraints lie in one of the polyhedra?

    A point in none of them is an answer. Otherwise what the polyhedron that leaves fewest parts leaves is asked for in
    the others, those left out that have no point of it.
    """
    point = inner_point(constraints)
    if point is None:
        return True
    if not any(_has(polyhedron, point) for polyhedron in polyhedra):
        return False
    near = [one for one in polyhedra if _has(one, point) or _meets(constraints, one)]
    outsides = [tuple(_outside(constraints, one)) for one in near]
    best = min(range(len(near)), key=lambda i: len(outsides[i]))
    rest = [*near[:best], *near[best + 1 :]]
    return all(is_covered(outside, rest) for outside in outsides[best])


def _has(polyhedron: Polyhedron, point: Point) -> bool:
    """Is a point in a polyhedron, where names that the point does not have are zero?"""
    return polyhedron.contains(dict.fromkeys(polyhedron.variables, Fraction(0)) | dict(point))


def _meets(constraints: Constraints, polyhedron: Polyhedron) -> bool:
    return inner_point((*constraints, *polyhedron.constraints)) is not None


def _outside(constraints: Constraints, polyhedron: Polyhedron) -> Iterator[Constraints]:
    """The points of the constraints that are not in a polyhedron, in parts that have no point in common."""
    for constraint in polyhedron.constraints:
        outs = [(*constraints, out) for out in negations(constraint)]
        parts = [part for part in outs if inner_point(part) is not None]
        yield from parts
        if parts:
            constraints = (*constraints, constraint)


def without(polyhedra: Sequence[Polyhedron], holes: Sequence[Polyhedron]) -> tuple[Polyhedron, ...]:
    """What is left of the polyhedra outside the holes. What lies in the holes goes before anything is cut."""
    left = tuple(polyhedra)
    for number, hole in enumerate(holes):
        left = difference([one for one in left if not is_covered(one.constraints, holes[number:])], hole)
    return left


def conjunction(parts: Sequence[Sequence[Polyhedron]]) -> tuple[Polyhedron, ...]:
    """The points that lie in every part. Parts of one polyhedron are joined first, in one step."""
    single = Polyhedron.build(constraint for part in parts if len(part) == 1 for constraint in part[0].constraints)
    unions = [part for part in parts if len(part) != 1]
    return reduce(intersection, unions, (single,) if single else ())


def intersection(left: Iterable[Polyhedron], right: Sequence[Polyhedron]) -> tuple[Polyhedron, ...]:
    """The points that lie in both unions."""
    return simplified(Polyhedron.build((*p.constraints, *q.constraints)) for p in left for q in right)


def difference(polyhedra: Sequence[Polyhedron], hole: Polyhedron) -> tuple[Polyhedron, ...]:
    """What is left of the polyhedra outside the hole; those that it does not meet stay whole."""
    outs = [out for constraint in hole.constraints for out in negations(constraint)]
    whole = [polyhedron for polyhedron in polyhedra if not _meets(polyhedron.constraints, hole)]
    cut = (polyhedron for polyhedron in polyhedra if polyhedron not in whole)
    return simplified([*whole, *(Polyhedron.build((*one.constraints, out)) for one in cut for out in outs)])


def simplified(polyhedra: Iterable[Polyhedron | None]) -> tuple[Polyhedron, ...]:
    """The union without empty polyhedra and those inside another, with pairs merged where their union is convex."""
    those = [polyhedron for polyhedron in dict.fromkeys(polyhedra) if polyhedron]
    if len(those) < 2:
        return tuple(those)
    kept = _maximal(those)
    while len(kept) > 1:
        merger = next(((p, q, both) for p, q in combinations(kept, 2) if (both := _merged(p, q))), None)
        if merger is None:
            break
        first, second, both = merger
        kept = _maximal([both, *(polyhedron for polyhedron in kept if polyhedron not in (first, second))])
    return tuple(sorted(kept, key=_place))


def _place(polyhedron: Polyhedron) -> list[tuple[object, ...]]:
    """Intervals from left to right, and something fixed elsewhere."""
    return [(form.terms, -form.constant / form.terms[0][1], relation) for form, relation in polyhedron.constraints]


def _maximal(polyhedra: list[Polyhedron]) -> list[Polyhedron]:
    kept = list(polyhedra)
    for polyhedron in polyhedra:
        rest = [other for other in kept if other is not polyhedron]
        if any(polyhedron.within(other) for other in rest):
            kept = rest
    return kept


@lru_cache(maxsize=4096)
def _merged(left: Polyhedron, right: Polyhedron) -> Polyhedron | None:
    """The union of two polyhedra, if it is one: then it is what their common constraints allow."""
    if not (_in_one_flat(left, right) and _joined_by_segment(left, right)):
        return None
    common = [*_shared(left, right), *_shared(right, left)]
    outside = (
        (*common, *negations(p), *negations(q))
        for p in _sides(left)
        for q in _sides(right)
        if p not in common and q not in common
    )
    return None if any(inner_point(constraints) is not None for constraints in outside) else Polyhedron.build(common)


def _in_one_flat(left: Polyhedron, right: Polyhedron) -> bool:
    """A convex union is as thick as one of its two parts, so the equalities of that part hold on the other."""
    both = [
        [constraint for constraint in polyhedron.constraints if constraint[1] == "="] for polyhedron in (left, right)
    ]
    solved = echelon(equality for equalities in both for equality in equalities)
    return solved is not None and len(solved) == max(map(len, both))


def _joined_by_segment(left: Polyhedron, right: Polyhedron) -> bool:
    """A cheap look first: a convex union holds every point between a point of one and a point of the other."""
    zero = dict.fromkeys((*left.variables, *right.variables), Fraction(0))
    start, end = zero | left.interior_point, zero | right.interior_point
    between = [{k: start[k] + (end[k] - start[k]) * Fraction(n, 8) for k in start} for n in range(1, 8)]
    return all(left.contains(point) or right.contains(point) for point in between)


def _shared(polyhedron: Polyhedron, other: Polyhedron) -> list[LinearConstraint]:
    """The sides of a polyhedron that the other keeps too, with their boundary where the other reaches it."""
    return [kept for side in _sides(polyhedron) for kept in dict.fromkeys((side, weak(side))) if other.implies(kept)]


def _sides(polyhedron: Polyhedron) -> list[LinearConstraint]:
    return [side for constraint in polyhedron.constraints for side in halves(constraint)]
