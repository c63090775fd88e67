"""X @ Y: matrix on vector, matrix on matrix, row vector on matrix, inner product of vectors."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, product

from gamma_calc.calculus.cancelling import undone
from gamma_calc.calculus.contraction import transposed
from gamma_calc.calculus.contractions import inner_products, on_vector, products
from gamma_calc.calculus.dims import Dim, Shape, shape_text
from gamma_calc.calculus.direction import as_vector, factors, is_bounded, is_sparse, product_of
from gamma_calc.calculus.meeting import Notebook
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import ShapeError
from gamma_calc.exponents import EVERYTHING, NOTHING, Region
from gamma_calc.language.expression import Array, Expression, infix
from gamma_calc.language.forms import Bilinear
from gamma_calc.operations.outer import OuterProduct


@infix("@")
class MatMul(Bilinear):
    """The contraction of the last axis of X with the first of Y.

    Lemma: components multiply pairwise, their orders add, and the sum over the contracted axis gains what
    ``calculus/contraction.py`` says. Source: Tensor Programs (arXiv 2006.14548) for the random matrices; LoRA+
    (arXiv 2402.12354), assumption 1, for the coherent update terms.
    """

    precedence = 5

    def __init__(self, left: Expression, right: Expression) -> None:
        if not left.shape or not right.shape or left.shape[-1] != right.shape[0]:
            raise ShapeError(
                f"cannot contract {left} of shape {shape_text(left.shape)} with {right} of shape "
                f"{shape_text(right.shape)}",
                hint="the last axis of the left must be the first of the right; .T transposes, * scales",
            )
        self.arguments = (left, right)
        self.dim: Dim = left.shape[-1]
        self.shape: Shape = left.shape[:-1] + right.shape[1:]

    @property
    def carries_directions(self) -> bool:  # type: ignore[override]
        return any(len(a.shape) == 1 for a in self.arguments)

    def met(self, values: tuple[Value, ...], notebook: Notebook) -> tuple[Value, ...]:
        """A vector with all that it stands for and that the other factor meets."""
        left, right = values
        if len(self.arguments[1].shape) == 2:
            return notebook.vector_met(left, map(transposed, right.components)), right
        return left, notebook.vector_met(right, left.components)

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        left, right = values
        match len(self.arguments[0].shape), len(self.arguments[1].shape):
            case 1, 1:
                return inner_products(left, right, self.dim, premises)
            case 2, 1:
                return on_vector(left, right, self.dim, premises)
            case 1, 2:
                return on_vector(right.renamed(transposed), left, self.dim, premises)
            case _:
                return products(left, right, self.dim, self.shape, premises)

    def overcounted(self, values: tuple[Value, ...]) -> Region:
        """An inner product of vectors sums up an entrywise one, which need not be exact (``calculus/direction.py``)."""
        if any(len(a.shape) != 1 for a in self.arguments):
            return NOTHING
        left, right = (list(map(as_vector, value.components)) for value in values)
        pairs = product(left, right) if any(map(is_sparse, chain(left, right))) else ()
        if any(is_bounded(product_of(factors(u) | factors(v))) for u, v in pairs):
            return EVERYTHING
        return undone(*values)

    def power_of(self, values: tuple[Value, ...]) -> int:
        """A sum has none; of u w' on a vector it is that of u."""
        return max((x.power for x, a in zip(values, self.arguments, strict=True) if len(a.shape) == 2), default=1)

    def numeric(self, *arrays: Array) -> Array:
        x, y = arrays
        match len(self.arguments[0].shape), len(self.arguments[1].shape):
            case 1, 1:
                return (x * y).sum(-1)
            case 2, 1:
                return (x @ y[..., None])[..., 0]
            case 1, 2:
                return (y.swapaxes(-1, -2) @ x[..., None])[..., 0]
            case _:
                return x @ y

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        x, y = self.arguments
        match len(x.shape), len(y.shape):
            case 1, 1:
                return upstream * y, upstream * x
            case 2, 1:
                return OuterProduct(upstream, y), x.T @ upstream
            case 1, 2:
                return y @ upstream, OuterProduct(x, upstream)
            case _:
                return upstream @ y.T, x.T @ upstream

    def rebuild(self, *arguments: Expression) -> Expression:
        return MatMul(*arguments)

    def notation(self) -> str:
        left, right = self.arguments
        return f"{left.inside(4)} {right.inside(5)}"
