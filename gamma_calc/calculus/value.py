"""Values of the symbolic reading: a tensor as a sum of components, each a direction with an order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, NamedTuple

from gamma_calc.calculus.direction import UNIT, Direction
from gamma_calc.calculus.lemmas import Lemma
from gamma_calc.exponents import Order, largest, maximum


class Contribution(NamedTuple):
    """One way in which a direction comes into a result: its order and the lemma that gives it."""

    direction: Direction
    order: Order
    lemma: Lemma


@dataclass(frozen=True, slots=True)
class Value:
    """A sum of components; the order of a direction is the largest among its contributions.

    ``power`` is that of the highest power in it, entry by entry: of an entry as u^p a share n^(-e/p) is below n^-e.
    ``least`` is the order that there is at least, where the value may count for more than it is (None elsewhere).

    The size of a tensor is the root mean square of its entries, and a direction has size 1, so the value's order is
    the largest order of its components. A value without components is identically zero.
    """

    components: Mapping[Direction, Order]
    power: int = 1
    least: Order | None = None
    _order: Order | None = field(default=None, init=False, repr=False)  # kept, for it is asked for again and again

    @classmethod
    def collect(cls, contributions: Iterable[Contribution], power: int = 1) -> Value:
        return cls.merge(((c.direction, c.order) for c in contributions), power)

    @classmethod
    def merge(cls, components: Iterable[tuple[Direction, Order]], power: int = 1) -> Value:
        merged: dict[Direction, Order] = {}
        several: dict[Direction, list[Order]] = {}  # of few directions there is more than one order
        for direction, order in components:
            if not order.is_zero_quantity:
                known = merged.setdefault(direction, order)
                if known is not order:
                    several.setdefault(direction, [known]).append(order)
        merged.update((direction, largest(orders)) for direction, orders in several.items())
        return cls(MappingProxyType(merged), power)

    @classmethod
    def scalar(cls, order: Order) -> Value:
        return cls.merge([(UNIT, order)])

    @property
    def is_zero(self) -> bool:
        return not self.components

    @property
    def order(self) -> Order:
        """The order of the root mean square of the entries; -oo if identically zero."""
        if self._order is None:
            object.__setattr__(self, "_order", largest(self.components.values()))
            assert self._order is not None
        return self._order

    @property
    def at_least(self) -> Order:
        """The order that there is at least: its own, unless it may be less."""
        return self.order if self.least is None else self.least

    def beside(self, size: Order) -> Order:
        """The order of the whole beside a part of this size: what is there at least, if it may be less than it is."""
        return self.order if self.least is None else maximum(self.least, size)

    def plus(self, other: Value) -> Value:
        both = Value.merge([*self.components.items(), *other.components.items()], max(self.power, other.power))
        is_sure = self.least is None and other.least is None
        return both if is_sure else replace(both, least=maximum(self.at_least, other.at_least))

    def times(self, factor: Order) -> Value:
        if factor.is_zero_quantity:
            return ZERO
        return Value(MappingProxyType({d: o + factor for d, o in self.components.items()}), self.power)

    def renamed(self, rename: Callable[[Direction], Direction]) -> Value:
        return replace(Value.merge(((rename(d), o) for d, o in self.components.items()), self.power), least=self.least)

    def mapped(self, change: Callable[[Order], Order]) -> Value:
        return Value.merge(((d, change(o)) for d, o in self.components.items()), self.power)

    __hash__ = None  # type: ignore[assignment]  # the components are a mapping

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and dict(self.components) == dict(other.components)

    def __str__(self) -> str:
        return " + ".join(f"n^({o}) {d}" for d, o in self.components.items()) or "0"


ZERO: Final = Value(MappingProxyType({}))
