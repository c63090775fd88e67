"""Plain advice from a derivation: the largest learning rates that still do what one wants, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Final

from gamma_calc.derivation.solution import Solution
from gamma_calc.errors import OrderError
from gamma_calc.exponents import EVERYTHING, Order, Region, power, simplify, supremum, where
from gamma_calc.language.program import Role

# What one would like best comes first. Several rates can serve a bounded internal feature as well; one seldom can.
GOALS: Final = (("efficient", "internally_stable"), ("efficient",), ("feature_learning",), ("stable",))
MOST_IN_WORDS: Final = 3  # parts that are told one by one


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Learning-rate exponents that are largest together at every point of ``where``, and the conditions they meet."""

    goal: tuple[str, ...]
    rates: Mapping[str, Order]
    where: Region


@dataclass(frozen=True, eq=False)
class Advice:
    """Advice on a derivation, in words and as ``parts``: each with its region, which cover all where one is stable.

    >>> from gamma_calc import derive, lora
    >>> for part in Advice(derive(lora("B", rank="growing", scaling="alpha/r"))).parts:
    ...     print(part.where, {name: str(rate) for name, rate in part.rates.items()}, *part.goal)
    1/2 <= rho <= 1 {'eta': '-1/2'} efficient
    0 <= rho < 1/2 {'eta': 'rho - 1'} feature_learning
    """

    solution: Solution

    @cached_property
    def parts(self) -> tuple[Recommendation, ...]:
        """For each point the best goal that can be reached there; parts do not overlap."""
        found: list[Recommendation] = []
        left = self._region(("stable",)).eliminate(*self.solution.rates)
        for goal in self._goals:
            for rates, domain in _largest(self._region(goal), self.solution.rates):
                if not (here := domain & left).is_empty:
                    found.append(Recommendation(goal, rates, here))
            for part in found:
                left = left - part.where
            if left.is_empty:
                break
        return tuple(found)

    @property
    def _goals(self) -> list[tuple[str, ...]]:
        several = len(self.solution.rates) > 1
        return [goal for goal in GOALS if several or len(goal) == 1]

    def _region(self, goal: tuple[str, ...]) -> Region:
        region = EVERYTHING
        for name in goal:
            if name not in self.solution.conditions:
                return Region(())
            region = region & self.solution.conditions[name].region
        return region

    def conditions(self, part: Recommendation) -> tuple[str, ...]:
        """All that a part's rates meet by meeting its goal."""
        region = self._region(part.goal)
        return tuple(name for name, result in self.solution.conditions.items() if region <= result.region)

    @cached_property
    def _domain(self) -> Region:
        return self.solution.program.region.eliminate(*self.solution.rates)

    # -- in words -------------------------------------------------------------------------------------------------

    def text(self, dialect: str = "text") -> str:
        """The advice in a dialect of the printers."""
        goal = next((goal for goal in self._goals if not self._region(goal).is_empty), None)
        if goal is None:
            return self._none
        if not self.solution.rates:
            return f"nothing is left to choose; at these exponents the program is {self._met(goal)}"
        if not 0 < len(self.parts) <= MOST_IN_WORDS:
            return f"choose exponents in {self._region(goal):{dialect}} ({self._met(goal)})"
        return "; ".join(
            (*(self._part(part, dialect) for part in self.parts), *self._elsewhere(dialect), *self._so_far)
        )

    @property
    def _none(self) -> str:
        """That nothing is stable, or that it was not found out."""
        steps, rates, undecided = self.solution.decided_by, self.solution.rates, self.solution.undecided
        if not rates or (steps is None and undecided.is_empty):
            return "no exponent left open makes this program stable: change the initialisation or the scaling"
        within = "" if steps is None else f"within {steps} steps "
        where = "" if undecided.is_empty else f" where {undecided}"
        return (
            f"none: {within}no exponent was found that keeps this program stable, "
            f"nor was it found that none does{where}; fix {', '.join(rates)} to ask at a point"
        )

    @property
    def _so_far(self) -> Iterator[str]:
        """That an edge may be one of the steps that were made."""
        if self.solution.decided_by is not None:
            yield f"as far as {self.solution.decided_by} steps decide: orders had not settled everywhere"
        if not self.solution.trajectory.undecided.is_empty:
            yield f"where {self.solution.undecided} nothing is decided: ask there at points, by --at"

    def _met(self, goal: tuple[str, ...]) -> str:
        return " and ".join(self.solution.conditions[name].condition.title for name in goal)

    def _part(self, part: Recommendation, dialect: str) -> str:
        there = "" if self._domain <= part.where else f"where {part.where:{dialect}}, "
        how = " and ".join(self._named(part, dialect))
        return "".join([f"{there}scale {how}", *self._caveats(part.goal), *self._internal(part, dialect)])

    def _elsewhere(self, dialect: str) -> Iterator[str]:
        """Where no rate is stable."""
        may_be = self._region(("stable",)) | self.solution.trajectory.undecided
        rest = self._domain - may_be.eliminate(*self.solution.rates)
        if not rest.is_empty:
            yield f"where {rest:{dialect}}, no rate is stable"

    def _named(self, part: Recommendation, dialect: str) -> Iterator[str]:
        for name, exponent in part.rates.items():
            factor = name.partition("_")[2]
            whose = f" of {factor}" if factor else ""
            yield f"the learning rate{whose} as {power(exponent, dialect)}{' (a constant)' if exponent == 0 else ''}"

    def _caveats(self, goal: tuple[str, ...]) -> Iterator[str]:
        """What even the best choice does not reach."""
        if "efficient" in self.solution.conditions and "efficient" not in goal:
            learns = "feature_learning" in goal
            choice = "choice" if self.solution.trajectory.undecided.is_empty else "choice that is decided"
            yield (
                f" (feature learning; no {choice} is efficient)"
                if learns
                else f" (stable; no {choice} learns features)"
            )

    def _internal(self, part: Recommendation, dialect: str) -> Iterator[str]:
        """What becomes of each internal feature there."""
        for q in self.solution.program.quantities.values():
            if q.role is Role.INTERNAL:
                try:
                    exponent = self.solution.orders[q.name].substitute(part.rates)
                except OrderError:  # a rate with a breakpoint cannot be put into an order
                    continue
                yield f"; {q.name} then {_behaviour(simplify(exponent, part.where), part.where, dialect)}"


def _behaviour(exponent: Order, where: Region, dialect: str) -> str:
    if exponent.is_zero_quantity:
        return "is zero"
    if where <= (exponent <= 0):
        return "stays of order one" if where <= (exponent >= 0) else "stays bounded"
    if where <= (exponent > 0):
        return f"grows as {power(exponent, dialect)}"
    return f"has size {power(exponent, dialect)}"


def _largest(region: Region, names: tuple[str, ...]) -> Iterator[tuple[Mapping[str, Order], Region]]:
    """Each rate at its largest, the first one first: what it leaves is for the next one. Only what is attained."""
    if not names:
        yield {}, region
        return
    name, rest = names[0], names[1:]
    for bound in supremum(region.eliminate(*rest), name):
        if bound.value is None or not bound.attained:
            continue
        if not rest:
            yield {name: bound.value}, bound.where
            continue
        for value, domain in pieces(bound.value, bound.where):
            for others, there in _largest(region.substitute({name: value}) & domain, rest):
                yield {name: value, **others}, there & domain


def pieces(value: Order, domain: Region) -> Iterator[tuple[Order, Region]]:
    """The affine formulas of an order, and where each holds; these domains do not overlap.

    >>> from gamma_calc import order
    >>> list(pieces(order("min(-1/2, rho - 1)"), Region.parse("0 <= rho <= 1")))
    [(Order('-1/2'), Region('1/2 <= rho <= 1')), (Order('rho - 1'), Region('0 <= rho < 1/2'))]
    """
    left = domain
    for one in sorted((Order.affine(a - b) for a, b in product(value.above, value.below)), key=str):
        here = left & where(one, "=", value)
        if not here.is_empty:
            yield one, here
            left = left - here
