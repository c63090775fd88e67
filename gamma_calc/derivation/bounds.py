"""The largest value of an exponent in print: its formulas, where each holds, and where one takes over from another."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from gamma_calc.exponents import LinearConstraint, Order, Region, Supremum, where


def bound_text(bound: Supremum, dialect: str = "text") -> str:
    """A bound with its domain and its breakpoints.

    >>> print(*map(bound_text, Region.parse("eta <= min(-1/2, -1 - b0) & b0 <= 0").sup("eta")))
    min(-1/2, -1 - b0) where b0 <= 0, knee at b0 = -1/2
    """
    return "".join(_parts(bound, dialect))


def _parts(bound: Supremum, dialect: str) -> Iterator[str]:
    yield "unbounded" if bound.value is None else f"{bound.value:{dialect}}"
    if bound.value is not None and not bound.attained:
        yield " (approached)"
    if not bound.where.is_everything:
        yield f" where {bound.where:{dialect}}"
    if bound.value is not None:
        for point in breakpoints(bound.value, bound.where):
            yield f", knee at {point:{dialect}}"


def breakpoints(value: Order, domain: Region) -> list[Region]:
    """Where two formulas of a maximum or a minimum lead together, inside a domain that holds points on both sides.

    >>> from gamma_calc import order
    >>> breakpoints(order("min(-1/2, -1 - b0)"), Region.parse("b0 <= 0"))
    [Region('b0 = -1/2')]
    """
    forms = sorted(value.above if value.is_convex else value.below, key=str)
    points: list[Region] = []
    for one, two in combinations(forms, 2):
        row: LinearConstraint = (one - two, "=")
        equal, sign = Region.of([row]), 1 if value.is_convex else -1
        leads = domain & equal & where(Order.affine(one * sign), "=", value)
        if not leads.is_empty and not domain <= equal:
            points.append(equal)
    return points
