"""Whether two figures are the same but for the last digits, in which machines differ."""

from __future__ import annotations

import re
from typing import Final

NUMBER: Final = re.compile(r"-?\d+\.\d+")
NEAR: Final = 0.01  # points


def are_alike(one: str, other: str) -> bool:
    """Is everything the same text, and every coordinate of two SVG figures the same to a hundredth of a point?"""
    if NUMBER.split(one) != NUMBER.split(other):
        return False
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=True)
    return all(abs(float(a) - float(b)) <= NEAR for a, b in pairs)
