"""What is known of a rate: at which numbers it was found good, in words such as "n=1024 r=8 alpha=16 lr_norm=1e-3"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final

from gamma_calc.errors import ConfigError, ExponentSyntaxError, GammaError, unknown, written
from gamma_calc.practice.law import Numbers
from gamma_calc.practice.roles import ROLES

RATE: Final = "lr_"
NUMBERS: Final = ("n", "r", "alpha", "s", "rslora")
SHORT: Final[Mapping[str, str]] = {"A": "lora_A", "B": "lora_B"}
TRUTH: Final[Mapping[str, bool]] = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class AdapterScale:
    """A rank with its alpha, and whether the multiplier divides by the root of the rank.

    >>> AdapterScale(16, Decimal(32), rs=True).multiplier
    Decimal('8')
    """

    r: int
    alpha: Decimal
    rs: bool = False

    @property
    def multiplier(self) -> Decimal:
        """s in W* + s B A."""
        return self.alpha / (Decimal(self.r).sqrt() if self.rs else self.r)


@dataclass(frozen=True, slots=True)
class KnownRates:
    """Numbers of a layer at which one rate was good, and rates of other roles that were good there too."""

    numbers: Numbers
    rates: Mapping[str, Decimal] = field(default_factory=dict)


def read_known(text: str, n: int, scale: AdapterScale) -> KnownRates:
    """What is known, from words; what they leave out is as given. Raises GammaError.

    >>> print(read_known("n=1024 r=16 lr_B=1e-3", 4096, AdapterScale(8, Decimal(16))).numbers)
    n = 1024, r = 16, s = 1
    """
    words = dict(map(_word, text.split()))
    try:
        return _known(words, n, scale)
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


def positive(name: str, text: str) -> Decimal:
    """A positive number in digits. Raises ExponentSyntaxError.

    >>> positive("lr", "2e-4")
    Decimal('0.0002')
    """
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or not 0 < value < Decimal("1e30") or value < Decimal("1e-30"):
        raise ExponentSyntaxError(f"{name} is {text!r}", hint="write a positive number, as in 2e-4, without a unit")
    return value


def _word(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not (name and equals and value):
        raise ExponentSyntaxError(f"{word!r} is no setting", where="--from", hint="write NAME=VALUE, as in n=1024 r=8")
    return name, value


def _known(words: Mapping[str, str], n: int, scale: AdapterScale) -> KnownRates:
    rates = {_role(name): positive(name, value) for name, value in words.items() if name.startswith(RATE)}
    for name in words:
        if not name.startswith(RATE) and name not in NUMBERS:
            raise unknown("name", name, (*NUMBERS, *(f"{RATE}{role}" for role in ROLES)))
    found = AdapterScale(
        _whole("r", words.get("r", str(scale.r))),
        positive("alpha", words.get("alpha", str(scale.alpha))),
        _truth(words.get("rslora", str(scale.rs).lower())),
    )
    s = positive("s", words["s"]) if "s" in words else found.multiplier
    return KnownRates(Numbers(_whole("n", words.get("n", str(n))), found.r, s), rates)


def _role(name: str) -> str:
    role = name.removeprefix(RATE)
    role = SHORT.get(role, role)
    if role not in ROLES:
        raise unknown("role", role, ROLES)
    return role


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise ExponentSyntaxError(f"{name} is {text!r}", hint="write a positive whole number")
    return int(text)


def _truth(text: str) -> bool:
    if text not in TRUTH:
        raise ConfigError(f"rslora is {text!r}", hint="write true or false")
    return TRUTH[text]
