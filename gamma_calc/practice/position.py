"""Where learning rates stand: in which regime, how far from a knee and from the edge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import exp, log
from types import MappingProxyType
from typing import Any, Final

from gamma_calc.display.numbers import plain
from gamma_calc.practice.monomials import Knee, knees, leading
from gamma_calc.practice.principle import Rates
from gamma_calc.practice.setting import by_rate
from gamma_calc.practice.setting_law import SettingLaw

DEGREES: Final[Mapping[Fraction, str]] = MappingProxyType(
    {Fraction(1): "linear", Fraction(2): "quadratic", Fraction(3): "cubic"}
)
UNKNOWN: Final = "not known"
UNSTABLE: Final = "above the edge"
PerRate = float | dict[str, float]  # one, or one for each learning rate by its word


@dataclass(frozen=True)
class Position:
    """Learning rates (logarithms) under a law.

    >>> from gamma_calc.practice.setting import Setting
    >>> here = Position.of(SettingLaw(Setting(n=2048, r=8, alpha=16, lr=2e-4)))
    >>> here.regime, round(here.edge["distance"]), [round(one["distance"], 2) for one in here.knees]
    ('linear', 28, [0.41])
    """

    law: SettingLaw
    rates: Rates

    @classmethod
    def of(cls, law: SettingLaw) -> Position:
        """Where the rates of a law's own setting stand."""
        return cls(law, {name: log(rate) for name, rate in law.setting.rates.items()})

    @cached_property
    def room(self) -> float | None:
        """The logarithm of how many times all rates can be raised; None without a largest rate."""
        return self.law.room(self.rates)

    @property
    def edge(self) -> dict[str, Any]:
        """The largest stable rates, and how many times all rates can be raised until training is unstable.

        The distance is below 1 above the edge, and both are None where there is no largest rate.
        """
        edge = self.law.edge_rates
        largest = None if edge is None else by_rate({name: plain(exp(rate)) for name, rate in edge.items()})
        return {"lr": largest, "distance": None if self.room is None else plain(exp(self.room))}

    @property
    def regime(self) -> str:
        """How the size of a step answers to the rate: linear, quadratic, and whether training is stable at all."""
        step = self.law.step(self.rates)
        degree = degree_name(leading(step).degree) if step else UNKNOWN
        return degree if self.room is None or self.room >= 0 else f"{degree}, {UNSTABLE}" if step else UNSTABLE

    @property
    def knees(self) -> list[dict[str, Any]]:
        """Where that answer changes: the rates there, how many times the rate is above it, the degrees around it."""
        return [self._knee(one) for one in knees(self.law.step(self.rates))]

    def _knee(self, knee: Knee) -> dict[str, Any]:
        return {
            "lr": self.raised(knee.shift),
            "distance": plain(exp(-knee.shift)),
            "below": degree_name(knee.below),
            "above": degree_name(knee.above),
        }

    def raised(self, shift: float = 0) -> PerRate:
        """The rates as numbers, all of them raised by a factor exp(shift)."""
        return by_rate({name: plain(exp(rate + shift)) for name, rate in self.rates.items()})

    @property
    def exponents(self) -> dict[str, Any]:
        """The laws as powers: of the edge, and of the leading monomials of a step and of its descent."""
        edge, sizes = self.law.edge, {"step": self.law.step(self.rates), "descent": self.law.descent(self.rates)}
        found: dict[str, Any] = {
            "edge": None if edge is None else by_rate({name: self.law.powers(form) for name, form in edge.items()})
        }
        return found | {name: self.law.powers(leading(size).form) if size else None for name, size in sizes.items()}


def degree_name(degree: Fraction) -> str:
    """The regime of a degree in the rate.

    >>> degree_name(Fraction(2)), degree_name(Fraction(3, 2))
    ('quadratic', 'degree 3/2')
    """
    return DEGREES.get(degree, f"degree {degree}")
