"""The page of the documentation on claims."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from gamma_calc.display.blocks import Block
from gamma_calc.display.tables import markdown
from validation.evidence.answer import Answer, summary
from validation.evidence.measure import Reading
from validation.evidence.record import Record

COLUMNS: Final = ("id", "source", "statement", "derived", "measured")
READINGS: Final = ("id", "asked", "expected", "measured", "seeds", "verdict")
GROUPS: Final = {
    "G": "Rules of the calculus",
    "L": "LoRA+: two learning rates",
    "I": "Which factor starts at zero",
    "N": "Both factors random",
    "E": "Consequences",
    "C": "Rank, adapters, initialisations, networks",
}
INTRODUCTION: Final = """\
# Claims

Published results on learning rates and initialisations, as data: each names its source, the programs it speaks of and
what the derivation must find for it to hold, and where it can be measured, the numbers to expect. This page is the
output of `gamma-calc claims --format markdown`, which shows what is recorded: `gamma-calc claims ID --trace` with what
was asked and found, `gamma-calc claims ID --verify symbolic` derives anew, `--verify all` measures anew as well, and
`gamma-calc claims --verify all --record validation/evidence/recorded/claims.json` adds to the record what it lacks.

A claim *holds* where every check of it is met under the assumptions named with it. It *holds under another assumption*
where a check fails as stated and those under the named assumption are met. It is *contradicted* where both fail. Where
a statement is not on exponents there is *no symbolic check*, and the reason. What is *not yet checked* is listed with
what is missing. A measurement is *confirmed*, *refuted* or *undecided* at its tolerance; the last table has each.
*Quoted* and *recalled* mark statements that were not read in the source itself."""


def page(answers: Sequence[Answer], record: Record) -> str:
    """The answers as a Markdown page."""
    run = f"Measured with {record.made_with} on {record.machine}."
    parts = (_tables(answers), _notes(answers), _readings(answers), _sources(answers))
    return "\n".join([INTRODUCTION, "", f"{summary(answers)}.", "", run, *chain.from_iterable(parts)])


def _tables(answers: Sequence[Answer]) -> Iterator[str]:
    for letter, title in GROUPS.items():
        rows = [a for a in answers if a.claim.id.startswith(letter)]
        if rows:
            cells = tuple((a.claim.id, a.claim.cited, a.claim.statement, *a.said) for a in rows)
            yield from ("", f"## {title}", "", markdown(Block(title, cells, COLUMNS)))


def _notes(answers: Sequence[Answer]) -> Iterator[str]:
    assumed = [a.claim for a in answers if a.claim.assumptions]
    if assumed:
        yield from ("", "## Assumptions", "")
        yield from (f"- {claim.id}: {'; '.join(claim.assumptions)}." for claim in assumed)


def _readings(answers: Sequence[Answer]) -> Iterator[str]:
    rows = tuple(_reading(a.claim.id, r) for a in answers for r in a.measured.readings)
    if rows:
        yield from ("", "## Measurements", "", markdown(Block("Measurements", rows, READINGS)))


def _reading(name: str, r: Reading) -> tuple[str, ...]:
    verdict = r.verdict if r.verdict == "confirmed" else f"{r.verdict}: {r.reason}"
    return name, r.asked, r.expected, r.measured, str(r.seeds), verdict


def _sources(answers: Sequence[Answer]) -> Iterator[str]:
    """Each publication once, with its title."""
    found = {a.claim.source: None for a in answers if a.claim.source.year is not None}
    if found:
        yield from ("", "## Sources", "")
        yield from (f"- {source}. {source.title}. Statements {source.known.value}." for source in found)
