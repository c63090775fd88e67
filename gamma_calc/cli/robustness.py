"""gamma-calc robustness."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from gamma_calc.catalogue.lora import RATES
from gamma_calc.cli.anytime import Answer, answered
from gamma_calc.cli.options import NOTHING, Common, Options, Question, assignments, refuse_open_values
from gamma_calc.cli.parameters import MANY, PRINTED, TimeLimit
from gamma_calc.cli.starts import ALL, starts_named
from gamma_calc.derivation.derivation import Derivation
from gamma_calc.display import tables
from gamma_calc.display.json import document
from gamma_calc.errors import OrderError
from gamma_calc.exponents import Order
from gamma_calc.studies import robustness_blocks as report

EXAMPLES: Final = (
    "gamma-calc robustness",
    "gamma-calc robustness --init A,AB,pissa --assume additive",
    "gamma-calc robustness --init AB --at eta_A=-1,eta_B=0",
    "gamma-calc robustness --format json",
)


def robustness(
    *,
    init: Annotated[tuple[str, ...], Parameter(help="starts by name, or all", **MANY)] = (ALL,),
    common: Common = NOTHING,
    time_limit: TimeLimit = None,
    format: Annotated[Literal["text", "json", "latex", "markdown"], PRINTED] = "text",  # noqa: A002 - option's name
) -> int:
    """How each start answers to a learning rate below its best."""
    rates = assignments("--at", common.at)
    refuse_open_values("--at", rates)
    options, names = replace(common, at=()), starts_named(init)

    def made(dialect: str) -> Answer:
        if format == "markdown":
            tables_ = [_starts(replace(options, assume=rule), names) for rule in _rules(options)]
            return report.sections(tables_, _any_start(options, rates), rates)
        starts = _starts(options, names)
        if format == "latex":
            return tables.latex(report.table(starts, "latex"))
        anywhere = _any_start(options, rates)
        if format == "json":
            return document("robustness", report.as_data(starts, anywhere, rates))
        return report.blocks(starts, anywhere, rates, dialect)

    return answered(made, time_limit, format)


def _starts(options: Common, names: Iterable[str]) -> dict[str, Derivation]:
    return {name: _found(options, init=name) for name in names}


def _any_start(options: Common, rates: Mapping[str, Order]) -> tuple[Derivation, ...]:
    """With both sizes open, for the schemes that have the given rates."""
    schemes = [lr for lr, names in RATES.items() if rates.keys() <= set(names)]
    if not schemes:
        raise OrderError(
            f"{', '.join(rates)} are not the learning rates of one program",
            where="--at",
            hint="write eta=-1/2, or eta_A=-1,eta_B=0",
        )
    return tuple(_found(options, init="general", lr=lr, assume=rule) for rule in _rules(options) for lr in schemes)


def _rules(options: Common) -> tuple[tuple[str, ...], ...]:
    """Both rules of sums, unless something is assumed."""
    return (options.assume,) if options.assume else ((), ("additive",))


def _found(options: Common, **changed: object) -> Derivation:
    return Question("lora", Options(**options.named() | changed)).derivation
