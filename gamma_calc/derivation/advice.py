"""Plain advice from a derivation: the largest learning rates that still do what one wants, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from gamma_calc.derivation.solution import Solution
from gamma_calc.errors import OrderError
from gamma_calc.exponents.orders.order import Order
from gamma_calc.exponents.orders.power import power
from gamma_calc.exponents.regions.region import EVERYTHING, Region
from gamma_calc.language.program import Role

# What one would like best comes first. Several rates can serve a bounded internal feature as well; one seldom can.
GOALS: Final = (("efficient", "internally_stable"), ("efficient",), ("feature_learning",), ("stable",))


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Learning-rate exponents that are largest together over ``where``, and the conditions they meet."""

    conditions: tuple[str, ...]
    rates: Mapping[str, Order]
    where: Region


@dataclass(frozen=True, eq=False)
class Advice:
    """One line of advice on a derivation, in words; ``choice`` holds the exponents where there is a best choice."""

    solution: Solution

    @cached_property
    def choice(self) -> Recommendation | None:
        goal = self._goal
        return None if goal is None else _largest(goal, self._region(goal), self.solution.rates)

    @cached_property
    def _goal(self) -> tuple[str, ...] | None:
        several = len(self.solution.rates) > 1
        possible = (goal for goal in GOALS if several or len(goal) == 1)
        return next((goal for goal in possible if not self._region(goal).is_empty), None)

    def _region(self, goal: tuple[str, ...]) -> Region:
        region = EVERYTHING
        for name in goal:
            if name not in self.solution.conditions:
                return Region(())
            region = region & self.solution.conditions[name].region
        return region

    def text(self, dialect: str = "text") -> str:
        """The advice in a dialect of the printers."""
        goal = self._goal
        if goal is None:
            return "no exponent left open makes this program stable: change the initialisation or the scaling"
        met = " and ".join(self.solution.conditions[name].condition.title for name in goal)
        if not self.solution.rates:
            return f"nothing is left to choose; at these exponents the program is {met}"
        if self.choice is None:
            return f"choose exponents in {self._region(goal):{dialect}} ({met})"
        how = " and ".join(self._named(self.choice, dialect))
        return "".join([f"scale {how}", *self._caveats(goal), *self._internal(self.choice, dialect)])

    def _named(self, choice: Recommendation, dialect: str) -> Iterator[str]:
        for name, exponent in choice.rates.items():
            factor = name.partition("_")[2]
            whose = f" of {factor}" if factor else ""
            yield f"the learning rate{whose} as {power(exponent, dialect)}{' (a constant)' if exponent == 0 else ''}"

    def _caveats(self, goal: tuple[str, ...]) -> Iterator[str]:
        """What even the best choice does not reach."""
        if "efficient" in self.solution.conditions and "efficient" not in goal:
            learns = "feature_learning" in goal
            yield " (feature learning; no choice is efficient)" if learns else " (stable; no choice learns features)"

    def _internal(self, choice: Recommendation, dialect: str) -> Iterator[str]:
        """What becomes of each internal feature at the choice."""
        for q in self.solution.program.quantities.values():
            if q.role is Role.INTERNAL:
                try:
                    exponent = self.solution.orders[q.name].substitute(choice.rates)
                except OrderError:  # a rate with a breakpoint cannot be put into an order
                    continue
                yield f"; {q.name} then {_behaviour(exponent, choice.where, dialect)}"


def _behaviour(exponent: Order, where: Region, dialect: str) -> str:
    if exponent.is_zero_quantity:
        return "is zero"
    if where <= (exponent <= 0):
        return "stays of order one" if where <= (exponent >= 0) else "stays bounded"
    if where <= (exponent > 0):
        return f"grows as {power(exponent, dialect)}"
    return f"has size {power(exponent, dialect)}"


def _largest(goal: tuple[str, ...], region: Region, names: tuple[str, ...]) -> Recommendation | None:
    """Each rate at its largest, the first one first: what it leaves is for the next one."""
    chosen: dict[str, Order] = {}
    domain = EVERYTHING
    for index, name in enumerate(names):
        bounds = region.eliminate(*names[index + 1 :]).sup(name)
        if len(bounds) != 1 or bounds[0].value is None or not bounds[0].attained:
            return None
        chosen[name], domain = bounds[0].value, domain & bounds[0].where
        if name != names[-1]:
            if not _plain(chosen[name]):
                return None
            region = region.substitute({name: chosen[name]})
    return Recommendation(goal, chosen, domain)


def _plain(exponent: Order) -> bool:
    return exponent.is_convex and len(exponent.above) == 1
