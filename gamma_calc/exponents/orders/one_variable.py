"""Differences of two maxima in one variable: a broken line, which is a convex one less another in one way only."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.orders.maximum import Convex


def breakpoints(above: Convex, below: Convex, name: str) -> list[Fraction]:
    """Where the slope of the difference changes, from left to right.

    >>> eta = Affine.variable("eta")
    >>> breakpoints(frozenset({eta, eta * 2 + 1}), frozenset({Affine()}), "eta")
    [Fraction(-1, 1)]
    """
    return sorted(_jumps(above, below, name))


def apart(above: Convex, below: Convex, name: str) -> tuple[Convex, Convex]:
    """An equal difference in which no kink is in both sides, and ``below`` is 0 far to the left."""
    (first, *_), (other, *_) = (_chain(forms, name) for forms in (above, below))
    up, down = [first - other], [Affine()]
    for x, jump in sorted(_jumps(above, below, name).items()):
        side = up if jump > 0 else down
        side.append(side[-1] + (Affine.variable(name) - x) * abs(jump))
    return frozenset(up), frozenset(down)


def _jumps(above: Convex, below: Convex, name: str) -> dict[Fraction, Fraction]:
    """Where the slope of the difference changes, and by how much."""
    jumps: dict[Fraction, Fraction] = {}
    for forms, sign in ((above, 1), (below, -1)):
        for left, right in pairwise(_chain(forms, name)):
            gap = right - left
            size = gap.coefficient(name)
            x = -gap.constant / size
            jumps[x] = jumps.get(x, Fraction(0)) + sign * size
    return {x: jump for x, jump in jumps.items() if jump}


def _chain(forms: Convex, name: str) -> list[Affine]:
    """The forms from left to right: each is the largest on one interval."""
    return sorted(forms, key=lambda form: form.coefficient(name))
