"""What one learning rate makes of several starts: the first updates, and the distance from each one's largest rate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Final

from gamma_calc.derivation.derivation import Derivation
from gamma_calc.errors import ProgramError
from gamma_calc.exponents import Order
from gamma_calc.language.program import Role
from gamma_calc.studies.rate_point import RATE, RatePoint

STEPS: Final = (1, 2)


@dataclass(frozen=True, slots=True)
class Update:
    """The change of the output over a step: its size, and the part of it along the gradient of the loss."""

    step: int
    size: Order
    aligned: Order


@dataclass(frozen=True, slots=True)
class RateComparison:
    """One start at the shared rate; ``largest_rate`` is the exponent of its largest stable rate."""

    name: str
    updates: tuple[Update, ...]
    largest_rate: Fraction

    def above(self, point: RatePoint) -> Fraction:
        """The exponent of the rate at a point over the largest stable one; above 0 training is not stable."""
        return point.eta - self.largest_rate


def standing(name: str, derivation: Derivation) -> RateComparison:
    """A start of which the exponent of one learning rate is open, and no other. Raises ProgramError.

    >>> from gamma_calc import derive, lora
    >>> one = standing("A", derive(lora("A")))
    >>> one.updates[1].aligned, one.largest_rate
    (Order('max(eta, 2*eta + 1)'), Fraction(-1, 2))
    """
    change = next(q.name for q in derivation.program.quantities.values() if q.role is Role.CHANGE)
    orders = {step: derivation.at_step(step) for step in STEPS}
    return RateComparison(
        name,
        tuple(Update(step, each[change], each[f"{change}.aligned"]) for step, each in orders.items()),
        _largest_rate(derivation),
    )


def descent(standings: Iterable[RateComparison], point: RatePoint) -> list[list[str]]:
    """The names by how far the first step descends along the gradient, the least first; equals together."""

    def key(one: RateComparison) -> tuple[bool, Fraction]:
        value = point.value(one.updates[0].aligned)
        return value is not None, value or Fraction(0)

    return [[one.name for one in equals] for _, equals in groupby(sorted(standings, key=key), key=key)]


def _largest_rate(derivation: Derivation) -> Fraction:
    stable = derivation.conditions["stable"]
    largest_rate = None if derivation.program.variables != (RATE,) or stable.empty else stable.largest[RATE].value
    if largest_rate is None:
        raise ProgramError(
            f"no largest stable learning rate with {', '.join(derivation.program.variables) or 'nothing'} open",
            where=f"program {derivation.program.name}",
            hint=f"leave {RATE} alone open, of a start that is stable at some rate",
        )
    return largest_rate
