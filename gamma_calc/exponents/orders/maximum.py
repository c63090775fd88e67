"""Maxima of affine forms, each in its one irredundant form.

A convex order is stored as the set of forms that are somewhere strictly the largest. That set is unique, so two equal
maxima are equal objects. The empty set is -oo, the order of what is identically zero.

All of it can be asked on a part of the space alone, the ``where`` that inequalities leave: there far fewer forms lead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from operator import itemgetter
from typing import Final

from gamma_calc.errors import OrderError
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.generators import Vector, value
from gamma_calc.exponents.linear.solver import common_point
from gamma_calc.exponents.linear.watch import look
from gamma_calc.exponents.orders.epigraph import Epigraph, epigraph
from gamma_calc.exponents.orders.samples import EVERYWHERE, Rows, samples, values_at_samples

Convex = frozenset[Affine]
Terms = tuple[tuple[str, Fraction], ...]

MOST_FORMS: Final = 512  # past any calculation by hand; keeps a hostile text from filling the memory
MOST_NAMES: Final = 5  # whose corners are looked at in place of a search for each form
NOTHING: Final[Convex] = frozenset()
ONE: Final[Convex] = frozenset({Affine()})


def envelope(left: Convex, right: Convex, where: Rows = EVERYWHERE) -> Convex:
    """The larger of two maxima at every point."""
    return left if right <= left else irredundant(left | right, where)


@lru_cache(maxsize=8192)
def minkowski_sum(left: Convex, right: Convex, where: Rows = EVERYWHERE) -> Convex:
    """The sum of two maxima, which is the maximum of the sums of their forms."""
    if left == ONE or not right:
        return right
    if right == ONE or not left:
        return left
    total = frozenset(p + q for p in left for q in right)
    return total if len(left) == 1 or len(right) == 1 else irredundant(total, where)


def scaled(forms: Convex, factor: Fraction) -> Convex:
    """factor * max(...), for a factor that is not negative."""
    return frozenset(f * factor for f in forms) if factor else frozenset({Affine()})


@lru_cache(maxsize=8192)
def irredundant(forms: Convex, where: Rows = EVERYWHERE) -> Convex:
    """The members that are strictly the largest at some point.

    Among forms with the same linear part only the largest constant counts; on the whole space two forms with different
    linear parts always both count, so the search starts at three.
    """
    best: dict[Terms, Affine] = {}
    for form in forms:
        rival = best.get(form.terms)
        if rival is None or form.constant > rival.constant:
            best[form.terms] = form
    distinct = frozenset(best.values())
    return distinct if len(distinct) < (2 if where else 3) else _pruned(distinct, where)


@lru_cache(maxsize=8192)
def dominates(forms: Convex, form: Affine, where: Rows = EVERYWHERE) -> bool:
    """Is the form nowhere above the maximum of these irredundant forms?"""
    twin = _constants(forms).get(form.terms)
    if twin is not None:  # each form leads somewhere, and there a larger twin would lead
        return form.constant <= twin
    if len(forms) == 1 and not where:
        return False
    few = len({name for one in (form, *forms, *(row for row, _ in where)) for name in one.variables}) <= MOST_NAMES
    return epigraph(forms, where).covers(form) if few else not leads_somewhere(form, forms, where)


@lru_cache(maxsize=8192)
def _constants(forms: Convex) -> Mapping[Terms, Fraction]:
    """The constants of irredundant forms by the rest of each."""
    return {form.terms: form.constant for form in forms}


def _pruned(candidates: Convex, where: Rows) -> Convex:
    names = {name for form in candidates for name in form.variables}
    if len(names) == 1 and not where:
        return _hull(candidates, next(iter(names)))  # in one pass, however many there are
    if len(candidates) > MOST_FORMS:
        what = f"a maximum of {len(candidates)} forms is more than the {MOST_FORMS} that are compared"
        raise OrderError(what, hint="fix some of the exponents first")
    if len(names.union(*(form.variables for form, _ in where))) <= MOST_NAMES:
        return _by_corners(candidates, where)
    kept = candidates
    for form in sorted(candidates - _leaders_at_samples(candidates, where), key=sort_key):
        if not leads_somewhere(form, kept - {form}, where):
            kept -= {form}
    return kept


def _by_corners(candidates: Convex, where: Rows) -> Convex:
    """At each corner of what lies above the forms known to lead, one that is above it leads too: the largest of all.

    Of two that are equal there the one leads that is larger at a point inside; where both are equal, its face tells.
    """
    names = frozenset(name for form in candidates for name in form.variables)
    space = Epigraph.on(names, where)
    rows = dict(sorted(space.rows(candidates).items(), key=itemgetter(1)))
    forms, columns = tuple(rows), tuple(zip(*rows.values(), strict=True))
    points = [space.point(point) for point in samples(names, where)]
    inside, kept = points[0], set(_leaders(points, forms, columns))
    for form in kept:
        space = space.above(form)
    doubtful, seen = [], set()
    while (way := next((way for way in space.cone.ways if way not in seen), None)) is not None:
        heights = _along(way, columns)
        excess = max(heights)
        if excess <= 0:
            seen.add(way)
            continue
        tied = [form for form, height in zip(forms, heights, strict=True) if height == excess]
        form = max(tied, key=lambda one: value(rows[one], inside))
        if sum(value(rows[one], inside) == value(rows[form], inside) for one in tied) > 1:
            doubtful.append(form)
        kept.add(form)
        space = space.above(form)
    rivals = [rows[form] for form in kept]
    return frozenset(kept - {form for form in doubtful if not _leads_on_its_face(rows[form], rivals, space)})


def _leads_on_its_face(row: Vector, rivals: Iterable[Vector], space: Epigraph) -> bool:
    """Is a form alone the largest somewhere? Then it is inside the face of what lies above all where it is met."""
    face = [ray for ray in space.cone.rays if not value(row, ray)]
    point = tuple(map(sum, zip(*face, strict=True)))
    return bool(point) and point[-1] > 0 and all(value(other, point) < 0 for other in rivals if other != row)


def _leaders(points: Iterable[Vector], forms: Sequence[Affine], columns: Sequence[Sequence[int]]) -> Iterator[Affine]:
    """The forms that lead alone at one of some points."""
    for point in points:
        heights = _along(point, columns)
        highest = max(heights)
        if heights.count(highest) == 1:
            yield forms[heights.index(highest)]


def _along(way: Vector, columns: Sequence[Sequence[int]]) -> list[int]:
    """The values of many forms at once, coordinate by coordinate."""
    first, *rest = ([step * number for number in column] for step, column in zip(way, columns, strict=True) if step)
    return [sum(numbers) for numbers in zip(first, *rest, strict=True)] if rest else first


def _hull(candidates: Convex, name: str) -> Convex:
    """On a line, from left to right: a form goes where its neighbours meet at or above it. No two slopes are equal."""
    chain: list[Affine] = []
    for form in sorted(candidates, key=lambda f: f.coefficient(name)):
        while len(chain) > 1 and _meet_above(chain[-2], chain[-1], form, name):
            chain.pop()
        chain.append(form)
    return frozenset(chain)


def _meet_above(left: Affine, middle: Affine, right: Affine, name: str) -> bool:
    slopes = [form.coefficient(name) for form in (left, middle, right)]
    rise = (left.constant - right.constant) * (slopes[1] - slopes[0])
    return rise <= (left.constant - middle.constant) * (slopes[2] - slopes[0])


def _leaders_at_samples(forms: Convex, where: Rows) -> Convex:
    (values,) = values_at_samples(forms, where=where)
    leaders: set[Affine] = set()
    for column in zip(*values.values(), strict=True):
        first = max(column)
        if column.count(first) == 1:
            leaders.add(list(values)[column.index(first)])
    return frozenset(leaders)


def sort_key(form: Affine) -> tuple[object, ...]:
    """Any fixed order among forms, so that nothing depends on the order in which a set is walked."""
    return form.terms, form.constant


# -- the search --------------------------------------------------------------------------------------------------------


def leads_somewhere(form: Affine, rivals: Convex, where: Rows = EVERYWHERE) -> bool:
    """Is there a point where ``form`` exceeds every rival strictly?"""
    look()
    if where:
        return _leads_by_search(form, rivals, where)
    names = sorted({k for f in (form, *rivals) for k in f.variables})
    if len(names) == 1:
        return _leads_on_a_line(form, rivals, names[0])
    return _leads_far_out(form, rivals, names) or _leads_by_search(form, rivals, where)


def _leads_on_a_line(form: Affine, rivals: Convex, name: str) -> bool:
    low: Fraction | None = None
    high: Fraction | None = None
    for rival in rivals:
        slope = form.coefficient(name) - rival.coefficient(name)
        root = (rival.constant - form.constant) / slope
        if slope > 0:
            low = root if low is None else max(low, root)
        else:
            high = root if high is None else min(high, root)
    return low is None or high is None or low < high


def _leads_far_out(form: Affine, rivals: Convex, names: list[str]) -> bool:
    """A cheap witness: far out in the direction away from the rivals' centre."""
    count = len(rivals)
    direction = {k: form.coefficient(k) - sum((r.coefficient(k) for r in rivals), Fraction(0)) / count for k in names}
    return all((form - rival).slope(direction) > 0 for rival in rivals)


def _leads_by_search(form: Affine, rivals: Convex, where: Rows) -> bool:
    return common_point((*where, *((form - rival, ">") for rival in rivals))) is not None
