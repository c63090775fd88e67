"""What is known of a rate: at which numbers it was found good, in words such as "n=1024 r=8 alpha=16 lr_norm=1e-3".

The words are those of a setting (``setting_text.py``), and ``lr_ROLE=...`` for the rates of other groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from gamma_calc.errors import ConfigError, GammaError, unknown, written
from gamma_calc.practice.law import Numbers
from gamma_calc.practice.positive_number import positive
from gamma_calc.practice.roles import ROLES
from gamma_calc.practice.setting import Setting
from gamma_calc.practice.setting_text import as_setting

RATE: Final = "lr_"
SHORT: Final[Mapping[str, str]] = {"A": "lora_A", "B": "lora_B"}
NUMBERS: Final = frozenset({"n", "r", "alpha", "s", "rslora"})


@dataclass(frozen=True, slots=True)
class KnownRates:
    """Numbers of a layer at which one rate was good, and rates of other roles that were good there too."""

    numbers: Numbers
    rates: Mapping[str, Decimal] = field(default_factory=dict)


def read_known(text: str, usual: Setting) -> KnownRates:
    """What is known, from words; what they leave out is as usual. Raises GammaError.

    >>> print(read_known("n=1024 r=16 lr_B=1e-3", Setting(n=4096, r=8, alpha=16)).numbers)
    n = 1024, r = 16, s = 1
    """
    words = text.replace(",", " ").split()
    try:
        rates = dict(_rate(word) for word in words if word.startswith(RATE))
        there = usual.updated(as_setting(" ".join(word for word in words if not word.startswith(RATE))))
        _check_words(there.said)
        return KnownRates(numbers_of(there), rates)
    except GammaError as error:
        raise error.at("--from") from error


def number_text(value: object) -> str:
    """A number as it is written.

    >>> number_text(2e-4)
    '0.0002'
    """
    try:
        return str(value)
    except ValueError:  # it has thousands of digits
        return written(value)


def numbers_of(setting: Setting) -> Numbers:
    """The numbers of a layer in a setting.

    >>> print(numbers_of(Setting(n=4096, r=8, alpha=16)))
    n = 4096, r = 8, s = 2
    """
    return Numbers(setting.n or 0, setting.rank, Decimal(str(setting.multiplier)))


def _rate(word: str) -> tuple[str, Decimal]:
    name, _, value = word.removeprefix(RATE).partition("=")
    role = SHORT.get(name, name)
    if role not in ROLES:
        raise unknown("role", role, ROLES)
    return role, positive(f"{RATE}{name}", value)


def _check_words(names: Iterable[str]) -> None:
    """A start or an optimiser is that of the file, and the known rate is --lr."""
    for name in names:
        if name not in NUMBERS:
            raise ConfigError(
                f"{name} is no number of a layer", hint=f"write {', '.join(sorted(NUMBERS))}, or {RATE}GROUP=RATE"
            )
