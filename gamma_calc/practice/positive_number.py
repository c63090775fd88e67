"""A positive number as people type it: a rate, a multiplier, a tolerance."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from gamma_calc.display.shown import shown
from gamma_calc.errors import ExponentSyntaxError

NUMBER: Final = re.compile(
    r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})(e[+-]?[0-9]{1,3})?", re.IGNORECASE | re.ASCII
)
LONGEST: Final = 40  # of a text in a message
TINY, HUGE = Decimal("1e-30"), Decimal("1e30")


def positive(name: str, text: str, example: str = "2e-4") -> Decimal:
    """A positive number in digits. Raises ExponentSyntaxError for a unit, and for what is no number that a run has.

    >>> positive("lr", "2e-4")
    Decimal('0.0002')
    """
    value = Decimal(text) if NUMBER.fullmatch(text.strip()) else Decimal(0)
    if not TINY < value < HUGE:
        hint = f"write a positive number, as in {example}, without a unit"
        raise ExponentSyntaxError(f"{name} is {shown(text, LONGEST)!r}", hint=hint)
    return value
