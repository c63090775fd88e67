"""Entrywise normalisation: sign(x), and what sign-like optimisers make of a gradient.

sign of a sum of components keeps each, divided by the largest, and adds a remainder of size 1 that is along none of
them. For a matrix the remainder can be in the rows, in the columns, or in both: sign(u w^T) = sign(u) sign(w)^T.

Wherever a remainder comes, the components that made it come too, at its order and with at least its coherence, so it
decides no order, unless one of them is annihilated by construction. Only then is it kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.calculus.direction import Entrywise, FreshImage, GivenVector, Noise, Outer, Residual, VectorDirection
from gamma_calc.calculus.lemmas import SIGN_FRESH, SIGN_KEPT
from gamma_calc.calculus.value import Contribution, Value
from gamma_calc.exponents import Order, largest


def normalised(value: Value, size: Order, site: str | None) -> Iterator[Contribution]:
    """The components of x / n^size entry by entry, with the remainder that the entrywise division makes.

    ``size`` is the order of what divides: the value's own order for sign, at least that with an epsilon. ``site``
    names the remainder; without one it is left out.
    """
    for direction, order in value.components.items():
        yield Contribution(direction, order - size, SIGN_KEPT)
    for direction, order in _remainders(value, site) if site else ():
        yield Contribution(direction, order - size, SIGN_FRESH)


def _remainders(value: Value, site: str) -> Iterator[tuple[Outer | Residual, Order]]:
    """Of a vector or a gradient. A scalar has none, and the sign of a random matrix is a random matrix again."""
    outers = [(d, o) for d, o in value.components.items() if isinstance(d, Outer)]
    if not outers:
        if any(isinstance(d, GivenVector | FreshImage | Residual | Entrywise | Noise) for d in value.components):
            yield Residual(site), value.order
        return
    rows, columns = Residual(f"{site} rows"), Residual(f"{site} columns")
    yield Outer(rows, columns), value.order
    for right, order in _strongest((d.right, o) for d, o in outers):
        yield Outer(rows, right), order
    for left, order in _strongest((d.left, o) for d, o in outers):
        yield Outer(left, columns), order


def _strongest(parts: Iterator[tuple[VectorDirection, Order]]) -> list[tuple[VectorDirection, Order]]:
    by_direction: dict[VectorDirection, list[Order]] = {}
    for direction, order in parts:
        by_direction.setdefault(direction, []).append(order)
    return [(direction, largest(orders)) for direction, orders in by_direction.items()]
