"""One kind of thing that a file trains: the law of its largest rates, and where a rate stands below or above them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from gamma_calc.display.json import Data, number
from gamma_calc.display.numbers import short
from gamma_calc.errors import ProgramError
from gamma_calc.frontends.saved_adapters import SavedAdapter
from gamma_calc.practice.law import Law, Numbers
from gamma_calc.practice.loss_scale import unit_of
from gamma_calc.practice.roles import EFFICIENT, ROLES, STABLE, ParameterRole, Training

FAR = 10**12  # a width beyond every knee, where a file names none: laws are those of a fixed rank and multiplier


@dataclass(frozen=True)
class Trained:
    """Parameters of one role. ``width`` is None where nobody named one; then there are laws and no numbers.

    ``rank`` and ``multiplier`` are 1 of what has none; ``rate`` is the learning rate that these parameters get, their
    own or that of the adapters, and ``saved`` their factors in the file of weights.
    """

    what: str
    role_name: str
    training: Training
    width: int | None = None
    rank: int = 1
    multiplier: Decimal = Decimal(1)
    rate: Decimal | None = None
    own_rate: bool = False
    saved: tuple[SavedAdapter, ...] = field(default=(), repr=False)

    @property
    def role(self) -> ParameterRole:
        return ROLES[self.role_name]

    @property
    def numbers(self) -> Numbers:
        """What the laws are taken at."""
        return Numbers(self.width or FAR, self.rank, self.multiplier)

    @cached_property
    def largest_law(self) -> Law | None:
        """The law of the largest stable rate; None where there is none, and ``not_derived`` says why."""
        return None if self.not_derived else self.role.law(self.training, self.numbers)

    @cached_property
    def efficient_law(self) -> Law | None:
        """The law of the rate at which each tensor alone moves the output by order one; None where no rate does.

        It is a matter of exponents in the width, so it is asked at a fixed rank and multiplier.
        """
        if self.largest_law is None:
            return None
        largest, efficient = (self.role.in_width(self.training, condition) for condition in (STABLE, EFFICIENT))
        if efficient is None or efficient == largest:
            return None if efficient is None else self.largest_law
        return Law(efficient, Fraction(0), Fraction(0))

    @cached_property
    def not_derived(self) -> str:
        """Why there is no largest rate; empty where there is one."""
        if self.multiplier <= 0:
            return "the multiplier is not positive"
        try:
            self.role.law(self.training, self.numbers)
        except ProgramError as error:
            return str(error)
        return ""

    @property
    def largest(self) -> Decimal | None:
        """The largest stable rate as a number, every constant 1."""
        known = self.largest_law is not None and self.width is not None
        return self.largest_law.at(self.numbers) if known and self.largest_law is not None else None

    @property
    def share(self) -> Decimal | None:
        """The rate over the largest stable one; None where they are not in the same units."""
        unknown = self.rate is None or self.largest is None or self.unit
        return None if unknown or self.rate is None or self.largest is None else self.rate / self.largest

    @property
    def unit(self) -> str:
        """What a rate is in units of, so that it cannot be held against the largest one; empty where it can."""
        return unit_of(self.training.optimiser)

    @property
    def distance(self) -> Decimal | None:
        """x in rate = n^x times the largest stable one: above 0 training is not stable."""
        return None if self.share is None or self.width is None else self.share.ln() / Decimal(self.width).ln()

    def as_data(self) -> Data:
        """For JSON: exponents as exact texts, sizes as numbers, null for what is not known."""
        return {
            "what": self.what,
            "role": self.role_name,
            "width": self.width,
            "rank": self.rank,
            "multiplier": number(self.multiplier),
            "largest": _law_data(self.largest_law, self.largest),
            "efficient": _law_data(self.efficient_law, self._at(self.efficient_law)),
            "rate": None if self.rate is None else number(self.rate),
            "rate_over_largest": None if self.share is None else number(self.share),
            "not_derived": self.not_derived,
        }

    def cells(self) -> Iterator[str]:
        """Its row in a table."""
        yield self.what
        yield "" if self.largest_law is None else str(self.largest_law)
        yield "" if self.largest is None else short(self.largest)
        yield self._efficient()
        yield "" if self.share is None else times(self.share)

    def _efficient(self) -> str:
        if self.efficient_law == self.largest_law:
            return "there" if self.largest_law else ""
        return "nowhere" if self.efficient_law is None else str(self.efficient_law)

    def _at(self, law: Law | None) -> Decimal | None:
        return None if law is None or self.width is None else law.at(self.numbers)


def _law_data(law: Law | None, size: Decimal | None) -> Data | None:
    if law is None:
        return None
    exponents = {name: str(getattr(law, name)) for name in "nrs"}
    return {"law": str(law), "exponents": exponents, "rate": None if size is None else number(size)}


def times(share: Decimal) -> str:
    """A ratio in words.

    >>> times(Decimal("0.05")), times(Decimal(3))
    ('1/20', '3')
    """
    return short(share) if share >= 1 else f"1/{short(1 / share)}"
