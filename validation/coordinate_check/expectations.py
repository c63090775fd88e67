"""What is expected of each row: derived for the adapters' own quantities, given by the user for all other modules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from gamma_calc.catalogue.initialisations import INITIALISATIONS
from gamma_calc.catalogue.lora import lora
from gamma_calc.errors import ConfigError, ExponentSyntaxError, GammaError
from gamma_calc.exponents import order
from validation.errors import SettingError
from validation.measurement.predict import predictions
from validation.statistics.verdict import Prediction

OF_MODULES: Final = ("activation", "change")
WRITTEN: Final = re.compile(r"(?:(?P<module>.+)[.:])?(?P<quantity>activation|change)(?P<relation><?=)(?P<value>.+)")
RULES: Final[Mapping[str, str]] = {
    "Adam": "adam",
    "AdamW": "adam",
    "NAdam": "adam",
}  # torch's class and the catalogue's


@dataclass(frozen=True, slots=True)
class Expectation:
    """An exponent of a module's activation or change; ``at_most`` takes anything smaller too."""

    quantity: str
    exponent: Fraction = Fraction(0)
    at_most: bool = False
    module: str = ""


DEFAULT: Final = (Expectation("activation"), Expectation("change"))


def read_expectations(text: str) -> tuple[Expectation, ...]:
    """From words such as "change<=0 lm_head:activation=1/2". Raises ExponentSyntaxError.

    >>> read_expectations("change<=0")[0].at_most
    True
    """
    return (*map(_expectation, text.split()), *DEFAULT)


def _expectation(word: str) -> Expectation:
    found = WRITTEN.fullmatch(word)
    if found is None:
        raise ExponentSyntaxError(
            f"{word!r} is no expectation", where="--expect", hint="write change=0, change<=0 or MODULE:activation=1/2"
        )
    try:
        exponent = order(found["value"]).rational
    except GammaError as error:
        raise error.at(f"--expect {word}") from error
    return Expectation(found["quantity"], exponent, found["relation"] == "<=", found["module"] or "")


def expected(expectations: Iterable[Expectation], module: str, quantity: str, step: int) -> Prediction:
    """The first expectation that speaks of a row of a module."""
    for one in expectations:
        if one.quantity == quantity and module.endswith(one.module):
            return Prediction(f"{module} {quantity}", step, one.exponent, bound=one.at_most)
    raise AssertionError(f"no expectation of {quantity}")


def start_of(asked: object) -> str:
    """The start in the catalogue that a value of init_lora_weights asks for. Raises ConfigError."""
    for start in INITIALISATIONS.values():
        if isinstance(asked, str | bool) and start.peft is not None and start.peft.means(asked):
            return start.name
    raise ConfigError(f"init_lora_weights is {asked!r}", hint="name the start with --init")


def rule_of(optimiser: str) -> str:
    """The rule in the catalogue of torch's optimiser. Raises SettingError."""
    if optimiser not in RULES:
        raise SettingError(
            f"no exponents of adapters are derived for {optimiser}, whose steps go by the size of the gradient",
            hint=f"take one of {', '.join(RULES)}, or leave the adapters out with --no-adapters",
        )
    return RULES[optimiser]


def derived(init: str, rule: str, eta: Fraction, steps: int) -> Mapping[tuple[str, int], Prediction]:
    """What is derived for an adapter of fixed rank and multiplier on a repeated sample, by quantity and step."""
    found = predictions(lora(init, optimiser=rule), {"eta": eta}, steps)
    return {(p.quantity, p.step): p for p in found if not p.quantity.endswith(".aligned")}


def of_layers(
    by_quantity: Mapping[tuple[str, int], Prediction], layers: Iterable[str], rows: Iterable[tuple[str, str, int]]
) -> Iterator[Prediction]:
    """The predictions for the measured rows of adapted layers, named after their layer."""
    known = set(layers)
    for module, quantity, step in rows:
        prediction = by_quantity.get((quantity, step))
        if module in known and prediction is not None:
            yield replace(prediction, quantity=f"{module} {quantity}")
