"""Where on a polyhedron an order is below zero, at most, or equal to it: as the polyhedra that make it up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.watch import look
from gamma_calc.exponents.orders.comparison import Relation
from gamma_calc.exponents.orders.peak import Peak, peaks, put, replaced, subtracted
from gamma_calc.exponents.orders.piecewise import PiecewiseLinear
from gamma_calc.exponents.orders.scope import Scope
from gamma_calc.exponents.regions.polyhedron import Polyhedron


def met(scope: Scope, order: PiecewiseLinear, relation: Relation) -> Iterator[Polyhedron]:
    """The polyhedra inside that of a scope in which an order is below zero, at most, or equal to it.

    >>> everywhere = Polyhedron.build(())
    >>> [one.constraints for one in met(Scope.of(everywhere), PiecewiseLinear.of("max(eta, 2*eta)"), "<")]
    [((Affine('-eta'), '>'),)]
    """
    if order.is_zero_quantity:
        yield from () if relation == "=" else (scope.polyhedron,)
        return
    for part in _parts(scope, -order.form, ">" if relation == "<" else ">="):
        for end in _parts(part, order.form, ">=") if relation == "=" else (part,):
            yield end.polyhedron


def _parts(scope: Scope, form: Affine, relation: Literal[">", ">="]) -> Iterator[Scope]:
    """Where a form is above zero, or not below it.

    What is subtracted is decided first, cell by cell; then any form of what is left may be above zero.
    """
    look()
    form = scope.reduced(form)
    if _is_below(scope, form, strictly=relation == ">="):
        return
    if _is_below(scope, -form, strictly=relation == ">"):
        yield scope
        return
    taken = min(subtracted(form), key=lambda peak: peak.depth, default=None)
    if taken is not None:
        for cell, leader in _cells(scope, taken):
            yield from _parts(cell, replaced(form, taken, leader), relation)
        return
    added = max(peaks(form), key=lambda peak: peak.depth, default=None)
    if added is None:
        left = scope.within((form, relation))
        yield from () if left is None else (left,)
        return
    for one in added.forms:
        yield from _parts(scope, put(form, added, one), relation)


def _cells(scope: Scope, peak: Peak) -> Iterator[tuple[Scope, Affine]]:
    """The parts on each of which one form of a maximum leads, with that form."""
    for form in peak.forms:
        parts = [scope]
        for rival in peak.forms - {form}:
            parts = [left for part in parts for left in _parts(part, form - rival, ">=")]
        yield from ((part, form) for part in parts)


def _is_below(scope: Scope, form: Affine, *, strictly: bool) -> bool:
    """Is a form seen at once to be below zero everywhere, or at most zero?"""
    bound = scope.quick(form)
    return bound is not None and (bound.value < 0 if strictly else bound.value <= 0)
