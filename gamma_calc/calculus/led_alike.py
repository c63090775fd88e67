"""Whether two arguments of one function are led by something that they have in common.

A function is one direction at its place, whatever a step has added to its argument. Where a step is larger than what it
moves, the function after it is of another vector. An example: tanh(u * v) is along tanh(u * v + w), but not along
tanh(u * w), though u is in both: its sign is that of v.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import product

from gamma_calc.calculus.direction import (
    Activation,
    Entrywise,
    FreshImage,
    VectorDirection,
    by_place,
    factors,
    has_function,
    image,
    origin,
    product_of,
    word,
)
from gamma_calc.exponents import order


@lru_cache(maxsize=65536)
def led_alike(one: Activation, two: Activation) -> bool:
    """Does something lead both arguments? Of one that goes by its place alone it is not known, and may."""
    ours, theirs = one.leading, two.leading
    return not (ours and theirs) or any(_agree(mine, its) for mine, its in product(ours, theirs))


def _agree(one: VectorDirection, two: VectorDirection) -> bool:
    """Do two vectors agree at order 0, all their factors and not one alone?"""
    return _is_same(one, two) or _leads(one, two) or _leads(two, one)


def _is_same(one: VectorDirection, two: VectorDirection) -> bool:
    """Is it one vector, functions in it in versions that are led alike?"""
    match one, two:
        case Activation(), Activation():
            return one.place == two.place and led_alike(one, two)
        case Entrywise(ours), Entrywise(theirs):
            return len(ours) == len(theirs) and all(any(_is_same(f, g) for g in theirs) for f in ours)
        case FreshImage(), FreshImage():
            return word(one)[0] == word(two)[0] and _is_same(origin(one), origin(two))
        case _:
            return by_place(one) == by_place(two)


def _leads(part: VectorDirection, function: VectorDirection) -> bool:
    """Does a vector lead what a function is of?"""
    return isinstance(function, Activation) and any(_agree(part, inside) for inside in function.leading)


@lru_cache(maxsize=65536)
def images_in_argument(one: Activation) -> frozenset[FreshImage]:
    """The images of functions that an argument is made of, at any depth, functions by their place alone."""
    vectors = [factor for part, _ in one.parts for factor in factors(part)]
    inside = (images_in_argument(f) for f in vectors if isinstance(f, Activation))
    own = (f for f in vectors if isinstance(f, FreshImage) and has_function(f.origin))
    return frozenset(map(_with_places, own)).union(*inside)


def _with_places(one: FreshImage) -> FreshImage:
    those = (by_what_leads(f.named) if isinstance(f, Activation) else f for f in factors(one.origin))
    return FreshImage(one.matrix, image(word(one.of)[0], product_of(those)))


def sites_of(one: FreshImage) -> frozenset[str]:
    """The places of the functions that an image is of."""
    return frozenset(f.site for f in factors(one.origin) if isinstance(f, Activation))


@lru_cache(maxsize=65536)
def by_what_leads(one: Activation) -> Activation:
    """The function with what leads its argument alone, whatever its size."""
    whole = order(0)
    return replace(one, moments=(whole,) * 4, parts=frozenset((part, whole) for part in one.leading), power=1)
