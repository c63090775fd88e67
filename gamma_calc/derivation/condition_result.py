"""A condition on a program: the demands it makes, the set of exponents that meets them, and why it is that set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import and_
from typing import Literal

from gamma_calc.derivation.conditions import Condition
from gamma_calc.exponents.orders.order import Order, order
from gamma_calc.exponents.regions.contradiction import Clash, clash
from gamma_calc.exponents.regions.region import Optimum, Region, where


@dataclass(frozen=True, slots=True)
class Demand:
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


@dataclass(frozen=True, eq=False, repr=False)
class Finding:
    """Where a condition holds. ``region`` is exact; ``largest`` the supremum of each exponent over it, with a proof."""

    condition: Condition
    demands: tuple[Demand, ...]
    given: Region

    @cached_property
    def region(self) -> Region:
        return reduce(and_, (demand.region for demand in self.demands), self.given)

    @property
    def empty(self) -> bool:
        return self.region.is_empty

    @cached_property
    def largest(self) -> Mapping[str, Optimum]:
        """Exponent to its largest value over the region; nothing where the region is empty."""
        return {} if self.empty else {name: self.region.largest(name) for name in self.region.variables}

    @cached_property
    def clash(self) -> Clash | None:
        """The smallest set of demands that exclude each other, with checked arithmetic; None if they can be met."""
        demands = {demand.text: demand.region for demand in self.demands}
        return clash(demands | ({} if self.given.is_everything else {f"the settled set {self.given}": self.given}))

    @cached_property
    def why(self) -> str:
        """The reason in one line: the demands where they can be met, those that exclude each other where not."""
        if self.clash is None:
            return " and ".join(str(demand) for demand in self.demands)
        verb = "exclude each other" if len(self.clash.names) > 1 else "holds nowhere"
        return f"{' and '.join(self.clash.names)} {verb}"

    def __str__(self) -> str:
        return f"{self.condition.name}: {self.region}"

    def __repr__(self) -> str:
        return f"<Finding {self}>"
