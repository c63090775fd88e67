"""Values of a setting in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from gamma_calc.display.shown import shown
from gamma_calc.errors import ConfigError
from gamma_calc.practice.positive_number import positive
from gamma_calc.practice.setting import EXAMPLES, LONGEST

TRUTH: Final = MappingProxyType(dict.fromkeys(("true", "yes", "1"), True) | dict.fromkeys(("false", "no", "0"), False))
WHOLE: Final = re.compile(r"[+-]?[0-9]{1,20}", re.ASCII)


def read_value(name: str, text: str) -> object:
    """A value by its word. Raises ConfigError for a unit, and for text where a number belongs.

    >>> read_value("lr", "2e-4"), read_value("rslora", "yes")
    (0.0002, True)
    """
    return READERS.get(name, read_number if name in EXAMPLES else _plain)(name, text.strip())


def _plain(name: str, text: str) -> str:
    if not text:
        raise ConfigError(f"{name} has no value", hint=f"write {name}=VALUE")
    return shown(text, LONGEST)


def read_number(name: str, text: str) -> float:
    return positive(name, text, f"{name}={EXAMPLES.get(name, 16)}").__float__()


def _whole(name: str, text: str) -> int:
    if not WHOLE.fullmatch(text):
        raise ConfigError(
            f"{name} is {shown(text, LONGEST)!r}", hint=f"write a whole number without a unit: {name}={EXAMPLES[name]}"
        )
    return int(text)


def _truth(name: str, text: str) -> bool:
    if text.lower() not in TRUTH:
        raise ConfigError(f"{name} is {shown(text, LONGEST)!r}", hint=f"write {name}=true or {name}=false")
    return TRUTH[text.lower()]


READERS: Final[Mapping[str, Callable[[str, str], object]]] = MappingProxyType(
    {"n": _whole, "r": _whole, "batch": _whole, "rslora": _truth}
)
