"""Why a verdict is what it is: each reason once, with the text that is printed and what it asks for."""

from __future__ import annotations

from enum import Enum


class Remedy(Enum):
    """What would decide a row."""

    NONE = ""
    SEEDS = "add seeds"
    WIDTHS = "add larger widths"
    RATES = "give a wider range of rates"
    SMALLER = "use smaller widths, fewer steps or float64"


class Cause(Enum):
    """The reasons. A text has gaps for the numbers of a row; the remedy follows it.

    >>> Cause.TOO_WIDE.text(tolerance=0.05)
    'the interval is too wide for the tolerance 0.05: add seeds'
    """

    NONE = ""
    LINE = "line"
    LATE_LINE = "line at the largest widths"
    MONOMIALS = "sum of monomials"
    ZERO = "exactly zero at every width"
    NOT_ZERO = "predicted zero, is not"
    OTHER_SLOPE = "a straight line of another slope"
    LEADING_ABSENT = "the leading monomial is not there"
    NO_MONOMIALS = "no sum of monomials fits"
    LEADING_SMALL = "crossover: the leading monomial has {share:.0%} at the largest width"
    NEAR_TIES = "crossover: near ties leave the exponent between {low:.2f} and {high:.2f}"
    OVERFLOW = "overflow at n = {widths}", Remedy.SMALLER, "; "
    OUT_OF_RANGE = "numbers of order n^({order}) leave the range at n = {widths}", Remedy.SMALLER, "; "
    SOME_ZERO = "exactly zero at n = {widths}", Remedy.SEEDS
    TOO_WIDE = "the interval is too wide for the tolerance {tolerance}", Remedy.SEEDS
    NOT_SIGNIFICANT = "{before}; not significant among {rows} rows", Remedy.SEEDS
    EDGE = "the slope is at the edge of the tolerance", Remedy.WIDTHS
    LATE_SLOPE = "the slope is {late:+.3f} at the largest widths", Remedy.WIDTHS
    MOVING = "the slope still moves towards the prediction", Remedy.WIDTHS
    ONE_CONSTANT = "{before}, at one constant in front of the rates and not at others", Remedy.WIDTHS
    OUTSIDE = "outside the rates tried at n = {widths}", Remedy.RATES

    def __init__(self, template: str, remedy: Remedy = Remedy.NONE, between: str = ": ") -> None:
        self.template, self.remedy, self.between = template, remedy, between

    def text(self, **numbers: object) -> str:
        """The reason as it is printed."""
        told = self.template.format(**numbers)
        return f"{told}{self.between}{self.remedy.value}" if self.remedy is not Remedy.NONE else told


def listed(widths: object) -> str:
    """Widths as a reason names them."""
    return ", ".join(map(str, widths))  # type: ignore[call-overload]
