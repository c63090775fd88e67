"""Gradients as outer products: what a layer's gradient is for each sample."""

from __future__ import annotations

from gamma_calc.errors import ProgramError
from gamma_calc.language.expression import Expression

Pair = tuple[Expression, Expression]


def outer_products(gradient: Expression, rule: str) -> tuple[Pair, ...]:
    """The u and w of a gradient that is a sum of u w'. Raises ProgramError for any other."""
    if not gradient.outer_products:
        raise ProgramError(f"{rule} does not know the gradient {gradient}", hint="train matrices that act on vectors")
    return gradient.outer_products


def outer_product(gradient: Expression, rule: str) -> Pair:
    """The u and w of a gradient u w'. Raises ProgramError for any other."""
    first, *more = outer_products(gradient, rule)
    if more:
        raise ProgramError(f"{rule} needs a gradient of rank one, and {gradient} is a sum", hint="use one sample")
    return first
