"""Give exponents their values: the same expressions with n^rho, n^eta ... replaced throughout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gamma_calc.calculus.dims import Dim, Shape
from gamma_calc.exponents import Exponent, Order
from gamma_calc.language.expression import Expression, walk


@dataclass(frozen=True, slots=True)
class Substitution:
    """One pass over a program; every node is rewritten once, so that shared ones stay shared."""

    values: Mapping[str, Exponent]
    _done: dict[int, tuple[Expression, Expression]] = field(default_factory=dict)

    def node(self, node: Expression) -> Expression:
        for below in walk([node], known=lambda node: id(node) in self._done):
            self._done[id(below)] = below, below.substituted(self)
        return self._done[id(node)][1]

    def order(self, order: Order) -> Order:
        return order.substitute(self.values)

    def shape(self, shape: Shape) -> Shape:
        return tuple(Dim(d.name, self.order(d.exponent)) for d in shape)
