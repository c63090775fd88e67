"""What a claim expects of numbers, as data.

A measurement is run with the functions of ``validation.evidence.instruments``, which need torch; reading what claims
expect does not.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from typing import Any, Final

from gamma_calc.exponents import order
from validation.evidence.setting import ProgramSetting

WIDTHS: Final = (256, 512, 1024, 2048, 4096)
STANDARD: Final = Fraction(1, 20)
MOST_SEEDS: Final = 256
Instruments = Any  # the module of that name, or what stands for it in a test


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured number: what, expected, measured as text, "confirmed", "refuted" or "undecided", and why.

    ``seeds`` is the number of repetitions behind it.
    """

    asked: str
    expected: str
    measured: str
    verdict: str
    reason: str
    seeds: int = 0


class Measurement(ABC):
    """Something to measure."""

    __slots__ = ()

    @abstractmethod
    def readings(self, instruments: Instruments) -> Iterator[Reading]:
        """Run it."""

    @property
    def digest(self) -> str:
        """A short name of the definition: other settings, expectations or tolerances have another."""
        return digest(self)


def digest(definition: object) -> str:
    """A short name of something that is data. Records outlive the name of a class: it is the one they began with."""
    return sha256(repr(definition).replace("ProgramSetting(", "Setting(").encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Slopes(Measurement):
    """Quantities after a step have these exponents in n, at the point that the setting fixes.

    ``sizes`` are those of fixed dimensions. Where one seed is far from the next, more ``seeds`` to start with keep
    chance from refuting what more of them would confirm.
    """

    setting: ProgramSetting
    orders: Mapping[str, str]
    step: int
    tolerance: Fraction = STANDARD
    widths: tuple[int, ...] = WIDTHS
    most_seeds: int = MOST_SEEDS
    seeds: int = 16
    sizes: tuple[tuple[str, int], ...] = ()

    def readings(self, instruments: Instruments) -> Iterator[Reading]:
        found = instruments.validate(
            self.setting.open,
            dict(self.setting.at),
            widths=self.widths,
            steps=self.step,
            tolerance=number(self.tolerance),
            seeds=self.seeds,
            most_seeds=self.most_seeds,
            sizes=dict(self.sizes),
            only=[(name, self.step) for name in self.orders],
        )
        for name, expected in self.orders.items():
            asked = f"{self.setting}: exponent of {name} after step {self.step}"
            yield on_claim(f"{asked}{within(self.tolerance)}", expected, found.row(name, self.step), found.seeds)


@dataclass(frozen=True, slots=True)
class Edge(Measurement):
    """The largest learning rate that keeps the output bounded has this exponent in n."""

    setting: ProgramSetting
    value: str
    tolerance: Fraction = STANDARD
    widths: tuple[int, ...] = WIDTHS
    sizes: tuple[tuple[str, int], ...] = ()

    def readings(self, instruments: Instruments) -> Iterator[Reading]:
        found = instruments.largest_stable_rate(
            self.setting.open,
            at=dict(self.setting.at),
            widths=self.widths,
            settings=instruments.Settings(steps=5, sizes=dict(self.sizes)),
            tolerance=number(self.tolerance),
        )
        asked = f"{self.setting}: exponent of the largest stable rate{within(self.tolerance)}"
        yield on_claim(asked, self.value, found.row, found.seeds)


def on_claim(asked: str, expected: str, row: Any, seeds: int) -> Reading:
    """The verdict of a row on what the claim says, which need not be what is derived."""
    claimed = order(expected)
    predicted = None if claimed.is_zero_quantity else claimed.rational
    measured = "exactly zero" if row.measured is None else f"{row.measured:+.3f}"
    if row.predicted == predicted:
        return Reading(asked, expected, measured, row.verdict.value, row.reason, seeds)
    verdict = "refuted" if row.verdict.value == "confirmed" else "undecided"
    return Reading(asked, expected, measured, verdict, f"{row.predicted} is derived and {row.verdict.value}", seeds)


def number(value: Fraction) -> Any:
    """The numeric side reckons in floating point."""
    return value.numerator / value.denominator


def within(tolerance: Fraction) -> str:
    return f", +-{number(tolerance):.2f}"
