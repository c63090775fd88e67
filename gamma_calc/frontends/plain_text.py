"""What a plain text in a file of settings stands for: a number where it is one, itself where it is not."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any


def number_or_text(text: str) -> Any:
    """A number where a plain text is one: 2e-4 too, which YAML 1.1 takes for a text as it has no dot.

    >>> number_or_text("8"), number_or_text("2e-4"), number_or_text("nan"), number_or_text("pissa")
    (8, Decimal('0.0002'), 'nan', 'pissa')
    """
    with suppress(ValueError):
        return int(text)
    with suppress(ArithmeticError):
        found = Decimal(text)
        return found if found.is_finite() else text
    return text
