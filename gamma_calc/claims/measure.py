"""What a claim expects of numbers, as data, and how the numeric side is asked. It is imported when a check is run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib import import_module
from typing import Any, Final

from gamma_calc.claims.setting import Setting
from gamma_calc.orders.order import order

Tell = Callable[[Any], None]
WIDTHS: Final = (256, 512, 1024, 2048, 4096)
STANDARD: Final = Fraction(1, 20)
MOST_SEEDS: Final = 128


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured exponent: what, expected, measured as text, "confirmed", "refuted" or "undecided", and why."""

    asked: str
    expected: str
    measured: str
    verdict: str
    reason: str


class Measurement(ABC):
    """Exponents to measure."""

    __slots__ = ()

    @abstractmethod
    def readings(self, tell: Tell) -> Iterator[Reading]:
        """Run it. ``tell`` hears of every cell done."""


@dataclass(frozen=True, slots=True)
class Slopes(Measurement):
    """Quantities after a step have these exponents, at the point that the setting fixes."""

    setting: Setting
    orders: Mapping[str, str]
    step: int
    tolerance: Fraction = STANDARD
    widths: tuple[int, ...] = WIDTHS

    def readings(self, tell: Tell) -> Iterator[Reading]:
        found: Any = import_module("validation").validate(
            self.setting.open,
            dict(self.setting.at),
            widths=self.widths,
            steps=self.step,
            tolerance=_number(self.tolerance),
            most_seeds=MOST_SEEDS,
            on_progress=tell,
        )
        for name, expected in self.orders.items():
            asked = f"{self.setting}: exponent of {name} after step {self.step}, +-{_decimal(self.tolerance)}"
            yield _reading(asked, expected, found.row(name, self.step))


@dataclass(frozen=True, slots=True)
class Edge(Measurement):
    """The largest learning rate that keeps the output bounded falls with this exponent."""

    setting: Setting
    value: str
    tolerance: Fraction = STANDARD
    widths: tuple[int, ...] = WIDTHS

    def readings(self, tell: Tell) -> Iterator[Reading]:
        rate: Any = import_module("validation.stable_rate")
        found = rate.largest_stable_rate(
            self.setting.open, at=dict(self.setting.at), widths=self.widths, tolerance=_number(self.tolerance)
        )
        asked = f"{self.setting}: exponent of the largest stable rate, +-{_decimal(self.tolerance)}"
        yield _reading(asked, self.value, found.row)


def _reading(asked: str, expected: str, row: Any) -> Reading:
    """The verdict of a row on what the claim says, which need not be what is derived."""
    claimed = order(expected)
    predicted = None if claimed.is_zero_quantity else claimed.rational
    measured = "exactly zero" if row.measured is None else f"{row.measured:+.3f}"
    if row.predicted == predicted:
        return Reading(asked, expected, measured, row.verdict.value, row.reason)
    verdict = "refuted" if row.verdict.value == "confirmed" else "undecided"
    return Reading(asked, expected, measured, verdict, f"{row.predicted} is derived and {row.verdict.value}")


def _number(value: Fraction) -> Any:
    """The numeric side reckons in floating point."""
    return value.numerator / value.denominator


def _decimal(value: Fraction) -> str:
    return f"{_number(value):.2f}"
