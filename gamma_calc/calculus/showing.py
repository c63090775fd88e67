"""Which direction shows another: whatever the one overlaps with, the other gives as much at the size said here.

An example: relu(W x) shows W x at size 1, as its slope has a mean; W x shows nothing of relu(W x) but by chance.

Pruning asks for what is at least a given size, the ``floor``: steps that lead below it are not taken.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from functools import lru_cache, partial
from itertools import chain
from typing import Final

from gamma_calc.calculus.diagrams import has_diagram
from gamma_calc.calculus.dims import Dim, Shape
from gamma_calc.calculus.direction import (
    Activation,
    Direction,
    FreshImage,
    Outer,
    VectorDirection,
    as_vector,
    factors,
    product_of,
)
from gamma_calc.calculus.entrywise_products import entrywise_product, is_version
from gamma_calc.calculus.overlap import bright, noise_within, with_update
from gamma_calc.calculus.words import is_word, word_shows
from gamma_calc.exponents import MINUS_INFINITY, Order, maximum, minimum, order

MOST_STEPS: Final = 2  # means and slopes that are taken one after another; what is not found leaves more components


def shows_in(u: Direction, v: Direction, shape: Shape, floor: Order = MINUS_INFINITY) -> Order:
    """The size at which u stands for v: whatever v overlaps with, u at size 1 gives as much as v at this size.

    Where it is below ``floor``, whatever is smaller may be the answer.
    """
    if u == v:
        return order(0)
    if isinstance(u, Outer) and isinstance(v, Outer):
        left = shows(u.left, v.left, shape[0], floor, MOST_STEPS)
        return left if _is_below(left, floor) else left + shows(u.right, v.right, shape[1], floor - left, MOST_STEPS)
    if len(shape) == 1:
        return shows(as_vector(u), as_vector(v), shape[0], floor, MOST_STEPS)
    if is_word(u) and is_word(v):
        return word_shows(u, v, shape[0], shape[1])
    if isinstance(v, Outer) and not has_diagram(u):
        return with_update(u, v, shape[0], shape[1], partial(shows, floor=MINUS_INFINITY, depth=MOST_STEPS))
    rows, columns = shape
    return rows.independent_overlap + columns.independent_overlap


@lru_cache(maxsize=65536)
def shows(u: VectorDirection, v: VectorDirection, dim: Dim, floor: Order, depth: int) -> Order:
    """The size at which u stands for v on an axis; by chance it does so at its overlap with an independent one."""
    if u == v:
        return order(0)
    best = chance = dim.independent_overlap
    for size in _shown(bright(u, chance), bright(v, chance), dim, floor, depth):
        best = maximum(best, size)
        if best.number == 0:
            break
    return best


def _shown(u: VectorDirection, v: VectorDirection, dim: Dim, floor: Order, depth: int) -> Iterator[Order]:
    if not (hidden := noise_within((u,))).is_zero_quantity:
        yield hidden
    if isinstance(u, FreshImage) and isinstance(v, FreshImage) and u.matrix == v.matrix:
        yield shows(u.of, v.of, u.matrix.inner, floor, depth)
    for size, made, of in _steps(u, v, dim, floor, depth) if depth else ():
        if not _is_below(size, floor):
            yield size + shows(made, of, dim, floor - size, depth - 1)


def _steps(
    u: VectorDirection, v: VectorDirection, dim: Dim, floor: Order, depth: int
) -> Iterator[tuple[Order, VectorDirection, VectorDirection]]:
    """What u shows by one of its activations, and what that is to show then: all of one, its mean, or its slope."""
    there = [f for f in factors(v) if isinstance(f, Activation)]
    for f in (f for f in factors(u) if isinstance(f, Activation)):
        rest = product_of(factors(u) - {f})
        for twin in (one for one in there if is_version(f, one)):
            yield _shows_parts(f, twin, dim, floor, depth), rest, product_of(factors(v) - {twin})
        mean, slope, *_ = f.moments
        yield mean, rest, v
        for part, size in _leading_on(f, rest, v) if not slope.is_zero_quantity else ():
            made, gain = entrywise_product(rest, part)
            yield slope + size + gain, made, v


def _leading_on(f: Activation, rest: VectorDirection, v: VectorDirection) -> Iterator[tuple[VectorDirection, Order]]:
    """The parts of an argument that have something in which two products differ: a vector, if they differ in vectors.

    Other vectors in a part would have to go again. One without any goes by the functions in it.
    """
    apart, known = _vectors(rest) ^ _vectors(v), _by_vector(f)
    if apart:
        yield from dict.fromkeys(chain.from_iterable(known.get(vector, ()) for vector in apart))
    names = _names(rest) ^ _names(v)
    for part, size in known.get(None, ()) if apart else f.parts:
        if not names.isdisjoint(_names(part)):
            yield part, size


@lru_cache(maxsize=65536)
def _by_vector(f: Activation) -> Mapping[VectorDirection | None, list[tuple[VectorDirection, Order]]]:
    """The parts of an argument by the vectors in them, and those without any."""
    found: dict[VectorDirection | None, list[tuple[VectorDirection, Order]]] = {}
    for part, size in f.parts:
        for vector in _vectors(part) or (None,):
            found.setdefault(vector, []).append((part, size))
    return found


@lru_cache(maxsize=65536)
def _vectors(direction: VectorDirection) -> frozenset[VectorDirection]:
    return frozenset(f for f in factors(direction) if not isinstance(f, Activation))


@lru_cache(maxsize=65536)
def _names(direction: VectorDirection) -> frozenset[Hashable]:
    """The factors of a product, functions by their place: what a part must have one of to lead from one to another."""
    return frozenset(f.place if isinstance(f, Activation) else f for f in factors(direction))


@lru_cache(maxsize=65536)
def _shows_parts(one: Activation, two: Activation, dim: Dim, floor: Order, depth: int) -> Order:
    """By how much less one activation shows of the parts of another at the same place."""
    if one.power != two.power:
        return MINUS_INFINITY
    least = order(0)
    for mine, its in zip(one.moments, two.moments, strict=True):
        least = least if its.is_zero_quantity else minimum(least, mine - its)
    known = {part: size.form for part, size in one.parts}
    for part, size in two.parts:
        if _is_below(least, floor):
            break
        if known.get(part) != size.form:  # what is spelled in another way may be long to compare
            least = minimum(least, _shows_part(one, part, dim, floor + size, depth - 1) - size)
    return least


def _shows_part(one: Activation, part: VectorDirection, dim: Dim, floor: Order, depth: int) -> Order:
    """The largest size at which a part of an activation's argument shows another vector."""
    best = MINUS_INFINITY
    for other, mine in sorted(one.parts, key=lambda known: known[0] != part):
        if not _is_below(mine, floor):
            best = maximum(best, mine + shows(other, part, dim, floor - mine, depth))
    return best


def _is_below(size: Order, floor: Order) -> bool:
    """Is a number below another, or nothing at all? Of functions of open exponents it is not asked."""
    if size.is_zero_quantity:
        return True
    return size.number is not None and floor.number is not None and size.number < floor.number
