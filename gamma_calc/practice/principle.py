"""The three principles by which a learning rate can be taken to another setting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gamma_calc.practice.monomials import Ray, leading, shift_to
from gamma_calc.practice.setting_law import SettingLaw

Rates = Mapping[str, float]  # logarithms of learning rates by the name of their exponent


@dataclass(frozen=True, slots=True)
class Principle:
    """What stays the same: ``carried`` gives the rates of a target from a law with its rates, None where it cannot."""

    name: str
    keeps: str
    carried: Callable[[SettingLaw, Rates, SettingLaw], Rates | None]


def at_the_same_distance(known: SettingLaw, rates: Rates, target: SettingLaw) -> Rates | None:
    """Each rate keeps its share of its own largest stable one; one rate and two share the distance of all together."""
    here, there, room = known.edge_rates, target.edge_rates, known.room(rates)
    if here is None or there is None or room is None:
        return None
    if here.keys() == there.keys():
        return {name: there[name] + rates[name] - here[name] for name in there}
    return {name: edge - room for name, edge in there.items()}


def _of_the_same_size(
    size: Callable[[SettingLaw, Rates], tuple[Ray, ...]], known: SettingLaw, rates: Rates, target: SettingLaw
) -> Rates | None:
    """The rates at which a size is what it was, in the proportion that the edges have where there are several."""
    towards = at_the_same_distance(known, rates, target) or (rates if len(rates) == 1 else None)
    if towards is None or towards.keys() != set(target.setting.method.rates):
        return None
    before, after = size(known, rates), size(target, towards)
    if not before or not after:
        return None
    shift = shift_to(leading(before).now, after)
    return {name: rate + shift for name, rate in towards.items()}


def of_the_same_step(known: SettingLaw, rates: Rates, target: SettingLaw) -> Rates | None:
    """What a step adds to the output keeps its predicted size."""
    return _of_the_same_size(SettingLaw.step, known, rates, target)


def of_the_same_descent(known: SettingLaw, rates: Rates, target: SettingLaw) -> Rates | None:
    """The part of it along the gradient of the loss keeps its predicted size."""
    return _of_the_same_size(SettingLaw.descent, known, rates, target)


PRINCIPLES: Final[Mapping[str, Principle]] = MappingProxyType(
    {
        p.name: p
        for p in (
            Principle("edge", "the distance to the largest stable rate", at_the_same_distance),
            Principle("step", "the size of what a step adds to the output", of_the_same_step),
            Principle("descent", "the part of that size along the loss gradient", of_the_same_descent),
        )
    }
)
