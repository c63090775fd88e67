"""Maxima of affine forms, each in its one irredundant form.

A convex order is stored as the set of forms that are somewhere strictly the largest. That set is unique, so two equal
maxima are equal objects. The empty set is -oo, the order of what is identically zero.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import lcm
from typing import Final

from gamma_calc.errors import OrderError
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.solver import common_point
from gamma_calc.exponents.linear.watch import look

Convex = frozenset[Affine]

MOST_FORMS: Final = 512  # past any calculation by hand; keeps a hostile text from filling the memory
MOST_SAMPLES: Final = 16  # points at which forms are compared before a search
NOTHING: Final[Convex] = frozenset()
ONE: Final[Convex] = frozenset({Affine()})


def envelope(left: Convex, right: Convex) -> Convex:
    """The larger of two maxima at every point."""
    return left if right <= left else irredundant(left | right)


@lru_cache(maxsize=8192)
def minkowski_sum(left: Convex, right: Convex) -> Convex:
    """The sum of two maxima, which is the maximum of the sums of their forms."""
    if left == ONE or not right:
        return right
    if right == ONE or not left:
        return left
    total = frozenset(p + q for p in left for q in right)
    return total if len(left) == 1 or len(right) == 1 else irredundant(total)


def scaled(forms: Convex, factor: Fraction) -> Convex:
    """factor * max(...), for a factor that is not negative."""
    return frozenset(f * factor for f in forms) if factor else frozenset({Affine()})


@lru_cache(maxsize=8192)
def irredundant(forms: Convex) -> Convex:
    """The members that are strictly the largest at some point.

    Among forms with the same linear part only the largest constant counts; two forms with different linear parts always
    both count, so the search starts at three.
    """
    best: dict[tuple[tuple[str, Fraction], ...], Affine] = {}
    for form in forms:
        rival = best.get(form.terms)
        if rival is None or form.constant > rival.constant:
            best[form.terms] = form
    return frozenset(best.values()) if len(best) < 3 else _pruned(frozenset(best.values()))


@lru_cache(maxsize=8192)
def dominates(forms: Convex, form: Affine) -> bool:
    """Is the form nowhere above the maximum of these irredundant forms?"""
    twin = next((f for f in forms if f.terms == form.terms), None)
    if twin is not None:  # each form leads somewhere, and there a larger twin would lead
        return form.constant <= twin.constant
    return len(forms) > 1 and not leads_somewhere(form, forms)


def _pruned(candidates: Convex) -> Convex:
    if len(candidates) > MOST_FORMS:
        what = f"a maximum of {len(candidates)} forms is more than the {MOST_FORMS} that are compared"
        raise OrderError(what, hint="fix some of the exponents first")
    names = {name for form in candidates for name in form.variables}
    if len(names) == 1:
        return _hull(candidates, next(iter(names)))
    kept = candidates
    for form in sorted(candidates - _leaders_at_samples(candidates), key=sort_key):
        if not leads_somewhere(form, kept - {form}):
            kept -= {form}
    return kept


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


def samples(*parts: Convex) -> list[dict[str, Fraction]]:
    """Scattered points, near and far, that settle most questions about these forms without a search."""
    names = sorted({name for forms in parts for form in forms for name in form.variables})
    return [{name: scattered(j, i) * 100 ** (j % 2) for i, name in enumerate(names)} for j in range(MOST_SAMPLES)]


def values_at_samples(*parts: Convex) -> list[dict[Affine, tuple[int, ...]]]:
    """The values of the forms of each part at the samples of all, as whole numbers of one unit."""
    points = samples(*parts)
    forms = [form for part in parts for form in part]
    unit = lcm(*(c.denominator for form in forms for c in (form.constant, *(c for _, c in form.terms))))
    whole = [{name: int(value) for name, value in point.items()} for point in points]
    return [{form: _whole_values(form, unit, whole) for form in part} for part in parts]


def _whole_values(form: Affine, unit: int, points: list[dict[str, int]]) -> tuple[int, ...]:
    constant, slopes = _times(form.constant, unit), [(name, _times(c, unit)) for name, c in form.terms]
    return tuple(constant + sum(slope * point[name] for name, slope in slopes) for point in points)


def _times(number: Fraction, unit: int) -> int:
    return number.numerator * (unit // number.denominator)


def scattered(row: int, column: int) -> Fraction:
    """A coordinate of a scattered point."""
    return Fraction((7 * (row + 3) * (column + 2) + row * row) % 23 - 11)


def _leaders_at_samples(forms: Convex) -> Convex:
    (values,) = values_at_samples(forms)
    leaders: set[Affine] = set()
    for column in zip(*values.values(), strict=True):
        first = max(column)
        if column.count(first) == 1:
            leaders.add(list(values)[column.index(first)])
    return frozenset(leaders)


def sort_key(form: Affine) -> tuple[object, ...]:
    """Any fixed order among forms, so that nothing depends on the order in which a set is walked."""
    return form.terms, form.constant


def leads_somewhere(form: Affine, rivals: Convex) -> bool:
    """Is there a point where ``form`` exceeds every rival strictly?"""
    look()
    names = sorted({k for f in (form, *rivals) for k in f.variables})
    if len(names) == 1:
        return _leads_on_a_line(form, rivals, names[0])
    return _leads_far_out(form, rivals, names) or _leads_by_search(form, rivals)


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


def _leads_by_search(form: Affine, rivals: Convex) -> bool:
    return common_point(tuple((form - rival, ">") for rival in rivals)) is not None
