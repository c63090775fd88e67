"""One linear constraint: an affine form that is positive, not negative, or zero."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import gcd, lcm
from typing import Literal

from gamma_calc.exponents.linear.affine import Affine

Relation = Literal[">", ">=", "="]
Row = tuple[Affine, Relation]
Point = Mapping[str, Fraction]


def holds(row: Row, point: Point) -> bool:
    form, relation = row
    value = form.at(point)
    if relation == ">":
        return value > 0
    return value >= 0 if relation == ">=" else value == 0


def closed(row: Row) -> Row:
    """The same row with its boundary."""
    form, relation = row
    return (form, ">=") if relation == ">" else row


def opened(row: Row) -> Row:
    """The same row without its boundary."""
    form, relation = row
    return (form, ">") if relation == ">=" else row


def negations(row: Row) -> tuple[Row, ...]:
    """The rows of which one holds exactly where this one does not."""
    form, relation = row
    if relation == "=":
        return ((form, ">"), (-form, ">"))
    return ((-form, ">=" if relation == ">" else ">"),)


def halves(row: Row) -> tuple[Row, ...]:
    """An equality as its two inequalities; an inequality as itself."""
    form, relation = row
    return ((form, ">="), (-form, ">=")) if relation == "=" else (row,)


def normal(row: Row) -> Row:
    """The row scaled to coprime integer coefficients; an equality starts with a positive one."""
    form, relation = row
    if not form.terms:
        return row
    numbers = [c for _, c in form.terms]
    scale = Fraction(lcm(*(c.denominator for c in numbers)), gcd(*(c.numerator for c in numbers)))
    if relation == "=" and numbers[0] < 0:
        scale = -scale
    return (form if scale == 1 else form * scale, relation)


def names_of(rows: Iterable[Row]) -> list[str]:
    return sorted({name for form, _ in rows for name in form.variables})
