"""Gradients as outer products: what a layer's gradient is for each sample."""

from __future__ import annotations

from gamma_calc.errors import ProgramError
from gamma_calc.language.expression import Expression

Pair = tuple[Expression, Expression]


def outer_products(parameter: Expression, gradient: Expression, rule: str) -> tuple[Pair, ...]:
    """The u and w of a gradient that is a sum of u w'. Raises ProgramError for that of a vector or a scalar."""
    if not gradient.outer_products:
        kind = "vector" if parameter.shape else "scalar"
        raise ProgramError(
            f"{rule} takes matrices, and {parameter} is a {kind}",
            hint=f"take adam, sign or sgd; in Python by_shape gives {parameter} one of them beside {rule}",
        )
    return gradient.outer_products


def outer_product(parameter: Expression, gradient: Expression, rule: str) -> Pair:
    """The u and w of a gradient u w'. Raises ProgramError for any other."""
    first, *more = outer_products(parameter, gradient, rule)
    if more:
        raise ProgramError(f"{rule} needs a gradient of rank one, and {gradient} is a sum", hint="use one sample")
    return first
