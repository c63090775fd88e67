"""<X, Y>: the sum of the products of entries, such as a loss that is linear in the outputs of a batch."""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.calculus.dims import Shape, shape_text
from gamma_calc.calculus.direction import UNIT
from gamma_calc.calculus.lemmas import CENTRAL_LIMIT, COHERENT, OVERLAP
from gamma_calc.calculus.overlap import overlap_in
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ShapeError
from gamma_calc.language.expression import Array, Expression, require_expression
from gamma_calc.language.forms import Bilinear


class Inner(Bilinear):
    """The inner product of two matrices of one shape. Lemma: the entries' number times the overlap of directions."""

    def __init__(self, left: Expression, right: Expression) -> None:
        self.arguments = (left, right)
        self.shape: Shape = ()

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        left, right = values
        rows, columns = self.arguments[0].shape
        entries = rows.exponent + columns.exponent
        for u, a in left.components.items():
            for v, b in right.components.items():
                shared = overlap_in(u, v, (rows, columns), premises.orders)
                lemma = COHERENT if u == v else CENTRAL_LIMIT if shared == entries / -2 else OVERLAP
                yield Contribution(UNIT, a + b + entries + shared, lemma)

    def numeric(self, *arrays: Array) -> Array:
        x, y = arrays
        return (x * y).sum((-2, -1))

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        x, y = self.arguments
        return upstream * y, upstream * x

    def rebuild(self, *arguments: Expression) -> Expression:
        return Inner(*arguments)

    def notation(self) -> str:
        left, right = self.arguments
        return f"<{left}, {right}>"


def inner(x: Expression, y: Expression) -> Expression:
    """The sum of the products of entries of two vectors or matrices. Raises ShapeError where their axes differ.

    >>> from gamma_calc import Dim, data
    >>> n, N = Dim("n", 1), Dim("N", "beta")
    >>> inner(data("U", n, N), data("Z", n, N))
    <<U, Z> : ()>
    """
    require_expression(x)
    require_expression(y)
    if x.shape != y.shape or not x.shape:
        raise ShapeError(
            f"the inner product of {x} ({shape_text(x.shape)}) and {y} ({shape_text(y.shape)})",
            hint="give two vectors or two matrices of one shape",
        )
    return Inner(x, y) if len(x.shape) == 2 else x @ y
