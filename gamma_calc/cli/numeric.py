"""The one door to the numeric side, which may not be installed; and widths, which are a range."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from gamma_calc.errors import ConfigError, ExponentSyntaxError

NEEDED: Final = ("validation", "torch", "numpy", "scipy")


def numeric(name: str = "") -> Any:
    """A module of the numeric side by its name there, loaded when this is called.

    >>> numeric("evidence.record").__name__
    'validation.evidence.record'
    """
    return import_module(f"validation.{name}".removesuffix("."))


def refuse_missing(command: str) -> None:
    """Say which extra a command needs. Raises ConfigError."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"{command} needs {', '.join(missing)}, which is not installed",
            hint="pip install 'gamma-calc[validation]'",
        )


def widths_of(text: str) -> tuple[int, ...]:
    """Widths from "256:65536" (doubling) or "256,512,1024,2048". Raises ExponentSyntaxError.

    >>> widths_of("256:1024")
    (256, 512, 1024)
    """
    parts = text.replace(":", ",").split(",")
    good = all(part.isascii() and part.isdigit() and len(part) < 10 and int(part) for part in parts)
    numbers = [int(part) for part in parts] if good else []
    if not good or (":" in text and (len(parts) != 2 or numbers[0] > numbers[1])):
        raise ExponentSyntaxError(
            f"{text!r} is no range of widths", where="--widths", hint="write LOW:HIGH, as in 256:65536, or a list"
        )
    if ":" not in text:
        return tuple(numbers)
    low, high = numbers
    return tuple(low * 2**k for k in range(high.bit_length()) if low * 2**k <= high)
