"""(G G' + d)^-1 x: the inverse of the Gram matrix of few rows, as preconditioners apply it.

Write F = G' (n x r, r below n) as a random part F0 with entries n^f plus updates u_i h_i' of order q_i. Three cases:

* x = F'y, what F made of some y. With K = F'(1 - yy'/|y|^2)F the Gram matrix is K + xx'/|y|^2, so by Sherman and
  Morrison's identity its inverse takes x to K^-1 x over 1 + x'K^-1 x/|y|^2, exactly. Where u_i is along y, K is F0's
  and of the order n^(2f + 1) in every direction: the share of x that an update has made is divided by the larger of
  that and |u_i|^2 |h_i|^2 = n^(2 q_i + 1) r. No inverse of a singular matrix is taken: a factor that started at zero
  and has one update only works. The share that F0 has made is divided by n^(2f + 1), which is exact where u_i is along
  y up to a remainder of its own size, as the sign of y is; otherwise it is an upper bound once the updates' part of
  the Gram matrix is more than n/r times F0's. Updates that are not along y count each by itself, as if their h_i were
  in general position.
* Any other x is divided by n^(2f + 1): exact while the updates' part of the Gram matrix is below F0's. Above, what x
  has along h_i is divided by more; where x is along h_i that may be all of it, and the order is an upper bound. An
  example: the sign of F'u_i, where h_i is a sign itself.
* A matrix X, where F's updates are sums over a batch: words, of rank r where no axis inside them is narrower. The Gram
  matrix of a word with entries n^f is n^(2f + 1) in every direction, by the law of large numbers over n, up to an r x r
  matrix of order one: so the largest word divides all of X. What samples have in common adds u_i h_i'; where one of
  these is larger than all words, what is along h_i is divided by more, and the answer is an upper bound.

The damping d, if there is one, is the least that anything is divided by. Without one the inverse of a singular matrix
is its pseudo-inverse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import reduce
from operator import or_
from typing import Final

from gamma_calc.calculus.contraction import act
from gamma_calc.calculus.dims import Dim, Shape, shape_text
from gamma_calc.calculus.direction import Direction, Outer, VectorDirection, as_vector
from gamma_calc.calculus.lemmas import GRAM
from gamma_calc.calculus.overlap import overlap
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.calculus.words import letters
from gamma_calc.errors import ProgramError, ShapeError
from gamma_calc.exponents import NOTHING, Order, Region, largest, maximum, minimum, where
from gamma_calc.language.expression import Array, Expression
from gamma_calc.language.forms import DividesGradient
from gamma_calc.operations.matmul import MatMul
from gamma_calc.operations.scale import Scale
from gamma_calc.operations.transpose import Transpose

SINGULAR: Final = Fraction(1, 10**12)  # eigenvalues below this share of the largest count as zero


class _Preconditioned(DividesGradient):
    """What both cases share: the arguments G, a vector, and the damping as a scalar where there is one."""

    precedence = 5

    def __init__(self, *arguments: Expression) -> None:
        self.arguments = arguments
        self.shape: Shape = arguments[0].shape[:1]

    def numeric(self, *arrays: Array) -> Array:
        rows, x, *damping = arrays
        return (self._inverse(rows, damping) @ self._made(rows, x)[..., None])[..., 0]

    def _inverse(self, rows: Array, damping: Sequence[Array]) -> Array:
        gram = rows @ rows.swapaxes(-1, -2)
        if damping:
            gram = gram + damping[0][..., None, None] * gram.new_ones(gram.shape[-1:]).diag()
        inverse: Array = gram.pinverse(SINGULAR.numerator / SINGULAR.denominator)
        return inverse

    def _made(self, rows: Array, x: Array) -> Array:
        """The vector that the inverse is applied to."""
        return x

    def rebuild(self, *arguments: Expression) -> Expression:
        return type(self)(*arguments)

    def _least(self, values: tuple[Value, ...]) -> Order:
        """The order of the eigenvalues off all updates; -oo where there is neither a random part nor a damping."""
        rows, _, *damping = values
        length = self.arguments[0].shape[1].exponent
        random = [2 * size + length for direction, size in rows.components.items() if not isinstance(direction, Outer)]
        return largest([*random, *(d.order for d in damping)])

    def _own(self, direction: Direction, size: Order) -> Order:
        """The square of what this part of G does to a vector along it."""
        few, many = (dim.exponent for dim in self.arguments[0].shape)
        return 2 * size + many + (few if isinstance(direction, Outer) else 0)


class GramInverseOfImage(_Preconditioned):
    """(G G' + d)^-1 G y. See the first case above."""

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        rows, y, *_ = values
        least = self._least(values)
        for direction, most in rows.components.items():
            size = most if rows.least is None else self._counted(direction, most, least)
            eigenvalue = maximum(least, self._own(direction, size))
            for of, order in y.components.items():
                for c in act(direction, as_vector(of), self.arguments[0].shape[1], premises):
                    yield Contribution(c.direction, size + order + c.order - eigenvalue, GRAM)

    def overcounted(self, values: tuple[Value, ...]) -> Region:
        """Where several updates, or an update that is not of y, outweigh the random part: each counts by itself."""
        rows, y, *_ = values
        least = self._least(values)
        updates = {d: size for d, size in rows.components.items() if isinstance(d, Outer)}
        apart = len({d.right for d in updates}) > 1 or any(d.right not in y.components for d in updates)
        few, many = (dim.exponent for dim in self.arguments[0].shape)
        found = (where(least + many - few, "<", self._own(d, size)) for d, size in updates.items() if apart)
        return reduce(or_, found, NOTHING)

    def _counted(self, direction: Direction, most: Order, least: Order) -> Order:
        """The size, up to the most that it may be, at which a part of G leaves the most once it is divided by.

        Raises ProgramError for a factor that has updates alone: of them there may be any less, and so more of this.
        """
        if not isinstance(direction, Outer):
            return most
        if least.is_zero_quantity:
            raise ProgramError(
                f"{self} divides by updates of {self.arguments[0]} that may be less than they count for",
                hint="start both factors at random, give the preconditioner a damping, or ask for fewer steps",
            )
        few, many = (dim.exponent for dim in self.arguments[0].shape)
        return minimum(most, (least - few - many) / 2)

    def _made(self, rows: Array, x: Array) -> Array:
        made: Array = (rows @ x[..., None])[..., 0]
        return made

    def notation(self) -> str:
        rows, y, *_ = self.arguments
        return f"({_gram(self.arguments)})^-1 {rows.inside(4)} {y.inside(5)}"


class GramInverse(_Preconditioned):
    """(G G' + d)^-1 x. See the second case above."""

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        least = self._least(values)
        for direction, size in values[1].components.items():
            if least.is_zero_quantity:
                raise ProgramError(
                    f"{self} divides by zero: {self.arguments[0]} has moved in too few directions",
                    hint="start both factors at random, or give the preconditioner a damping",
                )
            yield Contribution(direction, size - least, GRAM)

    def overcounted(self, values: tuple[Value, ...]) -> Region:
        """Where an update that x is along, not by chance, outweighs the random part."""
        rows, x, *_ = values
        least = self._least(values)
        met = ((d.left, self._own(d, size)) for d, size in rows.components.items() if isinstance(d, Outer))
        return reduce(or_, (where(least, "<", own) for h, own in met if self._is_along(h, x)), NOTHING)

    def _is_along(self, h: VectorDirection, x: Value) -> bool:
        dim = self.shape[0]
        return any(u == h or overlap(as_vector(u), h, dim) != dim.independent_overlap for u in x.components)

    def notation(self) -> str:
        return f"({_gram(self.arguments)})^-1 {self.arguments[1].inside(5)}"


class GramInverseOnMatrix(GramInverse):
    """(G G' + d)^-1 X. See the third case above."""

    def __init__(self, *arguments: Expression) -> None:
        super().__init__(*arguments)
        self.shape = arguments[1].shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        few, _ = self.arguments[0].shape
        if values[1].components and not all(_has_full_rank(d, few) for d in values[0].components):
            raise ProgramError(
                f"{self} is not known: {self.arguments[0]} may have fewer directions than rows",
                hint="take a growing batch at a fixed rank, or one sample",
            )
        return super().orders(values, premises)

    def overcounted(self, values: tuple[Value, ...]) -> Region:
        """Where what samples have in common outweighs the words."""
        least = self._least(values)
        _, many = (dim.exponent for dim in self.arguments[0].shape)
        found = (where(least, "<", 2 * o + many) for d, o in values[0].components.items() if isinstance(d, Outer))
        return reduce(or_, found, NOTHING)

    def numeric(self, *arrays: Array) -> Array:
        rows, x, *damping = arrays
        return self._inverse(rows, damping) @ x


def _has_full_rank(direction: Direction, few: Dim) -> bool:
    """Has a part of G as many directions as rows, or, made of what samples have in common, a known one?"""
    inside = [matrix.inner.exponent for matrix in letters(direction)[:-1]]
    return isinstance(direction, Outer) or not inside or (few.is_fixed and 0 not in inside)


def gram_inverse(rows: Expression, x: Expression, damping: Expression | None = None) -> Expression:
    """(G G' + d)^-1 x for G of shape r x n, or X. ``damping`` is a scalar. Raises ShapeError where axes do not fit."""
    if len(rows.shape) != 2 or x.shape[:1] != rows.shape[:1]:
        raise ShapeError(
            f"the Gram matrix of {rows} ({shape_text(rows.shape)}) cannot act on {x} ({shape_text(x.shape)})",
            hint="give a matrix and a vector of its first axis",
        )
    more = () if damping is None else (damping,)
    if len(x.shape) == 2:
        return GramInverseOnMatrix(rows, x, *more)
    if isinstance(x, Scale):
        return x.rebuild(gram_inverse(rows, x.arguments[0], damping))
    if isinstance(x, MatMul) and _same(x.arguments[0], rows):
        return GramInverseOfImage(rows, x.arguments[1], *more)
    return GramInverse(rows, x, *more)


def _same(one: Expression, two: Expression) -> bool:
    if isinstance(one, Transpose) and isinstance(two, Transpose):
        return one.arguments[0] is two.arguments[0]
    return one is two


def _gram(arguments: tuple[Expression, ...]) -> str:
    rows, _, *damping = arguments
    back = rows.arguments[0] if isinstance(rows, Transpose) else rows.T
    return " + ".join([f"{rows.inside(4)} {back.inside(5)}", *map(str, damping)])
