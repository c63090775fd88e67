"""A transfer in print and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from gamma_calc.display.blocks import Block
from gamma_calc.display.json import Data
from gamma_calc.display.numbers import two_digits
from gamma_calc.practice.carried_rate import CarriedRate
from gamma_calc.practice.position import PerRate, Position
from gamma_calc.practice.principle import PRINCIPLES
from gamma_calc.practice.setting import Setting
from gamma_calc.practice.transfer_reasons import assumptions, reason, times

NONE: Final = "-"
WORDS: Final = (
    "edge: the largest rate at which training is stable; edge/rate: how many times the rate can still be raised",
    "knee: below it the size of a step is linear in the rate, above it quadratic (or of the next degree)",
)


def data(found: CarriedRate) -> Data:
    """For JSON: factors, rates and distances are numbers, exponents rationals in text."""
    places = {"from": found.known, "to": found.arrived}
    return {
        "from": found.known.law.setting.words,
        "to": found.target.setting.words,
        "lr": found.lr,
        "factor": found.factor,
        "by": dict(found.by),
        "transfers": found.moved,
        "one_sample": found.on_one_sample,
        "regime": found.known.regime,
        "regime_there": found.arrived and found.arrived.regime,
        "edge": {side: place and place.edge for side, place in places.items()},
        "exponents": {side: place and place.exponents for side, place in places.items()},
        "knees": {side: place and place.knees for side, place in places.items()},
        "assumptions": list(assumptions(found)),
        "why": reason(found),
    }


def blocks(found: CarriedRate) -> Iterator[Block]:
    """The number first, then the principles, where the rates stand, the laws, and what it all rests on."""
    yield Block(title(found), ((reason(found),),))
    yield Block("Principles", tuple(_principles(found)), ("principle", "factor", "lr", "keeps"))
    places = {"from": found.known, "to": found.arrived}
    known = {side: place for side, place in places.items() if place is not None}
    yield Block(
        "Where the rate stands", tuple(_standing(known)), ("", "lr", "regime", "rate/knee", "edge", "edge/rate")
    )
    yield Block("Words", tuple((text,) for text in WORDS))
    yield Block("Laws", tuple(_laws(known)), ("", "largest stable rate", "size of a step"))
    yield Block("Assumptions", tuple((text,) for text in assumptions(found)))


def table(answers: Iterable[CarriedRate]) -> Iterator[Block]:
    """Several targets from one known rate: a line for each, then the reasons, then what it all rests on."""
    each = tuple(answers)
    heads = ("to", "lr", *(f"by {name}" for name in PRINCIPLES), "regime")
    yield Block(f"From {each[0].known.law.setting}", tuple(map(_line, each)), heads)
    yield Block("Why", tuple((why,) for why in dict.fromkeys(reason(one) for one in each)))
    yield Block("Assumptions", tuple((text,) for text in dict.fromkeys(a for one in each for a in assumptions(one))))


def title(found: CarriedRate) -> str:
    """The answer in one line."""
    if found.lr is None or found.factor is None:
        return f"no rate can be given at {found.target.setting}"
    return f"{rate(found.lr)}; the known rate {times(found.factor)}"


def rate(value: PerRate) -> str:
    """Learning rates with their words.

    >>> rate(2e-4), rate({"lr_A": 2e-4, "lr_B": 0.13})
    ('lr = 2.0e-4', 'lr_A = 2.0e-4, lr_B = 0.13')
    """
    named = value if isinstance(value, dict) else {"lr": value}
    return ", ".join(f"{name} = {two_digits(number)}" for name, number in named.items())


def digits(value: PerRate | None) -> str:
    """Numbers without their words."""
    if value is None:
        return NONE
    return ", ".join(map(two_digits, value.values())) if isinstance(value, dict) else two_digits(value)


def _principles(found: CarriedRate) -> Iterator[tuple[str, ...]]:
    for name, factor in found.by.items():
        rates = found.rates[name]
        lr = None if rates is None else Position(found.target, rates).raised()
        yield name, digits(factor), digits(lr), PRINCIPLES[name].keeps


def _standing(places: Mapping[str, Position]) -> Iterator[tuple[str, ...]]:
    for side, place in places.items():
        knees = ", ".join(two_digits(one["distance"]) for one in place.knees) or "no knee"
        yield (
            side,
            digits(place.raised()),
            place.regime,
            knees,
            digits(place.edge["lr"]),
            digits(place.edge["distance"]),
        )


def _laws(places: Mapping[str, Position]) -> Iterator[tuple[str, ...]]:
    for side, place in places.items():
        laws = place.exponents
        yield side, _law(laws["edge"]), _law(laws["step"])


def _law(powers: Any) -> str:
    """A monomial, or one for each rate."""
    if powers is None:
        return NONE
    if all(isinstance(one, dict) for one in powers.values()):
        return ", ".join(f"{name}: {_law(one)}" for name, one in powers.items())
    return " ".join(f"{name}^{power}".removesuffix("^1") for name, power in powers.items() if power != "0") or "1"


def _line(found: CarriedRate) -> tuple[str, ...]:
    factors = (digits(found.by[name]) for name in PRINCIPLES)
    regime = NONE if found.arrived is None else found.arrived.regime
    return _change(found), digits(found.lr), *factors, regime


def _change(found: CarriedRate) -> str:
    """What the target says otherwise than the known setting."""
    known, target = found.known.law.setting.words, found.target.setting
    said = {name: value for name, value in target.said.items() if known.get(name) != value}
    return str(Setting(**said)) or "the same"
