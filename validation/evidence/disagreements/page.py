"""Questions with what each side says, derives and measures: for a terminal, as data, as a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from gamma_calc.display.blocks import Block
from gamma_calc.display.tables import markdown
from validation.evidence.answer import Answer, as_data
from validation.evidence.disagreements.disagreement import Disagreement
from validation.evidence.record import Record

COLUMNS: Final = ("source", "says", "assumes", "derived", "measured")
INTRODUCTION: Final = """\
# Where sources disagree

Questions on learning rates and starts to which published sources give different answers. For each: what the sources
say, what the derivation finds under the assumption of each, what a measurement finds, and what comes of it. This page
is the output of `gamma-calc disagreements --format markdown`, which shows what is recorded; with `--verify` it is
derived or measured anew.

A side *holds* where the derivation finds what it says under its own assumption, and is *contradicted* where it does
not. Its measurement is *confirmed* where the numbers are what it says they are, within the tolerance, and *refuted*
where they are not. Exponents are those of n unless the rank r is named."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A question with what came of each of its sides."""

    question: Disagreement
    answers: tuple[Answer, ...]


def blocks(found: Sequence[Answered], record: Record) -> Iterator[Block]:
    """What a terminal shows."""
    for one in found:
        yield _table(one, short=True)
        yield Block("Outcome", ((one.question.decided,),))
    yield Block("Run", ((_run(found, record),),))


def data(found: Sequence[Answered]) -> list[dict[str, Any]]:
    """For JSON; every side as a claim."""
    return [
        {
            "name": one.question.name,
            "question": one.question.question,
            "sides": as_data(one.answers, traced=True),
            "decided": one.question.decided,
        }
        for one in found
    ]


def page(found: Sequence[Answered], record: Record) -> str:
    """The page in the documentation."""
    sections = (
        f"## {one.question.question}\n\n{markdown(_table(one))}\n\n*Outcome.* {one.question.decided}" for one in found
    )
    return "\n\n".join((INTRODUCTION, _run(found, record), *sections))


def _run(found: Sequence[Answered], record: Record) -> str:
    """When the numbers were measured, and with what."""
    days = sorted({answer.measured.recorded for one in found for answer in one.answers})
    return f"Measured on {days[-1] or 'this day'} with {record.versions} on {record.machine}, from seed 0 on."


def _table(one: Answered, *, short: bool = False) -> Block:
    rows = tuple(_row(answer, short=short) for answer in one.answers)
    return Block(f"{one.question.name}: {one.question.question}", rows, COLUMNS)


def _row(answer: Answer, *, short: bool) -> tuple[str, ...]:
    claim = answer.claim
    publication = f"arXiv {claim.source.arxiv}" if claim.source.arxiv else claim.source.authors
    source = f"{publication}, {claim.place}" if short else claim.cited
    return source, claim.statement, "; ".join(claim.assumptions) or "-", _derived(answer), _measured(answer)


def _derived(answer: Answer) -> str:
    if answer.derived is None:
        return "not run"
    return f"{answer.derived.outcome.value}: {_grouped((s.asked, s.found) for s in answer.derived.seen)}"


def _measured(answer: Answer) -> str:
    found = _grouped((r.asked, f"{r.measured} ({r.seeds} seeds)") for r in answer.measured.readings)
    return ": ".join(filter(None, (answer.measured.verdict, found)))


def _grouped(asked: Iterable[tuple[str, str]]) -> str:
    """What was asked and found, each program named once; a question is "PROGRAM: WHAT"."""
    parts = ((*question.partition(": ")[::2], value) for question, value in asked)
    groups = groupby(parts, key=lambda part: part[0])
    told = ((name, ", ".join(": ".join(filter(None, part[1:])) for part in group)) for name, group in groups)
    return "; ".join(f"{name}: {found}" for name, found in told)
