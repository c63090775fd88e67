"""A learning rate for every group of parameters, from one that is known to be good.

The principle is one: every group stands at the same share of its own largest stable rate as the known rate does at
its numbers. Constants of order one are not known; a rate that is known for a group of its own takes their place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from gamma_calc.display.blocks import Block
from gamma_calc.display.json import Data, document, number
from gamma_calc.display.numbers import short
from gamma_calc.display.showing import SelfShowing
from gamma_calc.errors import GammaError, ProgramError
from gamma_calc.language.either_spelling import either_spelling
from gamma_calc.optimisers.names import catalogue_name
from gamma_calc.practice.known import KnownRates
from gamma_calc.practice.law import Law, Numbers
from gamma_calc.practice.loss_scale import shape_of, unit_of
from gamma_calc.practice.roles import ROLES, Training

JSON: Final = "rates"  # the kind of document
BASES: Final = ("lora_A", "lora_B", "weight", "vera")  # whose rate the known one is: the first that is trained


@dataclass(frozen=True, slots=True)
class TrainedGroup:
    """Parameters of one role with one set of numbers; ``match`` finds their names, ``unit`` is the size of an entry."""

    role: str
    numbers: Numbers
    modules: str
    match: str
    unit: Decimal = Decimal(1)

    @property
    def name(self) -> str:
        """The role, and the modules where they are not all."""
        return self.role if self.modules in ("", "all modules") else f"{self.role} ({self.modules})"


@dataclass(frozen=True, slots=True)
class Rate:
    """A group with its law, its largest stable rate at constant 1, and its rate. None where nothing is derived."""

    group: TrainedGroup
    law: Law | None
    largest: Decimal | None
    rate: Decimal | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class RateTable(SelfShowing):
    """The rates of all groups, what they were made from, and what they rest on. Prints as a table.

    ``share`` is the known rate over the largest stable one at its numbers.
    """

    rates: tuple[Rate, ...]
    lr: Decimal
    known: KnownRates
    share: Decimal
    optimiser: str
    notes: tuple[str, ...]

    def to_json(self) -> str:
        """One object: schema, version, what is known, groups, notes. Raises nothing."""
        return document(
            JSON,
            {
                "optimizer": self.optimiser,
                "lr": number(self.lr),
                "known_at": _numbers(self.known.numbers),
                "share_of_largest": number(self.share),
                "groups": [self._data(rate) for rate in self.rates],
                "notes": list(self.notes),
            },
        )

    def blocks(self, dialect: str) -> Iterator[Block]:
        """The table, and what it rests on."""
        rows = tuple(self._row(rate) for rate in self.rates)
        columns = ("group", "largest stable", "at its numbers", "times lr", "rate")
        yield Block(f"Rates, {self.optimiser}, from {short(self.lr)} at {self.known.numbers}", rows, columns)
        yield Block("Notes", tuple((note,) for note in self.notes))

    def _row(self, rate: Rate) -> tuple[str, ...]:
        if rate.law is None or rate.largest is None or rate.rate is None:
            return rate.group.name, "not derived", "", "", ""
        return rate.group.name, str(rate.law), short(rate.largest), short(rate.rate / self.lr), short(rate.rate)

    def _data(self, rate: Rate) -> Data:
        derived = rate.rate is not None
        return {
            "role": rate.group.role,
            "modules": rate.group.modules,
            "match": rate.group.match,
            "numbers": _numbers(rate.group.numbers),
            "exponents": {name: str(getattr(rate.law, name)) for name in "nrs"} if derived else None,
            "largest_stable": None if rate.largest is None else number(rate.largest),
            "multiplier": None if rate.rate is None else number(rate.rate / self.lr),
            "rate": None if rate.rate is None else number(rate.rate),
            "why": rate.why,
        }


@either_spelling
def rate_table(
    groups: Sequence[TrainedGroup],
    lr: Decimal,
    known: KnownRates,
    training: Training,
    *,
    optimiser: str = "adamw",
    notes: Iterable[str] = (),
) -> RateTable:
    """The rates of groups of parameters. Raises GammaError where the known rate belongs to nothing that is trained.

    >>> groups = [TrainedGroup(role, Numbers(4096, 8), "", "") for role in ("lora_A", "lora_B", "weight")]
    >>> table = rate_table(groups, Decimal("2e-4"), KnownRates(Numbers(1024, 8)), Training())
    >>> [str(rate.law) for rate in table.rates], table.rates[0].rate
    (['n^-1/2 r^-1/2 s^-1/2', 'n^-1/2 r^-1/2 s^-1/2', 'n^-1'], Decimal('0.0001...'))
    """
    base = next((role for role in BASES if any(group.role == role for group in groups)), None)
    if base is None:
        raise ProgramError(
            f"nothing is trained that a known rate is for ({', '.join(BASES)})", hint="give each group its own rate"
        )
    one = replace(training, two_rates=False)
    share = lr / ROLES[base].law(one, known.numbers).at(known.numbers)
    rates = tuple(_rate(group, training, known, share) for group in groups)
    return RateTable(rates, lr, known, share, optimiser, (*_notes(rates, training, known, share), *notes))


def optimiser_named(name: str) -> str:
    """The rule in the catalogue that a trainer's name of an optimiser stands for. Raises UnknownName.

    >>> optimiser_named("adamw_torch")
    'adam'
    """
    try:
        return catalogue_name(name)
    except GammaError as error:
        raise error.at("--optimizer") from error


def _rate(group: TrainedGroup, training: Training, known: KnownRates, share: Decimal) -> Rate:
    role = ROLES[group.role]
    try:
        law, there = role.law(training, group.numbers), role.law(training, known.numbers)
    except ProgramError as error:
        return Rate(group, None, None, None, str(error))
    own = known.rates.get(group.role)
    stands = share * group.unit if own is None else own / there.at(known.numbers)
    largest = law.at(group.numbers)
    return Rate(group, law, largest * group.unit, largest * stands)


def _notes(rates: Sequence[Rate], training: Training, known: KnownRates, share: Decimal) -> Iterator[str]:
    told = f"{short(share)} of its largest stable one, the share that the known rate has"
    yield f"each rate is {told}, up to a constant of order one"
    yield from filter(None, (unit_of(training.optimiser), shape_of(training.optimiser)))
    given = [r.group.role for r in rates if r.group.role in known.rates]
    guessed = dict.fromkeys(r.group.role for r in rates if r.group.role not in (*BASES, *given) and r.rate is not None)
    if guessed:
        listed = ", ".join(guessed)
        yield f"{listed}: the constant is taken as 1; find it once at a small width: --from 'n=... lr_GROUP=RATE'"
    if share > 1 and not unit_of(training.optimiser):
        yield "the known rate lies above the largest stable one at constant 1"
    relative = dict.fromkeys(r.group.role for r in rates if ROLES[r.group.role].relative and r.group.unit == 1)
    if relative:
        yield f"{', '.join(relative)}: for entries of size 1; multiply by the root mean square that yours have"
    first = {rate.group.role: rate for rate in reversed(rates)}
    a, b = (first.get(name) for name in ("lora_A", "lora_B"))
    if training.two_rates and a is not None and b is not None and a.rate and b.rate:
        yield f"B's rate over A's: {short(b.rate / a.rate)}, by the laws of this start, up to its constant"
    yield from dict.fromkeys(f"{rate.group.name}: not derived: {rate.why}" for rate in rates if rate.why)


def _numbers(numbers: Numbers) -> Data:
    return {"n": numbers.n, "r": numbers.r, "s": number(numbers.s)}
