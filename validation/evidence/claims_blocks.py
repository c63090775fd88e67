"""Claims as tables of a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from gamma_calc.display.blocks import Block
from gamma_calc.language.program import Role
from validation.evidence.answer import Answer, summary
from validation.evidence.claim import Claim
from validation.evidence.outcome import NO_MEASUREMENT, Outcome
from validation.evidence.setting import ProgramSetting

SHORT: Final = {Outcome.OTHERWISE: "holds otherwise", Outcome.NUMERIC: "-"}  # in a narrow column; the rest is below


def blocks(answers: Sequence[Answer], trace: bool, dialect: str) -> Iterator[Block]:
    """What a terminal shows; with ``trace`` what was asked and found, and the derivations."""
    rows = tuple((a.claim.id, a.claim.source.short, a.claim.statement, *_short(a)) for a in answers)
    yield Block("Claims", rows, ("id", "arXiv", "statement", "derived", "measured"))
    yield from _details(answers)
    for a in answers if trace else ():
        yield from _traced(a, dialect)
    yield Block("Summary", ((summary(answers),),))


def _short(a: Answer) -> tuple[str, str]:
    outcome = "not run" if a.derived is None else SHORT.get(a.derived.outcome, a.derived.outcome.value)
    return outcome, "-" if a.measured is NO_MEASUREMENT else a.measured.verdict


def _details(answers: Sequence[Answer]) -> Iterator[Block]:
    """The assumption under which a claim holds otherwise, and the reason where nothing was derived."""
    for outcome, title in (
        (Outcome.OTHERWISE, "Hold under another assumption"),
        (Outcome.NUMERIC, "No symbolic check"),
        (Outcome.PENDING, "Not yet checked"),
    ):
        rows = tuple((a.claim.id, a.derived.detail) for a in answers if a.derived and a.derived.outcome is outcome)
        yield Block(title, rows)
    open_numbers = [a for a in answers if a.measured.verdict in ("refuted", "undecided")]
    yield Block("Measurements that do not confirm", tuple((a.claim.id, str(a.measured)) for a in open_numbers))


def _traced(a: Answer, dialect: str) -> Iterator[Block]:
    claim = a.claim
    yield Block(
        f"{claim.id}: {claim.cited}", ((claim.statement,), *((f"assumes: {text}",) for text in claim.assumptions))
    )
    seen = a.derived.seen if a.derived is not None else ()
    checks = tuple((s.asked, s.expected, s.found, "yes" if s.good else "no") for s in seen)
    yield Block(f"{claim.id}: asked of the derivation", checks, ("asked", "expected", "found", "same"))
    readings = tuple((r.asked, r.expected, r.measured, f"{r.verdict}: {r.reason}") for r in a.measured.readings)
    yield Block(f"{claim.id}: measured", readings, ("asked", "expected", "measured", "verdict"))
    if a.derived is not None:
        yield from _derivations(claim, dialect)


def _derivations(claim: Claim, dialect: str) -> Iterator[Block]:
    """Rule by rule, for every program that the checks speak of: the quantities asked for, or the outputs."""
    asked: dict[ProgramSetting, dict[str, None]] = {}
    for check in claim.checks:
        for setting in check.settings:
            names = [name.partition(".")[0] for name in check.names] or _outputs(setting)
            asked.setdefault(setting, {}).update(dict.fromkeys(names))
    for setting, quantities in asked.items():
        yield Block(f"{claim.id}: {setting}", (("derived from the program, at late steps",),))
        yield from setting.found.trace(*quantities).blocks(dialect)


def _outputs(setting: ProgramSetting) -> list[str]:
    return [q.name for q in setting.program.quantities.values() if q.role is Role.OUTPUT]
