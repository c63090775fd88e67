"""gamma-calc explain."""

from __future__ import annotations

from typing import Annotated, Final

from cyclopts import Parameter

from gamma_calc.cli.options import PLAIN, Options, Question
from gamma_calc.cli.output import show
from gamma_calc.cli.parameters import Target
from gamma_calc.derivation.reasons import reasons
from gamma_calc.errors import unknown

EXAMPLES: Final = (
    "gamma-calc explain efficient --init B",
    "gamma-calc explain stable --init general",
    "gamma-calc explain feature-learning toy --lr per-factor",
)


def explain(
    condition: Annotated[str, Parameter(help="stable, internally_stable, feature_learning or efficient")],
    target: Target = "lora",
    /,
    *,
    options: Options = PLAIN,
) -> None:
    """Why a condition holds where it does, or nowhere."""
    derivation = Question(target, options).derivation
    name = condition.replace("-", "_")
    if name not in derivation.conditions:
        raise unknown("condition", condition, derivation.conditions)
    show(lambda dialect: reasons(derivation, name, dialect))
