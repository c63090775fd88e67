"""Parallel constraints bound one number, so they are decided by comparing bounds, without a search."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from gamma_calc.exponents.linear.constraint import LinearConstraint, Relation

Direction = tuple[tuple[str, Fraction], ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound on a direction, strict or not, from the constraint ``index``; ``scale`` is its leading coefficient."""

    value: Fraction
    strict: bool
    index: int
    scale: Fraction


@dataclass(frozen=True, slots=True)
class DirectionBounds:
    """The tightest bounds on one direction."""

    direction: Direction
    low: Bound | None
    high: Bound | None

    def conflict(self) -> tuple[Bound, Bound] | None:
        """The two bounds, if no value satisfies both."""
        low, high = self.low, self.high
        if low is None or high is None or low.value < high.value:
            return None
        if low.value == high.value and not (low.strict or high.strict):
            return None
        return low, high

    def between(self) -> Fraction:
        """Some value within the bounds, inside them where there is room."""
        if self.low is None:
            return Fraction(0) if self.high is None else self.high.value - 1
        return self.low.value + 1 if self.high is None else (self.low.value + self.high.value) / 2


def bounds_by_direction(constraints: tuple[LinearConstraint, ...]) -> list[DirectionBounds]:
    """The constraints grouped by direction. Those without variables are left out."""
    found: dict[Direction, DirectionBounds] = {}
    for index, (form, relation) in enumerate(constraints):
        if not form.terms:
            continue
        scale = form.terms[0][1]
        direction = form.terms if scale == 1 else tuple((k, c / scale) for k, c in form.terms)
        line = found.get(direction) or DirectionBounds(direction, None, None)
        bound = Bound(-form.constant / scale, relation == ">", index, scale)
        found[direction] = _tightened(line, bound, relation)
    return list(found.values())


def _tightened(line: DirectionBounds, bound: Bound, relation: Relation) -> DirectionBounds:
    low, high = line.low, line.high
    if (bound.scale > 0 or relation == "=") and (low is None or _key(bound) > _key(low)):
        low = bound
    if (bound.scale < 0 or relation == "=") and (high is None or _key(bound, -1) < _key(high, -1)):
        high = bound
    return DirectionBounds(line.direction, low, high)


def _key(bound: Bound, side: int = 1) -> tuple[Fraction, int]:
    return bound.value, side * bound.strict
