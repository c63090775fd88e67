"""Measurements at one width, along one of a program's exponents: slopes in the rank, degrees in the learning rate.

Along eta, n^eta is the learning rate itself, so the slope of a logarithm of a size is its degree in the learning rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from validation.evidence.measure import (
    MOST_SEEDS,
    STANDARD,
    Instruments,
    Measurement,
    Reading,
    number,
    on_claim,
    within,
)
from validation.evidence.setting import ProgramSetting

BASES = {"rho": "r", "eta": "the learning rate", "sigma": "s"}  # what n to the exponent is


def evenly(first: str, last: str, count: int) -> tuple[str, ...]:
    """Values of an exponent at equal distances.

    >>> evenly("0", "1/2", 3)
    ('0', '1/4', '1/2')
    """
    low, high = Fraction(first), Fraction(last)
    return tuple(str(low + (high - low) * i / (count - 1)) for i in range(count))


@dataclass(frozen=True, slots=True)
class Along(Measurement):
    """At one width, quantities after a step are powers of n^``exponent`` with these exponents."""

    setting: ProgramSetting
    exponent: str
    values: tuple[str, ...]
    slopes: Mapping[str, str]
    step: int
    width: int
    tolerance: Fraction = STANDARD
    most_seeds: int = MOST_SEEDS

    def readings(self, instruments: Instruments) -> Iterator[Reading]:
        found = instruments.slopes_along(
            self.setting.program,
            self.exponent,
            [Fraction(v) for v in self.values],
            {name: Fraction(slope) for name, slope in self.slopes.items()},
            width=self.width,
            step=self.step,
            tolerance=number(self.tolerance),
            most_seeds=self.most_seeds,
        )
        for name, expected in self.slopes.items():
            asked = f"{self.setting}, n = {self.width}: exponent of {name} in {BASES[self.exponent]}"
            row = found.rows[name]
            yield on_claim(f"{asked} after step {self.step}{within(self.tolerance)}", expected, row, found.seeds)


@dataclass(frozen=True, slots=True)
class EdgeAlong(Measurement):
    """At one width, the largest stable learning rate is this power of n^``exponent``."""

    setting: ProgramSetting
    exponent: str
    values: tuple[str, ...]
    slope: str
    width: int
    tolerance: Fraction = STANDARD

    def readings(self, instruments: Instruments) -> Iterator[Reading]:
        found = instruments.largest_rate_along(
            self.setting.program,
            self.exponent,
            [Fraction(v) for v in self.values],
            Fraction(self.slope),
            width=self.width,
            tolerance=number(self.tolerance),
        )
        asked = f"{self.setting}, n = {self.width}: exponent of the largest stable rate in {BASES[self.exponent]}"
        yield on_claim(f"{asked}{within(self.tolerance)}", self.slope, found.rows["rate"], found.seeds)
