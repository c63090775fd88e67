"""What a contraction makes of two directions: the one place where coherent and random sums are told apart.

For a random matrix W (axis ``outer`` x axis ``inner``, exponents do and di) and unit-size directions:

=====================  =================================  =======================
contraction            gives                              gain
=====================  =================================  =======================
W on v                 the fresh direction W v            di/2 (central limit)
W on v = W^T u         also u, through the diagonal        di - do/2
(u w^T) on v           u                                  di + overlap(w, v)
<u, v>                 a scalar                           d + overlap(u, v)
W1 W2 (both random)    a chain that acts as its factors   d/2
=====================  =================================  =======================
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gamma_calc.calculus.assumptions import SumRule
from gamma_calc.calculus.dims import Dim
from gamma_calc.calculus.direction import (
    UNIT,
    Direction,
    FreshImage,
    Identity,
    MatrixProduct,
    Noise,
    Outer,
    RandomMatrix,
    VectorDirection,
    as_vector,
    transpose_alternations,
)
from gamma_calc.calculus.lemmas import ADDITIVE_SUM, CENTRAL_LIMIT, COHERENT, OVERLAP, RETURN, TRUNCATED
from gamma_calc.calculus.overlap import images_within, noise_within, overlap
from gamma_calc.calculus.sign import zero_sets
from gamma_calc.calculus.value import Contribution
from gamma_calc.exponents import maximum, order

Factors = tuple[RandomMatrix, ...]
MOST_ALTERNATIONS: Final = 3  # changes between forward and transposed matrices before a direction counts as noise


def inner(u: VectorDirection, v: VectorDirection, dim: Dim) -> Contribution:
    """<u, v> over an axis."""
    shared = overlap(u, v, dim)
    lemma = COHERENT if u == v else CENTRAL_LIMIT if shared == dim.independent_overlap else OVERLAP
    return Contribution(UNIT, dim.exponent + shared, lemma)


def act(matrix: Direction, v: VectorDirection, dim: Dim, rule: SumRule) -> Iterator[Contribution]:
    """A matrix direction on a vector direction, over the axis ``dim``."""
    if isinstance(matrix, RandomMatrix):
        yield from _random_matrix_on(matrix, v, rule)
    elif isinstance(matrix, Outer):
        scalar = inner(matrix.right, v, dim)
        yield Contribution(matrix.left, scalar.order, scalar.lemma)
    elif isinstance(matrix, Identity):
        yield Contribution(v, dim.exponent / 2, RETURN)
    elif isinstance(matrix, MatrixProduct):
        yield from _matrix_product_on(matrix, v, rule)


def multiply(left: Direction, right: Direction, dim: Dim, rule: SumRule) -> Iterator[Contribution]:
    """A matrix direction times a matrix direction, over the axis they share."""
    if isinstance(right, Outer):
        for c in act(left, right.left, dim, rule):
            yield Contribution(Outer(as_vector(c.direction), right.right), c.order, c.lemma)
    elif isinstance(left, Outer):
        for c in act(transposed(right), left.right, dim, rule):
            yield Contribution(Outer(left.left, as_vector(c.direction)), c.order, c.lemma)
    elif isinstance(left, Identity) or isinstance(right, Identity):
        yield Contribution(right if isinstance(left, Identity) else left, dim.exponent / 2, RETURN)
    else:
        yield from _product(_factors_of(left), _factors_of(right), dim)


def _product(left: Factors, right: Factors, dim: Dim) -> Iterator[Contribution]:
    """A word of random matrices, and what is left of it where W meets its transpose: the diagonal of W'W.

    Words are scaled to size 1, so that what stands before W' and after W is divided by the root of the axis there.
    """
    yield Contribution(MatrixProduct(left + right), dim.exponent / 2, CENTRAL_LIMIT)
    if left[-1] != right[0].T:
        return
    side, before, after = right[0].inner, left[:-1], right[1:]
    if before and after:
        for c in _product(before, after, side):
            yield Contribution(c.direction, c.order + dim.exponent - side.exponent, RETURN)
        return
    rest = before or after
    word = MatrixProduct(rest) if len(rest) > 1 else rest[0] if rest else Identity(side)
    yield Contribution(word, dim.exponent - side.exponent / 2, RETURN)


def transposed(direction: Direction) -> Direction:
    match direction:
        case RandomMatrix():
            return direction.T
        case Outer(left, right):
            return Outer(right, left)
        case MatrixProduct(matrices):
            return MatrixProduct(tuple(matrix.T for matrix in reversed(matrices)))
        case _:
            return direction


def _random_matrix_on(matrix: RandomMatrix, v: VectorDirection, rule: SumRule) -> Iterator[Contribution]:
    fresh = matrix.inner.exponent * rule.gain
    back = matrix.inner.exponent - matrix.outer.exponent / 2
    image = FreshImage(matrix, v)
    if isinstance(v, FreshImage) and v.matrix == matrix.T and maximum(fresh, back) == back and not zero_sets(v.of):
        yield Contribution(v.of, back, RETURN)  # the fresh part is no larger, comes with this one alone
        return
    if isinstance(v, Noise) or transpose_alternations(image) > MOST_ALTERNATIONS:
        yield Contribution(Noise(matrix.outer), maximum(fresh, back) if isinstance(v, Noise) else fresh, TRUNCATED)
    else:
        yield Contribution(image, fresh, ADDITIVE_SUM if rule.gain == 1 else CENTRAL_LIMIT)
    for made in dict.fromkeys(images_within(v, matrix.T)):
        along = overlap(v, made, matrix.inner)
        if made == v or along != matrix.inner.independent_overlap:
            yield Contribution(made.of, back + along, RETURN)
    hidden = noise_within([v])
    if not isinstance(v, Noise) and not hidden.is_zero_quantity:  # it may be an image that returns
        yield Contribution(Noise(matrix.outer), back + hidden, TRUNCATED)


def _matrix_product_on(chain: MatrixProduct, v: VectorDirection, rule: SumRule) -> Iterator[Contribution]:
    """Rightmost letter first. A chain's unit size already holds the sums over its inner axes."""
    parts = [Contribution(v, order(0), CENTRAL_LIMIT)]
    for matrix in reversed(chain.matrices):
        parts = [
            Contribution(c.direction, part.order + c.order, c.lemma)
            for part in parts
            for c in _random_matrix_on(matrix, as_vector(part.direction), rule)
        ]
    inside = sum((matrix.inner.exponent / 2 for matrix in chain.matrices[:-1]), start=order(0))
    for part in parts:
        yield Contribution(part.direction, part.order - inside, part.lemma)


def _factors_of(direction: Direction) -> tuple[RandomMatrix, ...]:
    if isinstance(direction, RandomMatrix):
        return (direction,)
    assert isinstance(direction, MatrixProduct), f"{direction} is no product of random matrices"
    return direction.matrices
