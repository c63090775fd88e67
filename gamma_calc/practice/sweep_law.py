"""What is derived of the best learning rates of a sweep: one law for each principle, under each set of assumptions.

No principle knows the constant in front, so a law speaks of how rates differ between cells. Of the sizes that a step
keeps, the level is taken from the rates that were found: where a size bends, it matters on which side they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from types import MappingProxyType
from typing import Final

from gamma_calc.catalogue.assumed import ASSUMPTIONS
from gamma_calc.errors import ConfigError
from gamma_calc.practice.method import ONE
from gamma_calc.practice.monomials import leading, shift_to
from gamma_calc.practice.setting import Setting
from gamma_calc.practice.setting_law import SettingLaw

RATE: Final = "eta"
USUAL: Final = MappingProxyType({False: "one repeated sample", True: "one repeated batch"})
EDGE: Final = "edge"
SIZES: Final = MappingProxyType({"step": SettingLaw.step, "descent": SettingLaw.descent})
Known = Sequence[tuple[Setting, float]]  # what cells are set to, each with the logarithm of its best rate


@dataclass(frozen=True)
class SweepLaw:
    """A principle under assumptions: the logarithm of the rate that it gives each cell, up to a common constant.

    >>> known = [(Setting(n=1024, r=r, alpha=16), 0.0) for r in (4, 16)]
    >>> four, sixteen = next(sweep_laws(known[0][0])).rates(known)
    >>> round(sixteen - four, 9)
    0.0
    """

    principle: str
    names: tuple[str, ...]
    batches: bool = False
    unknown: tuple[str, ...] = ()  # columns of a sweep that the program has no exponent for

    @property
    def assumptions(self) -> str:
        """In words."""
        return ", ".join(self.names) or USUAL[self.batches]

    def rates(self, known: Known) -> list[float] | None:
        """The logarithm of each cell's rate; None where the principle gives none."""
        laws = [SettingLaw(setting, self.names) for setting, _ in known]
        if self.principle == EDGE:
            return _complete([law.room({RATE: 0}) for law in laws])
        of_law = SIZES[self.principle]
        sizes = [of_law(law, {RATE: rate}) for law, (_, rate) in zip(laws, known, strict=True)]
        if not all(any(one.degree > 0 for one in size) for size in sizes):
            return None
        level = sum(leading(size).now for size in sizes) / len(sizes)
        return [rate + shift_to(level, size) for size, (_, rate) in zip(sizes, known, strict=True)]


def sweep_laws(setting: Setting, names: Sequence[str] | None = None, *, batches: bool = False) -> Iterator[SweepLaw]:
    """Each principle under each set of assumptions that there is; of ``names`` given, under these alone.

    ``batches``: every run tells its number of samples a step; else the setting does, or one sample makes each step.
    Raises ConfigError for a method with a rate for each factor, and where assumptions are asked of one that has none.
    """
    method = setting.method
    if method.rates != ONE:
        raise ConfigError(
            f"{method.name} has a rate for each factor", hint="a sweep of one rate is checked: leave it out"
        )
    method.check_start(setting.init)
    of_batches = batches or setting.batch is not None
    typical = replace(setting, batch=setting.batch or 1) if batches else setting
    unknown = () if method.has_rank and not typical.lacks else ("rank",)
    for chosen in _sets(method.name) if names is None else [tuple(names)]:
        _ = SettingLaw(typical, chosen).checked()
        yield from (SweepLaw(principle, chosen, of_batches, unknown) for principle in (EDGE, *SIZES))


def _sets(method: str) -> Iterator[tuple[str, ...]]:
    """Every set of assumptions; only adapters of plain LoRA can be written under them."""
    most = len(ASSUMPTIONS) if method == "lora" else 0
    for count in range(most + 1):
        yield from combinations(ASSUMPTIONS, count)


def _complete(values: Sequence[float | None]) -> list[float] | None:
    found = [value for value in values if value is not None]
    return found if len(found) == len(values) else None
