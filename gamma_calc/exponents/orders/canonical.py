"""Pairs (above, below) for max(above) - max(below), each in its simplest form, and their arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.orders.difference import pair_of, simplest
from gamma_calc.exponents.orders.maximum import (
    NOTHING,
    ONE,
    Convex,
    envelope,
    irredundant,
    minkowski_sum,
    scaled,
)
from gamma_calc.exponents.orders.one_variable import largest_line, line_of, only_name
from gamma_calc.exponents.orders.peak import Peak, below
from gamma_calc.exponents.orders.samples import EVERYWHERE, Rows

Pair: TypeAlias = tuple[Convex, Convex]


def canonical(form: Affine, where: Rows = EVERYWHERE) -> Pair:
    """The pair that a form with peaks is.

    >>> from gamma_calc.exponents.orders.peak import peak_form
    >>> x = Affine.variable("x")
    >>> above, below = canonical(peak_form([x, x * 2 + 1]) - peak_form([Affine(), x + 1]))
    >>> sorted(map(str, above)), below == ONE
    (['x'], True)
    """
    known: dict[Peak, Pair] = {}
    for peak in below(form, known):
        known[peak] = pair_of_largest((_of(inner, known, where) for inner in peak.forms), where)
    return _of(form, known, where)


def _of(form: Affine, known: dict[Peak, Pair], where: Rows) -> Pair:
    plain = Affine(tuple(term for term in form.terms if not isinstance(term[0], Peak)), form.constant)
    total: Pair = frozenset({plain}), ONE
    for name, weight in form.terms:
        if isinstance(name, Peak):
            total = pair_sum(total, times(known[name], weight, where), where)
    return total


@lru_cache(maxsize=16384)
def pair_sum(one: Pair, other: Pair, where: Rows = EVERYWHERE) -> Pair:
    if (name := _line_through(one, other)) is not None:
        return pair_of(line_of(*one, name) + line_of(*other, name), name)
    above = minkowski_sum(one[0], other[0], where)
    if one[1] == ONE == other[1]:
        return above, ONE
    return simplest(above, minkowski_sum(one[1], other[1], where), where)


def _line_through(*pairs: Pair) -> str | None:
    """The one variable of functions some of which subtract; of maxima alone the forms are all there is to it."""
    if all(below == ONE for _, below in pairs) or not all(above for above, _ in pairs):
        return None
    return only_name(*(part for pair in pairs for part in pair))


def opposite(pair: Pair, where: Rows = EVERYWHERE) -> Pair:
    return simplest(pair[1], pair[0], where)


def times(pair: Pair, factor: Fraction, where: Rows = EVERYWHERE) -> Pair:
    part = scaled(pair[0], abs(factor)), scaled(pair[1], abs(factor))
    return part if factor >= 0 else opposite(part, where)


def pair_of_largest(pairs: Iterable[Pair], where: Rows = EVERYWHERE) -> Pair:
    """The maximum of any number of functions; those that share what is subtracted are compared at once."""
    return _largest(tuple(dict.fromkeys(pairs)), where)


@lru_cache(maxsize=16384)
def _largest(pairs: tuple[Pair, ...], where: Rows) -> Pair:
    if (name := _line_through(*pairs)) is not None:
        return pair_of(largest_line(line_of(*pair, name) for pair in pairs), name)
    groups: dict[Convex, Convex] = {}
    for forms, denominator in pairs:
        groups[denominator] = groups.get(denominator, NOTHING) | forms
    above, below = irredundant(groups.pop(ONE, NOTHING), where), ONE
    for denominator, forms in groups.items():
        raised = minkowski_sum(above, denominator, where)
        above = envelope(raised, minkowski_sum(irredundant(forms, where), below, where), where)
        below = minkowski_sum(below, denominator, where)
    return (above, below) if below == ONE or not above else simplest(above, below, where)
