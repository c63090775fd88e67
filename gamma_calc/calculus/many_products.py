"""Updates of more products with functions than are told apart: what is no function in them counts as noise.

Skip connections double the ways back at every layer, and what each step makes of a function is another version of it.
A sum of very many such products is kept by the functions in them alone, which tell where they are zero: the vectors
that these multiply count as noise, which overlaps with anything.

An example: of step(h1) * u + step(h1) * v + step(h2) * u + ... step(h1) and step(h2) times noise are left.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from gamma_calc.calculus.dims import Shape
from gamma_calc.calculus.direction import (
    Activation,
    Direction,
    Noise,
    Outer,
    VectorDirection,
    as_vector,
    factors,
    has_function,
    is_matrix,
    origin,
    product_of,
)
from gamma_calc.calculus.value import Value

MOST_PRODUCTS: Final = 16  # with functions in an update, beside one vector on its other side
MOST_OF_VERSIONS: Final = 4  # of functions of which versions count as one, so that all of it is a bound
Side = tuple[int, VectorDirection | None]


def told_by_functions(value: Value, shape: Shape, most: int) -> Value:
    """The value with vectors for noise where more products are beside one vector than are told apart."""
    counted = Counter(side for direction in value.components for side in _sides(direction))
    many = frozenset(side for side, count in counted.items() if count > most)
    return value.renamed(lambda direction: _shorter(direction, shape, many)) if many else value


def _sides(direction: Direction) -> Iterator[Side]:
    """Which of its axes a direction has a product with functions on, and what is on the other."""
    if isinstance(direction, Outer):
        if _is_product(direction.left):
            yield 0, direction.right
        if _is_product(direction.right):
            yield 1, direction.left
    elif not is_matrix(direction) and _is_product(as_vector(direction)):
        yield 0, None


def _is_product(vector: VectorDirection) -> bool:
    """Is a vector made of functions, and none of them itself?"""
    return has_function(origin(vector)) and not isinstance(vector, Activation)


def _shorter(direction: Direction, shape: Shape, many: frozenset[Side]) -> Direction:
    here = frozenset(axis for axis, other in _sides(direction) if (axis, other) in many)
    if not here:
        return direction
    if not isinstance(direction, Outer):
        return _with_noise(as_vector(direction), shape, 0)
    left = _with_noise(direction.left, shape, 0) if 0 in here else direction.left
    right = _with_noise(direction.right, shape, 1) if 1 in here else direction.right
    return Outer(left, right)


def _with_noise(vector: VectorDirection, shape: Shape, axis: int) -> VectorDirection:
    functions = (factor for factor in factors(vector) if isinstance(factor, Activation))
    return product_of((*functions, Noise(shape[axis])))
