"""What leaves, initialisations, optimisers and quantities share: exponents among their fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Self

from gamma_calc.calculus.dims import Dim
from gamma_calc.exponents import Order
from gamma_calc.language.expression import Expression, Rewrite


class WithExponents:
    """A dataclass of which fields may hold orders, nodes, axes, and others of its kind."""

    __slots__ = ()

    @property
    def exponents(self) -> tuple[Order, ...]:
        """The exponents it depends on, besides those of its axes and nodes.

        >>> from gamma_calc import parameter, zero
        >>> parameter("l", init=zero, rate="eta").exponents
        (Order('-inf'), Order('eta'))
        """
        return tuple(exponent for value in self._values().values() for exponent in _exponents(value))

    def substituted(self, rewrite: Rewrite) -> Self:
        """The same with exponents given values."""
        values = {name: _rewritten(value, rewrite) for name, value in self._values().items()}
        return replace(self, **values) if values else self  # type: ignore[type-var]

    def _values(self) -> dict[str, object]:
        named = fields(self) if is_dataclass(type(self)) else ()  # type: ignore[arg-type]
        return {field.name: getattr(self, field.name) for field in named}


def _exponents(value: object) -> Iterator[Order]:
    if isinstance(value, Order):
        yield value
    elif isinstance(value, WithExponents) and not isinstance(value, Expression):
        yield from value.exponents


def _rewritten(value: object, rewrite: Rewrite) -> object:
    match value:
        case Order():
            return rewrite.order(value)
        case Expression():
            return rewrite.node(value)
        case WithExponents():
            return value.substituted(rewrite)
        case tuple() if value and all(isinstance(axis, Dim) for axis in value):
            return rewrite.shape(value)
    return value
