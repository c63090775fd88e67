"""What a chart is made of, in exact coordinates; an axis may show the numbers base^x instead of the exponents x."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

Place = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class Axis:
    """A direction of a chart: its label, its ends, and the base of the powers it shows, None for exponents as such.

    An axis without a label has no ticks either.
    """

    label: str
    low: Fraction
    high: Fraction
    base: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """A convex shape by its corners in turn (two make a stroke, one makes a dot), and what it stands for.

    Areas of one text share a line of the legend; a higher ``level`` is painted darker, level 0 is hatched.
    """

    corners: tuple[Place, ...]
    text: str
    level: int


@dataclass(frozen=True, slots=True)
class Boundary:
    """A stretch of a boundary with its equation; ``open`` where it does not belong to the set."""

    ends: tuple[Place, Place]
    text: str
    open: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """A broken line through places, and what it stands for."""

    places: tuple[Place, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Places that are pointed out (one: a dot; two: a stroke), with words beside them or in the legend."""

    places: tuple[Place, ...]
    text: str
    beside: bool = False
