"""gamma-calc derive."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from gamma_calc.cli.anytime import Answer, answered
from gamma_calc.cli.options import PLAIN, Options, Question
from gamma_calc.cli.parameters import PRINTED, Target, TimeLimit
from gamma_calc.derivation import data, latex, sections
from gamma_calc.display.blocks import Block
from gamma_calc.display.json import document
from gamma_calc.errors import OrderError

EXAMPLES: Final = (
    "gamma-calc derive",
    "gamma-calc derive --init B --at eta=-1",
    "gamma-calc derive --init general --lr per-factor --set b0=-1/2",
    "gamma-calc derive --init A --rank growing --scaling alpha/r --batch growing",
    "gamma-calc derive adapter_config.json --rank growing --format json",
    "gamma-calc derive toy --step all --trace",
    "gamma-calc derive mlp --depth 4 --lr shared --within stable",
)

MOST_STEPS: Final = 1000
Format = Literal["text", "json", "latex"]


def derive(
    target: Target = "lora",
    /,
    *,
    options: Options = PLAIN,
    within: Annotated[
        str | None,
        Parameter(help="answer on a region: a condition, as stable, or a text, as eta_1 <= 0 & eta_2 <= -1/2"),
    ] = None,
    step: Annotated[str | None, Parameter(help="the orders after one step, or all of them: T or all")] = None,
    trace: Annotated[bool, Parameter(help="the derivation, rule by rule", negative="")] = False,
    short: Annotated[bool, Parameter(help="the answer alone, and what it rests on", negative="")] = False,
    time_limit: TimeLimit = None,
    format: Annotated[Format, PRINTED] = "text",  # noqa: A002 - the option's name
) -> int:
    """The orders of every quantity, the admissible learning rates, and why."""
    if short and (step or trace or format != "text"):
        raise OrderError("--short is the answer alone", hint="leave out --step, --trace and --format")

    def made(dialect: str) -> Answer:
        question = Question(target, options, within)
        if format == "json":
            return _json(question, step, trace)
        if format == "latex":
            return latex.document(question.derivation, _number(step))
        return _short(question, dialect) if short else _blocks(question, step, trace, dialect)

    return answered(made, time_limit, format)


def _number(step: str | None) -> int | None:
    """The step asked for; None for all of them. Raises OrderError."""
    if step in (None, "all"):
        return None
    if not (step.isascii() and step.isdigit()) or len(step) > 4 or int(step) > MOST_STEPS:
        raise OrderError(
            f"{step!r} is no step", where="--step", hint=f"write a whole number from 0 to {MOST_STEPS}, or all"
        )
    return int(step)


def _json(question: Question, step: str | None, trace: bool) -> str:
    derivation, number = question.derivation, _number(step)
    answer = question.answer()
    if number is not None:
        answer |= {"step": number, "orders": data.texts(derivation.at_step(number))}
    if step == "all":
        answer["steps"] = data.steps(derivation)
    if trace:
        answer["trace"] = data.traced(derivation.trace(*derivation.program.quantities, step=number))
    return document("derive", answer)


def _advice(question: Question, dialect: str) -> Block:
    if question.silence:
        return Block("Advice", ((f"none on one rate for the whole file: {question.silence}",),))
    return sections.advice(question.derivation, dialect)


def _where(question: Question, dialect: str) -> Block:
    """The point or the region that the answer is for; nothing where it is for all exponents."""
    if question.point is not None:
        return Block("At", ((", ".join(f"{n} = {v:{dialect}}" for n, v in question.point.items()),),))
    if question.region is None:
        return Block("Within", ())
    return Block("Within", ((f"{question.region:{dialect}}; outside nothing is said",),))


def _short(question: Question, dialect: str) -> Iterator[Block]:
    """The answer first, and all that it rests on."""
    derivation = question.derivation
    yield _where(question, dialect)
    if question.point is None:
        yield _advice(question, dialect)
    yield sections.conditions(derivation, dialect)
    yield sections.growth(derivation, dialect)
    yield sections.feedback(derivation)
    yield sections.bounds(derivation, dialect)
    yield Block("Configuration", tuple((note,) for note in question.notes))
    yield Block(f"Program {question.program.name} rests on", (("; ".join(derivation.assumptions),),))


def _blocks(question: Question, step: str | None, trace: bool, dialect: str) -> Iterator[Block]:
    derivation, number = question.derivation, _number(step)
    yield sections.program(question.program, dialect)
    yield Block("Configuration", tuple((note,) for note in question.notes))
    yield Block("Assumptions", tuple((text,) for text in derivation.assumptions))
    yield _where(question, dialect)
    if number is not None:
        yield sections.step(derivation, number, dialect)
    elif step == "all":
        yield from sections.steps(derivation, dialect)
    else:
        yield sections.settled(derivation, dialect)
    yield sections.growth(derivation, dialect)
    yield sections.feedback(derivation)
    yield sections.bounds(derivation, dialect)
    yield sections.conditions(derivation, dialect)
    yield sections.largest(derivation, dialect)
    if question.point is None:
        yield _advice(question, dialect)
    yield sections.glossary(derivation, dialect)
    if trace:
        yield from derivation.trace(*derivation.program.quantities, step=number).blocks(dialect)
