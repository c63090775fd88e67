"""Differences of two maxima: the division of the (max, +) calculus, where a sum of maxima is a product.

A difference has many spellings, since anything may be added to both sides. Here it gets a simplest one: a maximum or a
minimum wherever it is one, and the only one there is for orders in one variable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, product

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.watch import look
from gamma_calc.exponents.orders.maximum import (
    ONE,
    Convex,
    dominates,
    irredundant,
    sort_key,
)
from gamma_calc.exponents.orders.one_variable import BrokenLine, line_of, only_name
from gamma_calc.exponents.orders.samples import EVERYWHERE, Rows, values_at_samples


@lru_cache(maxsize=4096)
def simplest(above: Convex, below: Convex, where: Rows = EVERYWHERE) -> tuple[Convex, Convex]:
    """An equal difference: a maximum, or a minimum, or else without the kinks that both sides share."""
    if len(below) == 1:
        return _translated(above, next(iter(below))), ONE
    name = only_name(above, below)
    if name is not None:
        return pair_of(line_of(above, below, name), name)
    quotient = quotient_of(above, below, where)
    if quotient is not None:
        return quotient, ONE
    inverse = quotient_of(below, above, where)
    if inverse is not None:
        return ONE, inverse
    return _placed(*_without_shared_kinks(above, below, where))


@lru_cache(maxsize=16384)
def pair_of(line: BrokenLine, name: str) -> tuple[Convex, Convex]:
    """The simplest difference that a function of one variable is."""
    above, below = line.apart(name)
    if len(below) == 1:
        return above, ONE
    if len(above) == 1:
        return ONE, _translated(below, next(iter(above)))
    return _placed(above, below)


def _without_shared_kinks(above: Convex, below: Convex, where: Rows) -> tuple[Convex, Convex]:
    """Both sides without the maxima of two forms that are summands of both."""
    left, right = _kinks(above), _kinks(below)
    for direction in sorted(left.keys() & right.keys(), key=sort_key):
        for length in sorted(left[direction] | right[direction], reverse=True):
            segment = frozenset({Affine(), direction * length})
            smaller = quotient_of(below, segment, where)
            larger = None if smaller is None else quotient_of(above, segment, where)
            if smaller is not None and larger is not None:
                return _without_shared_kinks(larger, smaller, where)
    return above, below


def _kinks(forms: Convex) -> dict[Affine, set[Fraction]]:
    """Where two forms meet, scaled to a common first coefficient, and how much the slope changes there."""
    kinks: dict[Affine, set[Fraction]] = {}
    for p, q in combinations(forms, 2):
        gap = p - q
        size = gap.terms[0][1]
        kinks.setdefault(gap * (1 / size), set()).add(abs(size))
    return kinks


def _placed(above: Convex, below: Convex) -> tuple[Convex, Convex]:
    """Both sides less one form, so that one form of ``below`` is zero and what remains is short."""
    names = sorted({k for f in below for k in f.variables})
    placings = {corner: (_translated(above, corner), _translated(below, corner)) for corner in below}

    def cost(corner: Affine) -> tuple[int, int, list[Fraction]]:
        numbers = [c for f in frozenset.union(*placings[corner]) for c in (f.constant, *(c for _, c in f.terms)) if c]
        return len(numbers), sum(c < 0 for c in numbers), [corner.coefficient(k) for k in names]

    return placings[min(below, key=cost)]


def _translated(forms: Convex, by: Affine) -> Convex:
    return frozenset(form - by for form in forms)


def quotient_of(above: Convex, below: Convex, where: Rows) -> Convex | None:
    """The maximum R with R + below = above, if there is one. A sum has no fewer forms than either part.

    Each form r of R has r + below nowhere above the rest, and each form of ``above``, which leads somewhere, is one of
    these sums. What has both is R, so that no sum of maxima is made canonical to see it.
    """
    look()
    if len(below) > len(above):
        return None
    tops, bases = values_at_samples(above, below, where=where)
    gaps = [max(high) - max(low) for high, low in _columns(tops, bases)]
    likely: dict[Affine, set[Affine]] = {}
    for (p, high), (q, low) in product(tops.items(), bases.items()):
        if all(one - other <= gap for one, other, gap in zip(high, low, gaps, strict=True)):
            likely.setdefault(p - q, set()).add(p)
    if not _are_all_met(above, likely.values()):
        return None
    fits = {r: met for r, met in likely.items() if all(dominates(above, r + q, where) for q in below)}
    return irredundant(frozenset(fits), where) if _are_all_met(above, fits.values()) else None


def _columns(
    tops: dict[Affine, tuple[int, ...]], bases: dict[Affine, tuple[int, ...]]
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    return zip(zip(*tops.values(), strict=True), zip(*bases.values(), strict=True), strict=True)


def _are_all_met(above: Convex, found: Iterable[set[Affine]]) -> bool:
    return above <= frozenset().union(*found)
