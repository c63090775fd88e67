"""A learning rate carried to another setting: facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import exp

from gamma_calc.display.numbers import plain
from gamma_calc.practice.obstacle import changed, obstacle, underived
from gamma_calc.practice.position import PerRate, Position
from gamma_calc.practice.principle import PRINCIPLES, Rates
from gamma_calc.practice.setting import by_rate
from gamma_calc.practice.setting_law import SettingLaw

RECOMMENDED = "edge"


@dataclass(frozen=True, eq=False)
class CarriedRate:
    """A known learning rate and the law of another setting, with what each principle makes of it. Facts only.

    Rates and factors are numbers; None where no number can honestly be given.
    """

    known: Position
    target: SettingLaw

    @cached_property
    def obstacle(self) -> str:
        """Why no number can be given; empty where one can."""
        return obstacle(self.known, self.target)

    @cached_property
    def rates(self) -> Mapping[str, Rates | None]:
        """The learning rates (logarithms) by principle."""
        return {
            name: None if self.obstacle else one.carried(self.known.law, self.known.rates, self.target)
            for name, one in PRINCIPLES.items()
        }

    @cached_property
    def arrived(self) -> Position | None:
        """The recommended rates under the law of the target."""
        rates = self.rates[RECOMMENDED]
        return None if rates is None else Position(self.target, rates)

    @property
    def lr(self) -> PerRate | None:
        """The recommended learning rate, or the two of them."""
        return None if self.arrived is None else self.arrived.raised()

    @property
    def by(self) -> Mapping[str, PerRate | None]:
        """Principle to factor."""
        return {name: None if rates is None else ratio(self.known.rates, rates) for name, rates in self.rates.items()}

    @property
    def factor(self) -> PerRate | None:
        """The recommended learning rate over the known one."""
        return self.by[RECOMMENDED]

    @cached_property
    def on_one_sample(self) -> PerRate | None:
        """The recommended factor by the law of one sample, where batches were given."""
        known, target = (replace(law.setting, batch=None) for law in (self.known.law, self.target))
        if self.factor is None or self.target.setting.batch is None:
            return None
        return CarriedRate(Position(SettingLaw(known), self.known.rates), SettingLaw(target)).factor

    @property
    def changed(self) -> tuple[str, ...]:
        """What of the adapter, the start and the optimiser is another one, so that constants do not cancel."""
        return changed(self.known.law, self.target)

    @cached_property
    def moved(self) -> PerRate | None:
        """What does transfer: the factor by edge of the new numbers, at the target's adapter, start and optimiser."""
        here, there = self.target.setting, self.known.law.setting
        middle = SettingLaw(replace(here, n=there.n, r=there.r, alpha=there.alpha, s=there.s, rslora=there.rslora))
        if here.method.has_rank > there.method.has_rank:
            return None
        before, after = middle.edge_rates, self.target.edge_rates
        if before is None or after is None or underived(middle, self.target):
            return None
        return ratio(before, after)


def ratio(before: Rates, after: Rates) -> PerRate:
    """Learning rates over others (logarithms both): one number, or one for each where either side has two.

    >>> ratio({"eta": 0.0}, {"eta_A": 0.0, "eta_B": 0.0})
    {'lr_A': 1.0, 'lr_B': 1.0}
    """
    names = max(before, after, key=len)
    return by_rate({name: plain(exp(_of(after, name) - _of(before, name))) for name in names})


def _of(rates: Rates, name: str) -> float:
    """A rate by its name; the one there is, where there is one."""
    return rates[name] if name in rates else rates["eta"]
