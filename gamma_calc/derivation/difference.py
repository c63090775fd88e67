"""What differs between two derivations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from gamma_calc.derivation.solution import Solution
from gamma_calc.display.blocks import Block
from gamma_calc.display.showing import SelfShowing
from gamma_calc.errors import require
from gamma_calc.exponents import Order, Region

Known = TypeVar("Known", Order, Region)
Pair = tuple[Known | None, Known | None]  # None: there is no such name on this side


@dataclass(frozen=True, slots=True)
class DerivationDifference(SelfShowing):
    """Names to what stands on the two sides: settled orders, regions, and conditions; only where these differ.

    It is true if anything differs. Print it for a table of each.
    """

    sides: tuple[str, str]
    orders: Mapping[str, Pair[Order]]
    regions: Mapping[str, Pair[Region]]
    conditions: Mapping[str, Pair[Region]]

    def __bool__(self) -> bool:
        return bool(self.orders or self.regions or self.conditions)

    def blocks(self, dialect: str) -> Iterator[Block]:
        if not self:
            yield Block("No difference", (("orders, regions and conditions are the same",),))
        yield _table("Orders", "quantity", self.sides, self.orders, dialect)
        yield _table("Regions", "region", self.sides, self.regions, dialect)
        yield _table("Conditions", "condition", self.sides, self.conditions, dialect)

    def __repr__(self) -> str:
        names = [*self.orders, *self.regions, *self.conditions]
        return f"<Difference of {' and '.join(self.sides)}: {', '.join(names) or 'none'}>"


def difference(one: Solution, two: Solution) -> DerivationDifference:
    """What two derivations answer differently.

    >>> from gamma_calc import derive, lora
    >>> print(difference(derive(lora("general"), a0=0, b0=0), derive(lora("AB"))).conditions["stable"])
    (Region('none'), Region('eta <= -1/2'))
    """
    require(two, Solution, "derivation", "give what derive(...) returns")
    names = one.program.name, two.program.name
    return DerivationDifference(
        ("first", "second") if names[0] == names[1] else names,
        _differing(one.orders, two.orders),
        _differing(_regions(one), _regions(two)),
        _differing(_sets(one), _sets(two)),
    )


def _regions(solution: Solution) -> dict[str, Region]:
    return {"domain of the exponents": solution.program.region, "where the orders settle": solution.settled}


def _sets(solution: Solution) -> dict[str, Region]:
    return {name: result.region for name, result in solution.conditions.items()}


def _differing(one: Mapping[str, Known], two: Mapping[str, Known]) -> dict[str, Pair[Known]]:
    pairs = {name: (one.get(name), two.get(name)) for name in dict.fromkeys([*one, *two])}
    return {name: (left, right) for name, (left, right) in pairs.items() if left != right}


def _table(title: str, head: str, sides: tuple[str, str], pairs: Mapping[str, Pair[Known]], dialect: str) -> Block:
    def text(value: Order | Region | None) -> str:
        return "-" if value is None else f"{value:{dialect}}"

    return Block(title, tuple((name, text(left), text(right)) for name, (left, right) in pairs.items()), (head, *sides))
