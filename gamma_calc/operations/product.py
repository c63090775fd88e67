"""c X with c a scalar that the program computes, such as the trainable b in f = b a'x."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from numbers import Rational

from gamma_calc.calculus.dims import Multiplier, Power, Shape, shape_text
from gamma_calc.calculus.lemmas import PRODUCT
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.errors import OrderError, ProgramError, ShapeError, written
from gamma_calc.exponents import order
from gamma_calc.language.expression import Array, Expression, infix
from gamma_calc.language.forms import Bilinear
from gamma_calc.language.leaves import One
from gamma_calc.operations.hadamard import Hadamard
from gamma_calc.operations.inner import inner
from gamma_calc.operations.rows import ScaledRows
from gamma_calc.operations.scale import Scale


class Product(Bilinear):
    """A scalar times a tensor. Lemma: orders add."""

    carries_directions = True
    precedence = 5

    def __init__(self, scalar: Expression, tensor: Expression) -> None:
        self.arguments = (scalar, tensor)
        self.shape: Shape = tensor.shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        scalar, tensor = values
        for c in scalar.components.values():
            for direction, size in tensor.components.items():
                yield Contribution(direction, c + size, PRODUCT)

    def numeric(self, *arrays: Array) -> Array:
        c, x = arrays
        return c.reshape(c.shape + (1,) * len(self.shape)) * x

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        scalar, tensor = self.arguments
        return _contract(upstream, tensor), Product(scalar, upstream)

    def rebuild(self, *arguments: Expression) -> Expression:
        return Product(*arguments)

    def notation(self) -> str:
        scalar, tensor = self.arguments
        return f"{scalar.inside(4)} {tensor.inside(5)}"


@infix("*")
def product(left: Expression, right: Expression | Multiplier | Power | Rational | int) -> Expression:
    """``left * right``: by a number, a known power of n, both, a scalar, entry by entry, or row by row."""
    if isinstance(right, Multiplier):
        return Scale(left, coefficient=right.coefficient, power=right.power)
    if isinstance(right, Power):
        return left if right.exponent == 0 else Scale(left, power=right)
    if not isinstance(right, Expression):
        return Scale(left, coefficient=_number(left, right))
    if isinstance(left, One) or isinstance(right, One):
        return right if isinstance(left, One) else left
    if not left.shape:
        return Product(left, right)
    if not right.shape:
        return Product(right, left)
    if left.shape == right.shape and len(left.shape) == 1:
        return Hadamard(left, right)
    if len(right.shape) == 2 and left.shape == right.shape[:1]:
        return ScaledRows(left, right)
    raise ShapeError(
        f"cannot multiply {left} of shape {shape_text(left.shape)} by {right} of shape {shape_text(right.shape)}",
        hint="* takes a number, a power such as n**'-1/2', a scalar, two vectors of one shape, or a vector and a "
        "matrix whose rows it multiplies; @ contracts",
    )


def _number(left: Expression, factor: Rational | int) -> Fraction:
    """A factor that is no expression, exactly. Raises ProgramError."""
    try:
        return order(factor).rational
    except OrderError as error:
        hint = "* takes an exact number such as Fraction(1, 2), a power such as n**'-1/2', a scalar, or two vectors"
        raise ProgramError(f"{left} * {written(factor)}", hint=hint) from error


def _contract(left: Expression, right: Expression) -> Expression:
    """The sum of the entrywise products, for the gradient with respect to a scalar factor."""
    return inner(left, right) if left.shape else Product(left, right)
