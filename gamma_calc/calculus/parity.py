"""Products that vanish by symmetry: those that change their sign where some of the vectors in them do.

A pairing needs every given vector, and the images under every matrix, an even number of times. So a product that is odd
in one of them, or in all together, has no way to pair off, however many parts its functions may give. It is a short cut
past a search that would find none.

An example: tanh(u) tanh(v) tanh'(u + v) is even in both together and odd in none alone; times w it is odd in w.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable
from functools import lru_cache
from itertools import chain
from typing import Final

from gamma_calc.calculus.direction import Activation, FreshImage, VectorDirection, atoms, factors

ALL: Final = "all"  # vectors together


def is_odd(those: Collection[VectorDirection]) -> bool:
    """Does the product of some directions change its sign with that of a vector, or of all?"""
    families = frozenset(map(_family, chain.from_iterable(map(atoms, those))))
    return any(_parity(those, turned) == 1 for turned in (ALL, *families))


def is_even(function: Activation) -> bool:
    """Does a function keep its value where all the vectors that it is of change their sign?"""
    return _of_function(function, ALL) == 0


def _family(factor: VectorDirection) -> Hashable:
    """What pairs with a factor is of the same: itself, or another image under its matrix."""
    return factor.matrix if isinstance(factor, FreshImage) else factor


def _parity(those: Collection[VectorDirection], turned: Hashable) -> int | None:
    """0 for an even product, 1 for an odd one, None for neither."""
    total = 0
    for factor in those:
        one = _of_function(factor, turned) if isinstance(factor, Activation) else turned in (ALL, _family(factor))
        if one is None:
            return None
        total += one
    return total % 2


@lru_cache(maxsize=65536)
def _of_function(one: Activation, turned: Hashable) -> int | None:
    inside = {_parity(factors(part), turned) for part, _ in one.parts}
    if inside == {0}:
        return 0
    mean, slope, even, odd = (moment.is_zero_quantity for moment in one.moments)
    if inside != {1} or not ((mean and even) or (slope and odd)):
        return None
    return one.power % 2 if mean and even else 0
