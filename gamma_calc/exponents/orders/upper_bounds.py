"""The largest value of one exponent as a function of the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.orders.comparison import compare
from gamma_calc.exponents.orders.piecewise import PiecewiseLinear
from gamma_calc.exponents.orders.simplify import same_on, simplify
from gamma_calc.exponents.regions.polyhedral_set import PolyhedralSet
from gamma_calc.exponents.regions.polyhedron import Polyhedron, bounds_on
from gamma_calc.exponents.regions.union import simplified

_Part: TypeAlias = tuple[PiecewiseLinear | None, PolyhedralSet]


def upper_bounds(region: PolyhedralSet, name: str) -> Iterator[tuple[PiecewiseLinear | None, PolyhedralSet, bool]]:
    """The supremum of ``name`` on domains that do not overlap: its value, its domain, and whether it is attained there.

    The value is None where there is no bound. An empty region has no domain.
    """
    parts: list[_Part] = []
    for polyhedron in region.polyhedra:
        parts = [part for part in _joined(parts, _over(polyhedron, name)) if not part[1].is_empty]
    return ((value, domain, _is_attained(region, name, value, domain)) for value, domain in parts)


def _over(polyhedron: Polyhedron, name: str) -> _Part:
    """Over one polyhedron: the minimum of its upper bounds, on its shadow."""
    _, highs = bounds_on(name, polyhedron.constraints)
    shadow = PolyhedralSet(simplified([polyhedron.eliminate(name)]))
    if not highs:
        return None, shadow
    lowest = PiecewiseLinear.smallest_of(PiecewiseLinear.affine(form) for form, _ in highs)
    return simplify(lowest, shadow), shadow


def _joined(parts: list[_Part], new: _Part) -> Iterator[_Part]:
    """The parts with one more: merged where one formula serves both, cut apart where they overlap and none does."""
    if not parts:
        yield new
        return
    (old_value, old_domain), *rest = parts
    new_value, new_domain = new
    top = _larger(old_value, new_value)
    only_old, shared, only_new = old_domain - new_domain, old_domain & new_domain, new_domain - old_domain
    if _serves(top, old_value, only_old) and _serves(top, new_value, only_new):
        whole = old_domain | new_domain
        yield from _joined(rest, (top and simplify(top, whole), whole))
    elif _serves(top, old_value, shared):
        yield old_value, old_domain
        yield from _joined(rest, (new_value, only_new))
    elif _serves(top, new_value, shared):
        yield old_value, only_old
        yield from _joined(rest, new)
    else:
        yield top and simplify(top, shared), shared
        yield old_value, only_old
        yield from _joined(rest, (new_value, only_new))


def _larger(left: PiecewiseLinear | None, right: PiecewiseLinear | None) -> PiecewiseLinear | None:
    return None if left is None or right is None else PiecewiseLinear.largest_of((left, right))


def _serves(both: PiecewiseLinear | None, value: PiecewiseLinear | None, domain: PolyhedralSet) -> bool:
    if both is None or value is None:
        return both is value or domain.is_empty
    return same_on(both, value, domain)


def _is_attained(region: PolyhedralSet, name: str, value: PiecewiseLinear | None, domain: PolyhedralSet) -> bool:
    if value is None:
        return False
    highs = [relation for one in region.polyhedra for _, relation in bounds_on(name, one.constraints)[1]]
    if ">" not in highs:
        return True
    itself = PiecewiseLinear.affine(Affine.variable(name))
    reached = region & PolyhedralSet(compare(itself, "=", value))
    return domain <= reached.eliminate(name)
