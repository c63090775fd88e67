"""u w^T: what a weight's gradient is for one sample."""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.calculus.dims import Shape, shape_text
from gamma_calc.calculus.direction import Outer, as_vector
from gamma_calc.calculus.lemmas import PRODUCT
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ShapeError
from gamma_calc.language.expression import Array, Expression, require_expression
from gamma_calc.language.forms import Bilinear


class OuterProduct(Bilinear):
    """The matrix u w^T. Lemma: its entries are products, so orders add; every pair of components is a direction."""

    carries_directions = True
    precedence = 5

    def __init__(self, left: Expression, right: Expression) -> None:
        if len(left.shape) != 1 or len(right.shape) != 1:
            raise ShapeError(
                f"the outer product of {left} ({shape_text(left.shape)}) and {right} ({shape_text(right.shape)})",
                hint="both must be vectors",
            )
        self.arguments = (left, right)
        self.shape: Shape = left.shape + right.shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        left, right = values
        for u, a in left.components.items():
            for w, b in right.components.items():
                yield Contribution(Outer(as_vector(u), as_vector(w)), a + b, PRODUCT)

    def numeric(self, *arrays: Array) -> Array:
        u, w = arrays
        return u[..., :, None] * w[..., None, :]

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        u, w = self.arguments
        return upstream @ w, upstream.T @ u

    @property
    def outer_products(self) -> tuple[tuple[Expression, Expression], ...]:
        u, w = self.arguments
        return ((u, w),)

    def rebuild(self, *arguments: Expression) -> Expression:
        return OuterProduct(*arguments)

    def notation(self) -> str:
        left, right = self.arguments
        return f"{left.inside(5)} (x) {right.inside(5)}"


def outer(u: Expression, w: Expression) -> Expression:
    """The matrix u w^T of two vectors."""
    require_expression(u)
    require_expression(w)
    return OuterProduct(u, w)
