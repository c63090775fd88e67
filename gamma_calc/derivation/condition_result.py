"""A condition on a program: the demands it makes, the set of exponents that meets them, and why it is that set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import and_
from typing import Literal

from gamma_calc.derivation.conditions import Condition
from gamma_calc.exponents.orders.order import Order, order
from gamma_calc.exponents.regions.contradiction import Conflict, conflict
from gamma_calc.exponents.regions.region import Optimum, Region, where


@dataclass(frozen=True, slots=True)
class Constraint:
    """One requirement on one quantity: its order is at most 0 ("<=") or is 0 ("=")."""

    quantity: str
    order: Order
    relation: Literal["<=", "="]
    text: str

    @property
    def region(self) -> Region:
        return where(self.order, self.relation, order(0))

    def __str__(self) -> str:
        return f"{self.text} ({self.order} {self.relation} 0)"


@dataclass(frozen=True, repr=False)
class ConditionResult:
    """Where a condition holds. ``region`` is exact; ``largest`` the supremum of each exponent over it, with a proof."""

    condition: Condition
    constraints: tuple[Constraint, ...]
    domain: Region

    @cached_property
    def region(self) -> Region:
        return reduce(and_, (constraint.region for constraint in self.constraints), self.domain)

    @property
    def empty(self) -> bool:
        return self.region.is_empty

    @cached_property
    def largest(self) -> Mapping[str, Optimum]:
        """Exponent to its largest value over the region; nothing where the region is empty."""
        return {} if self.empty else {name: self.region.largest(name) for name in self.region.variables}

    @cached_property
    def conflict(self) -> Conflict | None:
        """The smallest set of demands that exclude each other, with checked arithmetic; None if they can be met."""
        constraints = {constraint.text: constraint.region for constraint in self.constraints}
        settled = {} if self.domain.is_everything else {f"the settled set {self.domain}": self.domain}
        return conflict(constraints | settled)

    @cached_property
    def why(self) -> str:
        """The reason in one line: the demands where they can be met, those that exclude each other where not."""
        if self.conflict is None:
            return " and ".join(str(constraint) for constraint in self.constraints)
        verb = "exclude each other" if len(self.conflict.names) > 1 else "holds nowhere"
        return f"{' and '.join(self.conflict.names)} {verb}"

    def __str__(self) -> str:
        return f"{self.condition.name}: {self.region}"

    def __repr__(self) -> str:
        return f"<ConditionResult {self}>"
