"""gamma-calc compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from cyclopts import Parameter

from gamma_calc.cli.options import MANY, NOTHING, Common, Options, Question
from gamma_calc.cli.output import say, show
from gamma_calc.derivation import Derivation
from gamma_calc.errors import UnknownName
from gamma_calc.reports import data
from gamma_calc.reports.advice import Advice
from gamma_calc.reports.layout import Block
from gamma_calc.reports.sections import words


def compare(
    target: Annotated[str, Parameter(help="a name of the catalogue")] = "lora",
    /,
    *,
    init: Annotated[tuple[str, ...], Parameter(help="an initialisation; give two or more", **MANY)] = (),
    common: Common = NOTHING,
    format: Annotated[Literal["text", "json"], Parameter(help="text or json")] = "text",  # noqa: A002 - option's name
) -> None:
    """Several initialisations in one table."""
    if len(set(init)) < 2:
        raise UnknownName(
            f"{len(set(init))} initialisations to compare", where="--init", mend="write --init A --init B, two or more"
        )
    questions = {name: Question(target, Options(**common.named(), init=name)) for name in init}
    if format == "json":
        say(data.json_text({name: question.answer() for name, question in questions.items()}))
    else:
        found = {name: question.found for name, question in questions.items()}
        show(lambda dialect: _table(found, dialect))


def _table(found: Mapping[str, Derivation], dialect: str) -> Iterator[Block]:
    """Sizes and sets, one column for each initialisation; then the advice for each."""
    first = next(iter(found.values()))
    rows = [(name, *(_size(d, name, dialect) for d in found.values())) for name in first.program.quantities]
    rows += [(words(name), *(_set(d, name, dialect) for d in found.values())) for name in first.conditions]
    yield Block(f"Program {first.program.name}: exponents of n at late steps", tuple(rows), ("", *found))
    yield Block("Advice", tuple((f"{name}: {Advice(d).text(dialect)}",) for name, d in found.items()))


def _size(found: Derivation, name: str, dialect: str) -> str:
    size = data.settled_orders(found)[name]
    return "grows" if size is None else f"{size:{dialect}}"


def _set(found: Derivation, name: str, dialect: str) -> str:
    return f"{found.conditions[name].region:{dialect}}"
