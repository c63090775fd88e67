"""The largest value of one exponent as a function of the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.orders.order import Order, maximum, minimum
from gamma_calc.exponents.orders.simplify import same_on, simplify
from gamma_calc.exponents.regions.polyhedron import Polyhedron, bounds_on
from gamma_calc.exponents.regions.region import Region, where
from gamma_calc.exponents.regions.union import tidied


@dataclass(frozen=True, slots=True)
class Supremum:
    """The least upper bound of an exponent wherever the others lie in ``where``; None if there is no bound.

    ``attained`` is True if the bound itself is allowed at every point of ``where``.
    """

    value: Order | None
    where: Region
    attained: bool

    def __str__(self) -> str:
        value = "unbounded" if self.value is None else str(self.value)
        return value if self.where.is_everything else f"{value} where {self.where}"


def supremum(region: Region, name: str) -> tuple[Supremum, ...]:
    """The supremum of ``name`` over a region, on domains that do not overlap. Empty for an empty region.

    >>> region = Region.parse("eta <= -1/2 & eta <= -1/2 - a0 & eta <= -1 - b0 & a0 + 1/2 + b0 <= 0")
    >>> print(*supremum(region, "eta"))
    min(-1/2, -1/2 - a0, -1 - b0) where a0 + b0 <= -1/2
    """
    parts: list[_Part] = []
    for piece in region.pieces:
        parts = [part for part in _joined(parts, _over(piece, name)) if part[1].pieces]
    return tuple(Supremum(value, domain, _is_attained(region, name, value, domain)) for value, domain in parts)


_Part = tuple[Order | None, Region]


def _over(piece: Polyhedron, name: str) -> _Part:
    """Over one polyhedron: the minimum of its upper bounds, on its shadow."""
    _, highs = bounds_on(name, piece.rows)
    shadow = Region(tidied([piece.eliminate(name)]))
    return (simplify(minimum(*(form for form, _ in highs)), shadow) if highs else None), shadow


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


def _larger(left: Order | None, right: Order | None) -> Order | None:
    return None if left is None or right is None else maximum(left, right)


def _serves(both: Order | None, value: Order | None, domain: Region) -> bool:
    if both is None or value is None:
        return both is value or domain.is_empty
    return same_on(both, value, domain)


def _is_attained(region: Region, name: str, value: Order | None, domain: Region) -> bool:
    if value is None:
        return False
    highs = [relation for piece in region.pieces for _, relation in bounds_on(name, piece.rows)[1]]
    if ">" not in highs:
        return True
    reached = region & where(Order.affine(Affine.variable(name)), "=", value)
    return domain <= reached.eliminate(name)
