"""Differences of two maxima: the division of the (max, +) calculus, where a sum of maxima is a product.

A difference has many spellings, since anything may be added to both sides. Here it gets a simplest one: a maximum or a
minimum wherever it is one, and the only one there is for orders in one variable.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import combinations

from gamma_calc.orders import convex
from gamma_calc.orders.affine import Affine
from gamma_calc.orders.convex import ONE, Convex


@lru_cache(maxsize=4096)
def simplest(above: Convex, below: Convex) -> tuple[Convex, Convex]:
    """An equal difference: a maximum, or a minimum, or else without the kinks that both sides share."""
    if len(below) == 1:
        return frozenset(f - next(iter(below)) for f in above), ONE
    quotient = _quotient(above, below)
    if quotient is not None:
        return quotient, ONE
    inverse = _quotient(below, above)
    if inverse is not None:
        return ONE, inverse
    return _placed(*_without_shared_kinks(above, below))


def _without_shared_kinks(above: Convex, below: Convex) -> tuple[Convex, Convex]:
    """Both sides without the maxima of two forms that are summands of both; in one variable, that is all they share."""
    left, right = _kinks(above), _kinks(below)
    for direction in sorted(left.keys() & right.keys(), key=convex.rank):
        for length in sorted(left[direction] | right[direction], reverse=True):
            segment = frozenset({Affine(), direction * length})
            divided = [_quotient(part, segment) for part in (above, below)]
            if divided[0] is not None and divided[1] is not None:
                return _without_shared_kinks(divided[0], divided[1])
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
    """Both sides moved by the same form, so that one form of ``below`` is zero and as few terms as can be remain."""
    names = sorted({k for f in below for k in f.variables})

    def cost(corner: Affine) -> tuple[int, list[Fraction]]:
        return sum(len((f - corner).terms) for f in above | below), [corner.coefficient(k) for k in names]

    corner = min(below, key=cost)
    return frozenset(f - corner for f in above), frozenset(f - corner for f in below)


def _quotient(above: Convex, below: Convex) -> Convex | None:
    """The maximum R with R + below = above, if there is one. A sum has no fewer forms than either part."""
    if len(below) > len(above):
        return None
    pieces = frozenset(p - q for p in above for q in below)
    fits = frozenset(r for r in pieces if all(convex.covers(above, r + q) for q in below))
    quotient = convex.irredundant(fits)
    return quotient if quotient and convex.plus(quotient, below) == above else None
