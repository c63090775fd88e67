"""How far two directions agree: the order of <u, v> / (|u| |v|).

On an axis of size N independent vectors overlap by N^-1/2. More than that comes from what they share:

* images under one matrix overlap as much as what they are images of;
* an entrywise product overlaps with another where all their factors pair off (Isserlis' theorem);
* an activation takes part in such a pairing alone (its mean), or through parts of its argument (its slope and higher
  moments, ``calculus/function.py``).

An example: relu(u + v) against u * v. Both factors are parts of the activation's argument, which has a second moment
with them, so the two overlap at order 0; against u * v * w only by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache, partial
from itertools import chain
from typing import Final

from gamma_calc.calculus.bends import concentration_of
from gamma_calc.calculus.diagrams import diagram_overlap, has_diagram
from gamma_calc.calculus.dims import Dim, Shape
from gamma_calc.calculus.direction import (
    Activation,
    Direction,
    Entrywise,
    FreshImage,
    Identity,
    Noise,
    Outer,
    RandomMatrix,
    VectorDirection,
    as_vector,
    factors,
    image,
)
from gamma_calc.calculus.entrywise_products import gain_of_squares, gathered, size_given
from gamma_calc.calculus.numbered_directions import NumberedDirections
from gamma_calc.calculus.pairing import PairingSearch
from gamma_calc.calculus.parity import is_odd
from gamma_calc.calculus.premises import EVERYWHERE, Comparison
from gamma_calc.calculus.ways import Weights
from gamma_calc.calculus.words import letters, word_overlap
from gamma_calc.exponents import MINUS_INFINITY, Order, largest, maximum, order

Agreement = Callable[[VectorDirection, VectorDirection, Dim], Order]
MOST_MOMENTS: Final = 8  # parts of arguments that one pairing may use


def overlap_in(u: Direction, v: Direction, shape: Shape, orders: Comparison = EVERYWHERE) -> Order:
    """The order of the normalised inner product of two directions of a tensor of this shape."""
    if u == v:
        return order(0)
    if has_diagram(u) or has_diagram(v):
        return diagram_overlap(u, v, shape)
    if isinstance(u, Outer) and isinstance(v, Outer):
        return overlap(u.left, v.left, shape[0], orders) + overlap(u.right, v.right, shape[1], orders)
    if len(shape) == 1:
        return overlap(as_vector(u), as_vector(v), shape[0], orders)
    rows, columns = shape
    if isinstance(v, Outer):
        u, v = v, u
    if isinstance(u, Outer):
        return with_update(v, u, rows, columns, partial(overlap, orders=orders))
    return word_overlap(u, v, rows, columns)


def with_update(matrix: Direction, update: Outer, rows: Dim, columns: Dim, agree: Agreement) -> Order:
    """<X, u w^T> is <X'u, w> and <X w, u>: coherent where the update came about through the word X itself."""
    if isinstance(matrix, Identity):
        return rows.independent_overlap + agree(update.left, update.right, rows)
    word = letters(matrix)
    back = image([m.T for m in reversed(word)], update.left)
    return maximum(
        rows.independent_overlap + agree(back, update.right, columns),
        columns.independent_overlap + agree(image(word, update.right), update.left, rows),
    )


@lru_cache(maxsize=65536)
def overlap(
    u: VectorDirection, v: VectorDirection, dim: Dim, orders: Comparison = EVERYWHERE, floor: Order = MINUS_INFINITY
) -> Order:
    """The order of <u, v> / (|u| |v|) on an axis: 0 where they agree, -1/2 per exponent where they are independent.

    Images agree as much as what they are images of, matrix by matrix and not one inside the other: words are as long as
    a program is deep. Nor is it larger than 0 where functions of one argument are sparse, though each counts as if it
    were so by itself. Where it is nowhere above ``floor``, whatever is smaller may be the answer.
    """
    if u == v:
        return order(0)
    if has_diagram(u) or has_diagram(v):
        return diagram_overlap(u, v, (dim,))
    chance = dim.independent_overlap
    while isinstance(u, FreshImage) and isinstance(v, FreshImage):
        if u.matrix != v.matrix:
            return chance
        dim = u.matrix.inner
        chance = maximum(chance, dim.independent_overlap)
        u, v = u.of, v.of
    found = maximum(chance, moment((*factors(u), *factors(v)), maximum(chance, floor), orders))
    return found if found.number is None or found.number <= 0 else order(0)


def moment(
    those: Collection[VectorDirection], chance: Order = MINUS_INFINITY, orders: Comparison = EVERYWHERE
) -> Order:
    """The order of the mean of an entrywise product of directions of size 1; -oo where it vanishes.

    Noise may be along anything, so its moments are bounded by 0. What is nowhere above ``chance`` may be left out.
    """
    hidden = noise_within(those)
    if hidden == 0:
        return hidden
    atoms, functions, gain = gathered(bright(one, chance, orders) for one in those)
    if is_odd((*atoms, *functions)):
        return hidden
    falling, floor = all(gains_nothing(f, orders) for f in functions), chance - gain
    agree = partial(pair, orders=orders, floor=floor if falling else MINUS_INFINITY)
    known = NumberedDirections(agree, Weights(orders))
    search = PairingSearch(known, falling, floor)
    budget = min(_parts_needed(atoms, functions), MOST_MOMENTS)
    return maximum(hidden, gain + search.largest(known.pool(atoms, functions), budget))


@lru_cache(maxsize=65536)
def bright(direction: VectorDirection, chance: Order, orders: Comparison = EVERYWHERE) -> VectorDirection:
    """The direction without parts of arguments that are too small to pair by more than chance.

    Each part that is given counts by its size, and nothing in a pairing is larger than 0; but where a function is
    sparse a square of it is, and then all parts stay. Nor are moments of use that are so small.
    """
    match direction:
        case Activation(parts=parts) if parts and _is_spread(direction):
            is_below = partial(orders.nowhere_above, high=chance)
            kept = ((bright(part, chance, orders), size) for part, size in parts if not is_below(size))
            mean, slope, even, odd = (MINUS_INFINITY if is_below(m) else m for m in direction.moments)
            return replace(direction, moments=(mean, slope, even, odd), parts=frozenset(kept))
        case Entrywise(those):
            return Entrywise(frozenset(bright(f, chance, orders) for f in those))
        case _:
            return direction


@lru_cache(maxsize=65536)
def _is_spread(one: Activation) -> bool:
    """Are its squares, and those of all functions in its argument, no larger than their size says?"""
    inside = (f for part, _ in one.parts for f in factors(part) if isinstance(f, Activation))
    return concentration_of(one) == 0 and all(map(_is_spread, inside))


@lru_cache(maxsize=65536)
def gains_nothing(one: Activation, orders: Comparison = EVERYWHERE) -> bool:
    """Is no part of an argument larger when it is given than 0, the squares of what is sparse in it counted?

    No part is larger than the whole, so that only what squares may add is compared.
    """
    return all(_falls(part, size_given(one, part, size), orders) for part, size in one.parts)


def _falls(part: VectorDirection, size: Order, orders: Comparison) -> bool:
    gain = gain_of_squares(part)
    inside = (f for f in factors(part) if isinstance(f, Activation))
    small = gain == 0 or orders.nowhere_above(size + gain, order(0))
    return small and all(gains_nothing(f, orders) for f in inside)


def _parts_needed(atoms: Collection[VectorDirection], functions: Collection[Activation]) -> int:
    """How many parts of arguments a pairing may use: one an atom, or two where it is inside two, and two a function."""
    inside = any(isinstance(f, Activation) for one in functions for part, _ in one.parts for f in factors(part))
    return len(atoms) * (2 if inside else 1) + 2 * len(functions)


# -- pairings ----------------------------------------------------------------------------------------------------------


def pair(
    one: VectorDirection, two: VectorDirection, orders: Comparison = EVERYWHERE, floor: Order = MINUS_INFINITY
) -> Order:
    """The overlap of two factors; -oo where they are independent, or agree by no more than ``floor``."""
    if one == two:
        return order(0)
    if isinstance(one, FreshImage) and isinstance(two, FreshImage) and one.matrix == two.matrix:
        shared = overlap(one.of, two.of, one.matrix.inner, orders)
        return MINUS_INFINITY if orders.nowhere_above(shared, floor) else shared
    return MINUS_INFINITY


def noise_within(those: Iterable[VectorDirection]) -> Order:
    """The largest size at which noise is in one of these, also as a part of an argument; -oo where it is in none.

    A function shows no part of its argument by more than the part's size: noise in it is along anything by that.
    """
    return largest(map(_noise_in, those))


@lru_cache(maxsize=65536)
def _noise_in(direction: VectorDirection) -> Order:
    return largest(chain.from_iterable(map(_noise_in_factor, factors(direction))))


def _noise_in_factor(factor: VectorDirection) -> Iterator[Order]:
    if isinstance(factor, Noise):
        yield order(0)
    elif isinstance(factor, Activation):
        hidden = ((size, _noise_in(part)) for part, size in factor.parts)
        yield from (size + inside for size, inside in hidden if not inside.is_zero_quantity)


# -- what comes back through a matrix ----------------------------------------------------------------------------------


def images_within(direction: VectorDirection, matrix: RandomMatrix) -> Iterator[FreshImage]:
    """The images under a matrix that a direction is made of, at any depth."""
    for factor in factors(direction):
        if isinstance(factor, FreshImage) and factor.matrix == matrix:
            yield factor
        elif isinstance(factor, Activation):
            yield from chain.from_iterable(images_within(part, matrix) for part, _ in factor.parts)
