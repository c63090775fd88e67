"""Finite unions of polyhedra, as lists of pieces: what covers what, and the fewest pieces that pairs merge to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import combinations

from gamma_calc.exponents.linear.constraint import Row, closed, halves, negations
from gamma_calc.exponents.linear.solver import common_point
from gamma_calc.exponents.regions.polyhedron import Polyhedron, echelon


def covered(rows: tuple[Row, ...], pieces: Sequence[Polyhedron]) -> bool:
    """Does every point of the rows lie in one of the pieces?"""
    if common_point(rows) is None:
        return True
    if not pieces:
        return False
    first, *rest = pieces
    return all(covered((*rows, out), rest) for row in first.rows for out in negations(row))


def conjunction(parts: Sequence[Sequence[Polyhedron]]) -> tuple[Polyhedron, ...]:
    """The points that lie in every part. The parts of one piece are joined first, in one step."""
    single = Polyhedron.build(row for part in parts if len(part) == 1 for row in part[0].rows)
    unions = [part for part in parts if len(part) != 1]
    return reduce(met, unions, (single,) if single else ())


def met(left: Iterable[Polyhedron], right: Sequence[Polyhedron]) -> tuple[Polyhedron, ...]:
    return tidied(Polyhedron.build((*p.rows, *q.rows)) for p in left for q in right)


def without(pieces: Sequence[Polyhedron], hole: Polyhedron) -> tuple[Polyhedron, ...]:
    """What is left of the pieces outside the hole."""
    outs = [out for row in hole.rows for out in negations(row)]
    return tidied(Polyhedron.build((*piece.rows, out)) for piece in pieces for out in outs)


def tidied(pieces: Iterable[Polyhedron | None]) -> tuple[Polyhedron, ...]:
    """The pieces without the empty ones and those inside another, and with pairs merged where their union is convex."""
    kept = _maximal([piece for piece in dict.fromkeys(pieces) if piece])
    while len(kept) > 1:
        merger = next(((p, q, both) for p, q in combinations(kept, 2) if (both := _merged(p, q))), None)
        if merger is None:
            break
        first, second, both = merger
        kept = _maximal([both, *(piece for piece in kept if piece not in (first, second))])
    return tuple(sorted(kept, key=_place))


def _place(piece: Polyhedron) -> list[tuple[object, ...]]:
    """Intervals from left to right, and something fixed elsewhere."""
    return [(form.terms, -form.constant / form.terms[0][1], relation) for form, relation in piece.rows]


def _maximal(pieces: list[Polyhedron]) -> list[Polyhedron]:
    kept = list(pieces)
    for piece in pieces:
        rest = [other for other in kept if other is not piece]
        if any(piece.within(other) for other in rest):
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
    return None if any(common_point(rows) is not None for rows in outside) else Polyhedron.build(common)


def _in_one_flat(left: Polyhedron, right: Polyhedron) -> bool:
    """A convex union is as thick as one of its two parts, so the equalities of that part hold on the other."""
    both = [[row for row in piece.rows if row[1] == "="] for piece in (left, right)]
    solved = echelon(row for rows in both for row in rows)
    return solved is not None and len(solved) == max(map(len, both))


def _joined_by_segment(left: Polyhedron, right: Polyhedron) -> bool:
    """A cheap look first: a convex union holds every point between a point of one and a point of the other."""
    zero = dict.fromkeys((*left.variables, *right.variables), Fraction(0))
    start, end = zero | left.inside, zero | right.inside
    between = [{k: start[k] + (end[k] - start[k]) * Fraction(n, 8) for k in start} for n in range(1, 8)]
    return all(left.contains(point) or right.contains(point) for point in between)


def _shared(piece: Polyhedron, other: Polyhedron) -> list[Row]:
    """The sides of a piece that the other keeps too, with their boundary where the other reaches it."""
    return [kept for side in _sides(piece) for kept in dict.fromkeys((side, closed(side))) if other.implies(kept)]


def _sides(piece: Polyhedron) -> list[Row]:
    return [side for row in piece.rows for side in halves(row)]
