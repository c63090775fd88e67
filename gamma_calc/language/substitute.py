"""Give exponents their values: the same program with n^rho, n^eta ... replaced throughout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gamma_calc.calculus.dims import Dim, Power, Shape
from gamma_calc.exponents.orders.order import Exponent, Order, order
from gamma_calc.exponents.regions.region import Region
from gamma_calc.language.expression import Expression
from gamma_calc.language.initialisation import Init
from gamma_calc.language.leaves import Change, Data, Frozen, Parameter, Snapshot
from gamma_calc.language.program import Program, Quantity
from gamma_calc.operations.scale import Scale


def substitute(program: Program, values: Mapping[str, Exponent]) -> Program:
    """The program at given exponents; its domain is cut accordingly."""
    values = {name: order(value) for name, value in values.items()}
    rewrite = _Rewrite(values)
    watch = tuple(tuple(rewrite.quantity(q) for q in group) for group in program.watch)
    domain = Region.parse(program.domain).substitute(values)
    return program.but(
        loss=rewrite.node(program.loss), optimiser=program.optimiser.fixed(values), watch=watch, domain=str(domain)
    )


@dataclass(frozen=True, slots=True)
class _Rewrite:
    """One pass over a program; every node and dimension is rewritten once, so that shared ones stay shared."""

    values: Mapping[str, Exponent]
    done: dict[int, tuple[Expression, Expression]] = field(default_factory=dict)

    def node(self, node: Expression) -> Expression:
        if id(node) not in self.done:
            self.done[id(node)] = node, self._new(node)
        return self.done[id(node)][1]

    def quantity(self, q: Quantity) -> Quantity:
        expression = None if q.expression is None else self.node(q.expression)
        return Quantity(q.name, expression, q.role, self.node(q.node))

    def _new(self, node: Expression) -> Expression:
        match node:
            case Parameter(name, _, init, rate):
                return Parameter(name, self._shape(node.shape), self._init(init), self._order(rate))
            case Frozen(name, _, init):
                return Frozen(name, self._shape(node.shape), self._init(init))
            case Data(name, _, entry, fresh):
                return Data(name, self._shape(node.shape), self._order(entry), fresh)
            case Snapshot(parameter, time):
                return Snapshot(self._parameter(parameter), time)
            case Change(parameter, since, until):
                return Change(self._parameter(parameter), since, until)
            case Scale():
                power = Power(self._order(node.power.exponent))
                return Scale(self.node(node.arguments[0]), coefficient=node.coefficient, power=power)
        return node.rebuild(*map(self.node, node.arguments)) if node.arguments else node

    def _init(self, init: Init) -> Init:
        return Init(self._order(init.entry), None if init.expression is None else self.node(init.expression))

    def _parameter(self, parameter: Parameter) -> Parameter:
        found = self.node(parameter)
        assert isinstance(found, Parameter)
        return found

    def _order(self, order: Order) -> Order:
        return order.substitute(self.values)

    def _shape(self, shape: Shape) -> Shape:
        return tuple(Dim(d.name, self._order(d.exponent)) for d in shape)
