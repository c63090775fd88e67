"""What a claim expects of a derivation, as data. A check yields what it asked and what was found."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import and_
from typing import Final, Literal, cast

from gamma_calc.derivation.derivation import Derivation
from gamma_calc.errors import ExponentSyntaxError
from gamma_calc.exponents import Order, Region, order, same_on, where
from validation.evidence.setting import ProgramSetting

LATE: Final = None  # in the place of a step: the settled orders


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing asked: in words, what is expected, what the derivation says, and whether they are the same."""

    asked: str
    expected: str
    found: str
    good: bool


class Check(ABC):
    """Something that must be found for a statement to hold."""

    __slots__ = ()

    @abstractmethod
    def seen(self) -> Iterator[Seen]:
        """Everything asked, with what was found."""

    @property
    def settings(self) -> tuple[ProgramSetting, ...]:
        """The programs asked."""
        return ()

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities asked for by name; empty where the outputs are meant."""
        return ()


@dataclass(frozen=True, slots=True)
class Orders(Check):
    """Quantities have these orders, at each of the steps (LATE: the settled ones), where ``within`` holds."""

    setting: ProgramSetting
    orders: Mapping[str, str]
    steps: tuple[int | None, ...] = (LATE,)
    within: str = "all"

    @property
    def settings(self) -> tuple[ProgramSetting, ...]:
        return (self.setting,)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.orders)

    def seen(self) -> Iterator[Seen]:
        found = self.setting.found
        domain = found.program.region & Region.parse(self.within)
        for step in self.steps:
            for name, text in self.orders.items():
                value = _orders(found, step)[name]
                asked = f"{self.setting}: order of {name}{_when(step)}{_in(self.within)}"
                yield Seen(asked, text, str(value), same_on(value, order(text), domain))


@dataclass(frozen=True, slots=True)
class Where(Check):
    """Conditions and demands (such as "Z_A > 0", or "f[1] = 0" for step 1) all hold exactly in ``region``.

    ``onto`` projects the set on some of the exponents.
    """

    setting: ProgramSetting
    region: str
    conditions: tuple[str, ...] = ()
    demands: tuple[str, ...] = ()
    onto: tuple[str, ...] = ()

    @property
    def settings(self) -> tuple[ProgramSetting, ...]:
        return (self.setting,)

    def seen(self) -> Iterator[Seen]:
        found = self.setting.found
        region = _all(found, self.conditions, self.demands)
        region = region.project(*self.onto) if self.onto else region
        asked = f"{self.setting}: where {_and(self.conditions, self.demands)}"
        yield Seen(asked, self.region, str(region), region == found.program.region & Region.parse(self.region))


@dataclass(frozen=True, slots=True)
class Implied(Check):
    """Where the conditions hold, and ``within`` does, so do the demands; and that is somewhere."""

    setting: ProgramSetting
    demands: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    within: str = "all"

    @property
    def settings(self) -> tuple[ProgramSetting, ...]:
        return (self.setting,)

    def seen(self) -> Iterator[Seen]:
        found = self.setting.found
        premise = _all(found, self.conditions, ()) & Region.parse(self.within)
        beyond = premise - _all(found, (), self.demands)
        given = _and((*self.conditions, *(() if self.within == "all" else (self.within,))), ())
        told = "everywhere" if beyond.is_empty else f"fails for {beyond}"
        told = "the premise holds nowhere" if premise.is_empty else told
        yield Seen(
            f"{self.setting}: {given} implies {_and((), self.demands)}", "everywhere", told, told == "everywhere"
        )


@dataclass(frozen=True, slots=True)
class Largest(Check):
    """The largest value of an exponent at which a condition holds, as a function of the others; it is attained."""

    setting: ProgramSetting
    value: str
    where: str = "all"
    exponent: str = "eta"
    condition: str = "stable"
    within: str = "all"

    @property
    def settings(self) -> tuple[ProgramSetting, ...]:
        return (self.setting,)

    def seen(self) -> Iterator[Seen]:
        found = self.setting.found
        domain = found.program.region & Region.parse(self.within)
        asked = f"{self.setting}: largest {self.exponent} with {self.condition}{_in(self.within)}"
        value, region, attained = _sup(found, self.condition, self.exponent)
        same = value is not None and same_on(value, order(self.value), domain & Region.parse(self.where))
        there = (region & domain) == (domain & Region.parse(self.where))
        yield Seen(asked, f"{self.value}{_in(self.where)}", f"{value}{_in(str(region))}", same and there and attained)


@dataclass(frozen=True, slots=True)
class Ratio(Check):
    """The largest learning rates of two programs differ by this exponent, where ``within`` holds."""

    one: ProgramSetting
    two: ProgramSetting
    value: str
    within: str = "all"

    @property
    def settings(self) -> tuple[ProgramSetting, ...]:
        return (self.one, self.two)

    def seen(self) -> Iterator[Seen]:
        above, below = self.one.found, self.two.found
        (top, _, _), (bottom, _, _) = (_sup(found, "stable", "eta") for found in (above, below))
        asked = f"{self.one} against {self.two}: exponent of the ratio of the largest stable rates{_in(self.within)}"
        if top is None or bottom is None:
            yield Seen(asked, self.value, "no single largest rate", good=False)
            return
        domain = above.program.region & below.program.region & Region.parse(self.within)
        yield Seen(asked, self.value, str(top - bottom), same_on(top - bottom, order(self.value), domain))


@dataclass(frozen=True, slots=True)
class Same(Check):
    """Two programs have the same orders of these quantities at each of the steps."""

    one: ProgramSetting
    two: ProgramSetting
    quantities: tuple[str, ...]
    steps: tuple[int | None, ...] = (1, 2, 3, 4, LATE)
    within: str = "all"

    @property
    def settings(self) -> tuple[ProgramSetting, ...]:
        return (self.one, self.two)

    @property
    def names(self) -> tuple[str, ...]:
        return self.quantities

    def seen(self) -> Iterator[Seen]:
        one, two = self.one.found, self.two.found
        domain = one.program.region & two.program.region & Region.parse(self.within)
        for step in self.steps:
            for name in self.quantities:
                left, right = _orders(one, step)[name], _orders(two, step)[name]
                asked = f"{self.one} and {self.two}: order of {name}{_when(step)}{_in(self.within)}"
                yield Seen(asked, str(left), str(right), same_on(left, right, domain))


@dataclass(frozen=True, slots=True)
class Shown(Check):
    """Something that data cannot say: a small function decides it."""

    asked: str
    proof: Callable[[], bool] = field(repr=False)  # an address in memory says nothing of what is asked

    def seen(self) -> Iterator[Seen]:
        good = self.proof()
        yield Seen(self.asked, "true", "true" if good else "false", good)


# -- reading a derivation ---------------------------------------------------------------------------------------------

_DEMAND: Final = re.compile(r"(?P<name>[\w.]+)(\[(?P<step>\d+)\])? (?P<relation><=|>=|=|<|>) (?P<value>.+)")


def _orders(found: Derivation, step: int | None) -> Mapping[str, Order]:
    return found.orders if step is None else found.at_step(step)


def _all(found: Derivation, conditions: tuple[str, ...], demands: tuple[str, ...]) -> Region:
    """Where conditions and demands all hold."""
    regions = [found.conditions[name].region for name in conditions] + [_demand(found, text) for text in demands]
    return reduce(and_, regions, found.program.region)


def _demand(found: Derivation, text: str) -> Region:
    match = _DEMAND.fullmatch(text)
    if match is None:
        raise ExponentSyntaxError(f"{text!r} is no demand", hint="write QUANTITY = ORDER, as in delta1[2] = 0")
    step = LATE if match["step"] is None else int(match["step"])
    left, right, relation = _orders(found, step)[match["name"]], order(match["value"]), match["relation"]
    if relation.startswith(">"):
        left, right, relation = right, left, relation.replace(">", "<")
    return where(left, cast('Literal["<=", "<", "="]', relation), right)


def _sup(found: Derivation, condition: str, exponent: str) -> tuple[Order | None, Region, bool]:
    """One formula for the largest exponent; None where there is none, or several in several places."""
    pieces = found.conditions[condition].region.sup(exponent)
    if len(pieces) != 1:
        return None, reduce(Region.__or__, (p.where for p in pieces), Region(())), False
    return pieces[0].value, pieces[0].where, pieces[0].attained


def _when(step: int | None) -> str:
    return "" if step is None else f" after step {step}"


def _in(region: str) -> str:
    return "" if region == "all" else f" for {region}"


def _and(conditions: tuple[str, ...], demands: tuple[str, ...]) -> str:
    return " and ".join((*(name.replace("_", " ") for name in conditions), *demands))
