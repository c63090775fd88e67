"""gamma-calc explain."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from gamma_calc.cli.anytime import Answer, answered
from gamma_calc.cli.choices import KINDS, one_of
from gamma_calc.cli.options import PLAIN, Options, Question
from gamma_calc.cli.parameters import PRINTED, Target, TimeLimit
from gamma_calc.derivation.reasons import as_data, reasons
from gamma_calc.display.json import document
from gamma_calc.errors import ConfigError, unknown

EXAMPLES: Final = (
    "gamma-calc explain efficient --init B",
    "gamma-calc explain stable --init general",
    "gamma-calc explain feature-learning toy --lr per-factor",
)


def explain(
    condition: Annotated[str, one_of(KINDS["conditions"], "{}")] = "",
    target: Target = "lora",
    /,
    *,
    options: Options = PLAIN,
    time_limit: TimeLimit = None,
    format: Annotated[Literal["text", "json"], PRINTED] = "text",  # noqa: A002 - the option's name
) -> int:
    """Why a condition holds where it does, or nowhere."""
    if not condition:
        raise ConfigError("which condition?", hint=f"write one of {', '.join(KINDS['conditions'])} after explain")
    name = condition.replace("-", "_")
    if name not in KINDS["conditions"]:
        raise unknown("condition", condition, KINDS["conditions"])

    def made(dialect: str) -> Answer:
        derivation = Question(target, options).derivation
        if name not in derivation.conditions:
            raise unknown("condition", condition, derivation.conditions).at(f"target {target}")
        if format == "json":
            return document("explain", as_data(derivation, name))
        return reasons(derivation, name, dialect)

    return answered(made, time_limit, format)
