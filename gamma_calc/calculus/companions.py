"""Components that are nowhere larger than what they shorten to, which comes with them.

An example: Z D Z' A' u, with D the diagonal of (Z'Z y) * y for N samples with targets y. Its part along A' u, where
each sample meets itself, is as large as all the rest. So where A' u is there already, at no less, the product decides
no order (docs/explanation, *diagrams that are left out*).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from gamma_calc.calculus.diagrams import diagram_of, diagrams_within, has_diagram, is_longer, shortenings, sizes
from gamma_calc.calculus.dims import Dim, Shape
from gamma_calc.calculus.direction import (
    Diagram,
    Direction,
    Entrywise,
    FixedAxis,
    FreshImage,
    GivenVector,
    Outer,
    Residual,
    VectorDirection,
    as_vector,
)
from gamma_calc.calculus.premises import Comparison
from gamma_calc.calculus.value import Value
from gamma_calc.exponents import Order, Region, order, where

MOST_EDGES: Final = 14  # of a diagram: longer ones have more ways to shorten than are worth looking at
MOST_ALIKE: Final = 6  # edges of one matrix in it


def without_companions(value: Value, shape: Shape, domain: Region, orders: Comparison) -> Value:
    """The value without diagrams, and products of images, that are nowhere larger than what they shorten to.

    What a diagram shortens to was made with it. What a product of images does is not always: it is looked for, and read
    as the value is.
    """
    if not any(map(_may_shorten, value.components)):
        return value
    kept = {
        d: size
        for d, size in value.components.items()
        if not any(_is_companion(diagram, domain) for diagram in diagrams_within(d))
        and not _has_shorter(d, size, value, shape, orders)
    }
    return value if len(kept) == len(value.components) else Value(kept, value.power)


@lru_cache(maxsize=65536)
def _is_companion(diagram: Diagram, domain: Region) -> bool:
    if is_longer(diagram, MOST_EDGES, MOST_ALIKE):
        return False
    size, shorter = sizes(diagram)
    return not shorter.is_zero_quantity and domain <= where(size, "<=", shorter)


def _may_shorten(direction: Direction) -> bool:
    """Has it a diagram, or an image of a product, as few have?"""
    if isinstance(direction, Outer) and (_is_image_of_product(direction.left) or _is_image_of_product(direction.right)):
        return True
    return has_diagram(direction)


def _has_shorter(direction: Direction, size: Order, value: Value, shape: Shape, orders: Comparison) -> bool:
    """Is there a component of no smaller size that one side of an update u w' shortens to, by as much as it is?"""
    for shorter, gain in _shorter_updates(direction, shape):
        known = value.components.get(shorter)
        if known is not None and orders.nowhere_above(order(0), gain) and orders.nowhere_above(size, known):
            return True
    return False


def _shorter_updates(direction: Direction, shape: Shape) -> Iterator[tuple[Direction, Order]]:
    if isinstance(direction, Outer):
        yield from ((Outer(left, direction.right), gain) for left, gain in _shorter_vectors(direction.left, shape[0]))
        yield from ((Outer(direction.left, right), gain) for right, gain in _shorter_vectors(direction.right, shape[1]))


def _is_image_of_product(direction: VectorDirection) -> bool:
    return isinstance(direction, FreshImage) and isinstance(direction.origin, Entrywise)


@lru_cache(maxsize=65536)
def _shorter_vectors(direction: VectorDirection, dim: Dim) -> tuple[tuple[VectorDirection, Order], ...]:
    """What an image of a product of entries shortens to, with how much larger that is."""
    if not (_is_image_of_product(direction) and _is_made_of_entries(direction)):
        return ()
    diagram = diagram_of(direction, (dim,))
    found = {} if is_longer(diagram, MOST_EDGES, MOST_ALIKE) else shortenings(diagram)
    return tuple((as_vector(shorter), gain) for shorter, gain in found.items())


@lru_cache(maxsize=65536)
def _is_made_of_entries(direction: VectorDirection) -> bool:
    """Is it a sum over indices of products of entries of matrices and of given vectors?"""
    match direction:
        case FreshImage(_, of):
            return _is_made_of_entries(of)
        case Entrywise(those):
            return all(map(_is_made_of_entries, those))
        case _:
            return isinstance(direction, GivenVector | Residual | FixedAxis)
