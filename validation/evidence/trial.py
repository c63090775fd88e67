"""Measurements that need no program of their own: numbers that are no exponents, and starts as they are constructed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from gamma_calc.exponents import order
from validation.evidence.measure import STANDARD, Instruments, Measurement, Reading, number, on_claim, within

WIDTHS: Final = (128, 256, 512, 1024)
RANK: Final = (4,)


@dataclass(frozen=True, slots=True)
class Trial(Measurement):
    """The function ``name`` of ``validation.evidence.trials``, given ``options``, finds ``expected``.

    ``expected`` and its ``tolerance`` are decimals as text.
    """

    name: str
    asked: str
    expected: str
    tolerance: str
    options: tuple[str, ...] = ()

    def readings(self, instruments: Instruments) -> Iterator[Reading]:
        found = getattr(instruments.trials, self.name)(*self.options)
        verdict, reason = found.judged(number(Fraction(self.expected)), number(Fraction(self.tolerance)))
        asked = f"{self.asked}, +-{self.tolerance}"
        yield Reading(asked, self.expected, f"{found.value:.3g}", verdict, reason, found.seeds)


@dataclass(frozen=True, slots=True)
class Constructed(Measurement):
    """The entries of "A", "B", "A Z" and "B A" of an initialisation, as it is constructed, have these exponents.

    In the width, or in the rank where one width and several ranks are given; ``tau`` is the exponent of the largest
    singular values of the pretrained weight.
    """

    init: str
    orders: Mapping[str, str]
    tolerance: Fraction = STANDARD
    widths: tuple[int, ...] = WIDTHS
    ranks: tuple[int, ...] = RANK
    tau: str = "0"
    seeds: int = 16

    def readings(self, instruments: Instruments) -> Iterator[Reading]:
        expected = {name: order(text) for name, text in self.orders.items()}
        found = instruments.trials.start_slopes(
            self.init,
            {name: None if e.is_zero_quantity else e.rational for name, e in expected.items()},
            widths=self.widths,
            ranks=self.ranks,
            tau=number(Fraction(self.tau)),
            tolerance=number(self.tolerance),
            seeds=self.seeds,
        )
        axis = "r" if len(self.widths) == 1 else "n"
        there = "" if self.tau == "0" else f" with singular values n^{self.tau}"
        for name, text in self.orders.items():
            asked = f"the start {self.init}{there}: exponent of the entries of {name} in {axis}{within(self.tolerance)}"
            yield on_claim(asked, text, found.rows[name], found.seeds)
