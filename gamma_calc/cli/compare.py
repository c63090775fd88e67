"""gamma-calc compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from gamma_calc.catalogue.targets import TARGETS
from gamma_calc.cli.anytime import Answer, answered
from gamma_calc.cli.options import NOTHING, Common, Options, Question
from gamma_calc.cli.parameters import MANY, PRINTED, TimeLimit
from gamma_calc.cli.starts import starts_named
from gamma_calc.derivation.advice import Advice
from gamma_calc.derivation.derivation import Derivation
from gamma_calc.derivation.sections import glossary
from gamma_calc.display.blocks import Block
from gamma_calc.display.json import Data, document
from gamma_calc.display.numbers import plain
from gamma_calc.errors import ProgramError, UnknownName
from gamma_calc.studies.largest_rate import (
    BATCHES,
    MULTIPLIERS,
    LargestRate,
    Laws,
    batch_block,
    largest_shared_rates_of,
    rates_block,
)

EXAMPLES: Final = (
    "gamma-calc compare --init A --init B --init AB",
    "gamma-calc compare --init all",
    "gamma-calc compare --init A --init B --lr per-factor --format json",
)

MOST_COLUMNS: Final = 4


def compare(
    target: Annotated[str, Parameter(help="a name of the catalogue")] = "lora",
    /,
    *,
    init: Annotated[tuple[str, ...], Parameter(help="initialisations, two or more, or all", **MANY)] = (),
    common: Common = NOTHING,
    time_limit: TimeLimit = None,
    format: Annotated[Literal["text", "json"], PRINTED] = "text",  # noqa: A002 - option's name
) -> int:
    """Several initialisations in one table."""
    names = starts_named(init)
    if len(names) < 2:
        raise UnknownName(
            f"{len(names)} initialisations to compare", where="--init", hint="write --init A --init B, two or more"
        )

    def made(dialect: str) -> Answer:
        questions = {name: Question(target, Options(**common.named(), init=name)) for name in names}
        rates, unknown = _all_largest_rates(target, common, names)
        if format == "json":
            answers = {name: _answer(question, rates.get(name, {})) for name, question in questions.items()}
            return document("compare", answers)
        derivations = {name: question.derivation for name, question in questions.items()}
        table = _columns if len(names) <= MOST_COLUMNS else _rows
        words = glossary(derivations[names[0]], dialect)
        return (*table(derivations, dialect), *_rates(rates), *_unknown(unknown), words)

    return answered(made, time_limit, format)


def _all_largest_rates(
    target: str, common: Common, names: Sequence[str]
) -> tuple[Mapping[str, Mapping[str, Laws]], Mapping[str, str]]:
    """The laws of the starts that have them, and why those of others are not known: a growing rank may be refused."""
    rates, unknown = {}, {}
    for name in names:
        try:
            laws = _largest_rates(target, common, name)
        except ProgramError as error:
            unknown[name] = str(error)
            continue
        if laws:
            rates[name] = laws
    return rates, unknown


def _largest_rates(target: str, common: Common, init: str) -> Mapping[str, Laws]:
    """By batch, the law under each multiplier, where one shared rate is open and the target lets these be chosen."""
    if target not in TARGETS or not {"rank", "scaling"} <= TARGETS[target].options.keys():
        return {}
    options = {**common.named(), "init": init, "rank": "growing", "at": ()}
    questions = [Question(target, Options(**options | {"scaling": s})) for s in MULTIPLIERS]
    programs, stability = [question.program for question in questions], questions[0].stability
    if programs[0].variables == ("eta", "rho"):
        return {"": largest_shared_rates_of(programs, stability)}
    if set(programs[0].variables) == {"eta", "rho", "beta"}:
        return {name: largest_shared_rates_of(programs, stability, beta) for name, beta in BATCHES.items()}
    return {}


def _rates(of_starts: Mapping[str, Mapping[str, Laws]]) -> Iterator[Block]:
    """A table for each batch that the law depends on, or the one where none does."""
    for batch in dict.fromkeys(batch for of_start in of_starts.values() for batch in of_start):
        rates = {name: of_start[batch] for name, of_start in of_starts.items()}
        yield batch_block(batch, rates) if batch else rates_block(rates)


def _unknown(reasons: Mapping[str, str]) -> Iterator[Block]:
    """The starts that the tables of rates leave out."""
    if reasons:
        yield Block("Largest stable learning rate not known", tuple(reasons.items()))


def _answer(question: Question, rates: Mapping[str, Laws]) -> Data:
    """The derivation, and the exponents of n, r and N in the largest stable rate under each multiplier."""
    laws = {batch: {s: e and _power(e) for s, e in zip(MULTIPLIERS, of, strict=True)} for batch, of in rates.items()}
    return question.answer() | ({"largest_rate": laws.get("", laws)} if laws else {})


def _power(law: LargestRate) -> Data:
    """A row of the table: exponents as texts, and what 16 times each makes of the rate, as numbers."""
    factors = {name: plain(16 ** (power.numerator / power.denominator)) for name, power in law.powers.items()}
    return {name: str(power) for name, power in law.powers.items()} | {"sixteenfold": factors}


def _columns(derivations: Mapping[str, Derivation], dialect: str) -> Iterator[Block]:
    """Sizes and sets, one column for each initialisation; then the advice for each."""
    first = next(iter(derivations.values()))
    rows = [(name, *(_size(d, name, dialect) for d in derivations.values())) for name in first.program.quantities]
    rows += [
        (one.condition.title, *(_set(d, name, dialect) for d in derivations.values()))
        for name, one in first.conditions.items()
    ]
    yield Block(f"Program {first.program.name}: exponents of n at late steps", tuple(rows), ("", *derivations))
    yield Block("Advice", tuple((f"{name}: {Advice(d).text(dialect)}",) for name, d in derivations.items()))


def _rows(derivations: Mapping[str, Derivation], dialect: str) -> Iterator[Block]:
    """Sets alone, one row for each initialisation: sizes of that many would not fit."""
    first = next(iter(derivations.values()))
    rows = [(name, *(_set(d, condition, dialect) for condition in first.conditions)) for name, d in derivations.items()]
    heads = ("start", *(result.condition.title for result in first.conditions.values()))
    yield Block(f"Program {first.program.name}: where the conditions hold", tuple(rows), heads)


def _size(derivation: Derivation, name: str, dialect: str) -> str:
    size = derivation.settled_orders[name]
    return "grows" if size is None else f"{size:{dialect}}"


def _set(derivation: Derivation, name: str, dialect: str) -> str:
    return f"{derivation.conditions[name].region:{dialect}}"
