"""Gradients as outer products: what a layer's gradient is for each sample."""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.errors import ProgramError
from gamma_calc.language.expression import Expression
from gamma_calc.operations.add import Add
from gamma_calc.operations.outer import OuterProduct
from gamma_calc.operations.scale import Scale

Pair = tuple[Expression, Expression]


def outer_products(gradient: Expression, rule: str) -> Iterator[Pair]:
    """The u and w of a gradient that is a sum of u w'. Raises ProgramError for any other."""
    match gradient:
        case OuterProduct():
            u, w = gradient.arguments
            yield u, w
        case Scale():
            for u, w in outer_products(gradient.arguments[0], rule):
                yield gradient.rebuild(u), w
        case Add():
            for term in gradient.arguments:
                yield from outer_products(term, rule)
        case _:
            raise ProgramError(
                f"{rule} does not know the gradient {gradient}", hint="train matrices that act on vectors"
            )


def outer_product(gradient: Expression, rule: str) -> Pair:
    """The u and w of a gradient u w'. Raises ProgramError for any other."""
    first, *more = outer_products(gradient, rule)
    if more:
        raise ProgramError(f"{rule} needs a gradient of rank one, and {gradient} is a sum", hint="use one sample")
    return first
