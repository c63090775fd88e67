"""What a contraction makes of two directions: the one place where coherent and random sums are told apart.

For a random matrix W (axis ``outer`` x axis ``inner``, exponents do and di) and unit-size directions:

=====================  =================================  =======================
contraction            gives                              gain
=====================  =================================  =======================
W on v                 the fresh direction W v            di/2 (central limit)
W on v = W^T u         also u, through the diagonal        di - do/2
(u w^T) on v           u                                  di + overlap(w, v)
<u, v>                 a scalar                           d + overlap(u, v)
W1 W2 (both random)    a word (``calculus/words.py``)      d/2
D_v W                  a diagram (``calculus/diagrams.py``)    0
=====================  =================================  =======================
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from gamma_calc.calculus.assumptions import CLT
from gamma_calc.calculus.diagrams import has_diagram, products, transposed_diagram
from gamma_calc.calculus.dims import Dim, Shape
from gamma_calc.calculus.direction import (
    ONES,
    UNIT,
    Direction,
    FreshImage,
    Identity,
    MatrixDiagram,
    MatrixProduct,
    Noise,
    Outer,
    RandomMatrix,
    VectorDirection,
    as_vector,
    fresh_image,
    word,
)
from gamma_calc.calculus.lemmas import ADDITIVE_SUM, CENTRAL_LIMIT, COHERENT, GRAPH, OVERLAP, PRODUCT, RETURN, TRUNCATED
from gamma_calc.calculus.overlap import images_within, noise_within, overlap
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.sign import zero_sets
from gamma_calc.calculus.value import Contribution
from gamma_calc.calculus.words import MOST_TURNS, is_covered, join, letters, raw_size, turns
from gamma_calc.exponents import MINUS_INFINITY, Order, maximum, order


def inner(
    u: VectorDirection, v: VectorDirection, dim: Dim, premises: Premises, floor: Order = MINUS_INFINITY
) -> Contribution:
    """<u, v> over an axis. Where they agree by no more than ``floor``, whatever is smaller may be the answer."""
    shared = overlap(u, v, dim, premises.orders, floor)
    lemma = COHERENT if u == v else CENTRAL_LIMIT if shared == dim.independent_overlap else OVERLAP
    return Contribution(UNIT, dim.exponent + shared, lemma)


def act(matrix: Direction, v: VectorDirection, dim: Dim, premises: Premises) -> Iterator[Contribution]:
    """A matrix direction on a vector direction, over the axis ``dim``."""
    if isinstance(matrix, Outer):
        scalar = inner(matrix.right, v, dim, premises)
        yield Contribution(matrix.left, scalar.order, scalar.lemma)
    elif has_diagram(matrix) or has_diagram(v):
        yield from _paired_off(products(matrix, v, ((dim, dim), (dim,)), ((1, 2),), (0,)))
    elif isinstance(matrix, RandomMatrix):
        yield from _random_matrix_on(matrix, v, premises)
    elif isinstance(matrix, Identity):
        yield Contribution(v, dim.exponent / 2, RETURN)
    elif isinstance(matrix, MatrixProduct):
        yield from _matrix_product_on(matrix, v, premises)


def multiply(left: Direction, right: Direction, dim: Dim, premises: Premises) -> Iterator[Contribution]:
    """A matrix direction times a matrix direction, over the axis they share."""
    if isinstance(right, Outer):
        for c in act(left, right.left, dim, premises):
            yield Contribution(Outer(as_vector(c.direction), right.right), c.order, c.lemma)
    elif isinstance(left, Outer):
        for c in act(transposed(right), left.right, dim, premises):
            yield Contribution(Outer(left.left, as_vector(c.direction)), c.order, c.lemma)
    elif has_diagram(left) or has_diagram(right):
        yield from _paired_off(products(left, right, ((dim, dim), (dim, dim)), ((1, 2),), (0, 3)))
    elif isinstance(left, Identity) or isinstance(right, Identity):
        yield Contribution(right if isinstance(left, Identity) else left, dim.exponent / 2, RETURN)
    else:
        yield from join(letters(left), letters(right), dim)


def rows_times(v: VectorDirection, matrix: Direction, shape: Shape) -> Iterator[Contribution]:
    """D_v X: the rows of a matrix that is no outer product, each times an entry of a vector."""
    if v == ONES:
        return iter((Contribution(matrix, order(0), PRODUCT),))
    return _paired_off(products(v, matrix, (shape[:1], shape), ((0, 1),), (1, 2)))


def row_products(left: Direction, right: Direction, shape: Shape) -> Iterator[Contribution]:
    """The inner products of the rows of two matrices that are no outer products."""
    return _paired_off(products(left, right, (shape, shape), ((0, 2), (1, 3)), (0,)))


def entries_times(left: Direction, right: Direction, shape: Shape) -> Iterator[Contribution]:
    """The entries of two matrices times each other, where not both are outer products."""
    return _paired_off(products(left, right, (shape, shape), ((0, 2), (1, 3)), (0, 1)))


def _paired_off(found: Iterable[tuple[Direction, Order]]) -> Iterator[Contribution]:
    return (Contribution(direction, size, GRAPH) for direction, size in found)


def transposed(direction: Direction) -> Direction:
    match direction:
        case RandomMatrix():
            return direction.T
        case Outer(left, right):
            return Outer(right, left)
        case MatrixDiagram():
            return transposed_diagram(direction)
        case MatrixProduct(matrices):
            return MatrixProduct(tuple(matrix.T for matrix in reversed(matrices)))
        case _:
            return direction


@lru_cache(maxsize=65536)
def _random_matrix_on(matrix: RandomMatrix, v: VectorDirection, premises: Premises) -> tuple[Contribution, ...]:
    """What comes of it is found once: the same image is one object then, which is quick to compare."""
    return tuple(_images(matrix, v, premises))


def _images(matrix: RandomMatrix, v: VectorDirection, premises: Premises) -> Iterator[Contribution]:
    fresh = matrix.inner.exponent * premises.sums.gain
    back = matrix.inner.exponent - matrix.outer.exponent / 2
    image = fresh_image(matrix, v)
    matrices, of = word(image)
    if isinstance(v, FreshImage) and v.matrix == matrix.T and premises.sums == CLT and comes_with_larger(matrices, of):
        yield Contribution(v.of, back, RETURN)
        return
    if isinstance(v, Noise) or turns(matrices) > MOST_TURNS:
        yield Contribution(Noise(matrix.outer), maximum(fresh, back) if isinstance(v, Noise) else fresh, TRUNCATED)
    else:
        yield Contribution(image, fresh, ADDITIVE_SUM if premises.sums.gain == 1 else CENTRAL_LIMIT)
    for made in dict.fromkeys(images_within(v, matrix.T)):
        along = overlap(v, made, matrix.inner, premises.orders)
        if made == v or along != matrix.inner.independent_overlap:
            yield Contribution(made.of, back + along, RETURN)
    hidden = noise_within([v])
    if not isinstance(v, Noise) and not hidden.is_zero_quantity:  # it may be an image that returns
        yield Contribution(Noise(matrix.outer), back + hidden, TRUNCATED)


def comes_with_larger(matrices: Sequence[RandomMatrix], of: VectorDirection) -> bool:
    """Is an image no larger than what returns in it, and comes with that alone? Masks may tell it apart."""
    return not zero_sets(of) and is_covered(tuple(matrices))


def _matrix_product_on(chain: MatrixProduct, v: VectorDirection, premises: Premises) -> Iterator[Contribution]:
    """Rightmost letter first. A chain's unit size already holds the sums over its inner axes."""
    parts = [Contribution(v, order(0), CENTRAL_LIMIT)]
    for matrix in reversed(chain.matrices):
        parts = [
            Contribution(c.direction, part.order + c.order, c.lemma)
            for part in parts
            for c in _random_matrix_on(matrix, as_vector(part.direction), premises)
        ]
    inside = raw_size(chain.matrices)
    for part in parts:
        yield Contribution(part.direction, part.order - inside, part.lemma)
