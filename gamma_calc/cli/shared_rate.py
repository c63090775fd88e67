"""gamma-calc shared-rate."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from gamma_calc.catalogue.initialisations import INITIALISATIONS
from gamma_calc.catalogue.specimens import full
from gamma_calc.cli.anytime import Answer, answered
from gamma_calc.cli.options import Options, Question, assignments, refuse_open_values
from gamma_calc.cli.parameters import BATCH, MANY, OPTIMIZER, PRINTED, SCALING, Texts, TimeLimit
from gamma_calc.cli.starts import ALL, starts_named
from gamma_calc.derivation.derivation import Derivation, derive
from gamma_calc.display import tables
from gamma_calc.display.json import document
from gamma_calc.errors import ExponentSyntaxError, OrderError
from gamma_calc.practice.positive_number import positive
from gamma_calc.studies import shared_rate_blocks as report
from gamma_calc.studies.rate_point import RATE, RatePoint
from gamma_calc.studies.shared_rate import standing

EXAMPLES: Final = (
    "gamma-calc shared-rate --at eta=-1",
    "gamma-calc shared-rate --init default,pissa,inilora-beta,inilora-alpha,full --numbers rate=2e-5,n=4096,r=8",
    "gamma-calc shared-rate --init A,B,AB --at eta=-1,rho=1/4 --format json",
    "gamma-calc shared-rate --init A,B,full --batch growing --at eta=-1,beta=1/2",
)

FULL: Final = "full"  # fine-tuning of the whole matrix, beside the starts of an adapter
NUMBERS: Final = ("rate", "n", "r")
SAMPLES: Final = "batch"  # a number beside these, of a batch that grows
GROWING: Final = "growing"


def shared_rate(
    *,
    init: Annotated[Texts, Parameter(help="starts by name, all, and full", **MANY)] = (ALL, FULL),
    at: Annotated[Texts, Parameter(help="exponents, as in eta=-1 or eta=-1,rho=1/4,beta=1/2", **MANY)] = (),
    numbers: Annotated[
        Texts, Parameter(help="a rate, a width and a rank: rate=2e-5,n=4096,r=8; batch=512 too", **MANY)
    ] = (),
    optimizer: Annotated[str, OPTIMIZER] = "adam",
    scaling: Annotated[str, SCALING] = "1",
    batch: Annotated[str | None, BATCH] = None,
    set_: Annotated[Texts, Parameter(name="--set", help="tau=1/2: the singular values that starts keep", **MANY)] = (),
    time_limit: TimeLimit = None,
    format: Annotated[Literal["text", "json", "latex", "markdown"], PRINTED] = "text",  # noqa: A002 - option's name
) -> int:
    """What one learning rate makes of several starts, against each one's own largest rate."""
    point = _point(at, numbers)
    options = Options(
        optimizer=optimizer,
        scaling=scaling,
        set_=(*set_, *(f"{name}={value}" for name, value in point.opened.items())),
        rank=None if point.rho is None else GROWING,
        batch=_samples(batch, point),
    )
    names = starts_named(init)

    def made(dialect: str) -> Answer:
        standings = [standing(name, _found(options, name)) for name in names]
        if format == "json":
            return document("shared-rate", report.as_data(standings, point))
        if format == "latex":
            return tables.latex(report.table(standings, point, "latex"))
        return report.section(standings, point) if format == "markdown" else report.blocks(standings, point, dialect)

    return answered(made, time_limit, format)


def _samples(batch: str | None, point: RatePoint) -> str | None:
    """How many samples a step sees, many where beta is given. Raises OrderError where one lacks the other."""
    if point.beta is None and batch == GROWING:
        hint = "add beta=1/2 to --at, or batch=512 to --numbers"
        raise OrderError("beta left open", where="--batch growing", hint=hint)
    if point.beta is not None and batch not in (None, GROWING):
        raise OrderError(f"{point} has a batch that grows", where=f"--batch {batch}", hint="leave --batch or beta out")
    return batch if point.beta is None else GROWING


def _point(at: Texts, numbers: Texts) -> RatePoint:
    """The exponents of --at, or the numbers of --numbers. Raises OrderError where not exactly one is given."""
    if bool(at) == bool(numbers):
        raise OrderError("one learning rate is needed", hint="write --at eta=-1, or --numbers rate=2e-5,n=4096,r=8")
    if numbers:
        return _numbers(numbers)
    values = assignments("--at", at)
    if RATE not in values or values.keys() - {RATE, "rho", "beta"}:
        hint = "give eta, rho where the rank grows, and beta where the batch does"
        raise OrderError(f"{', '.join(values)} given", where="--at", hint=hint)
    refuse_open_values("--at", values)
    rho, beta = (values[name].rational if name in values else None for name in ("rho", "beta"))
    return RatePoint(values[RATE].rational, rho, beta=beta)


def _numbers(texts: Texts) -> RatePoint:
    numbers = numbers_of(texts, "rate=2e-5,n=4096,r=8")
    if numbers.keys() - {SAMPLES} != set(NUMBERS):
        raise ExponentSyntaxError(f"{', '.join(numbers)} given", where="--numbers", hint=f"give {', '.join(NUMBERS)}")
    rate, width, rank = (numbers[name] for name in NUMBERS)
    return RatePoint.of_numbers(rate, width, rank, numbers.get(SAMPLES))


def numbers_of(texts: Texts, example: str) -> dict[str, Decimal]:
    """Positive numbers by name, from texts such as "n=4096,r=8". Raises ExponentSyntaxError."""
    pairs = dict(part.partition("=")[::2] for text in texts for part in text.split(","))
    try:
        return {name.strip(): positive(name.strip(), value.strip(), example) for name, value in pairs.items()}
    except ExponentSyntaxError as error:
        raise error.at("--numbers") from error


def _found(options: Options, name: str) -> Derivation:
    if name == FULL:
        whole = full(options.optimizer or "adam", options.batch or "one")
        values = assignments("--set", options.set_)
        return derive(whole.substitute({name: values[name] for name in whole.variables if name in values}))
    return Question("lora", replace(options, init=name, set_=_fitting(options.set_, name))).derivation


def _fitting(texts: Texts, name: str) -> Texts:
    """Without tau for a start that keeps no singular values."""
    keeps = name not in INITIALISATIONS or INITIALISATIONS[name].tau
    return tuple(f"{k}={v}" for k, v in assignments("--set", texts).items() if keeps or k != "tau")
