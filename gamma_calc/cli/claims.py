"""gamma-calc claims."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, Literal, TypeVar

from cyclopts import Parameter

from gamma_calc.cli import GOOD, INTERRUPTED, REFUTED, UNDECIDED
from gamma_calc.cli.numeric import refuse_missing
from gamma_calc.cli.output import say, show
from gamma_calc.cli.running import BETWEEN_LINES, line
from gamma_calc.derivation.data import json_text
from gamma_calc.derivation.sections import derivation
from gamma_calc.display.blocks import Block
from gamma_calc.errors import ConfigError
from gamma_calc.language.program import Role
from validation.evidence.answer import Answer, as_data, page, summary
from validation.evidence.claim import Claim
from validation.evidence.claims.table import chosen
from validation.evidence.outcome import NO_MEASUREMENT, Outcome, derived
from validation.evidence.record import RECORDED, Record
from validation.evidence.run import run
from validation.evidence.setting import Setting

SHORT: Final = {Outcome.OTHERWISE: "holds otherwise", Outcome.NUMERIC: "-"}  # in a narrow column; the rest is below
Item = TypeVar("Item")
Progressed = Callable[[str, int, int], None]
Verify = Literal["symbolic", "numeric", "all"]


def claims(
    *ids: Annotated[str, Parameter(help="claims by their id, such as I7; all of them if none is named")],
    verify: Annotated[Verify, Parameter(help="derive, measure, or both")] = "symbolic",
    record: Annotated[Path | None, Parameter(help="keep what is measured in this file; the same again resumes")] = None,
    trace: Annotated[bool, Parameter(help="what was asked and found, and the derivation", negative="")] = False,
    format: Annotated[Literal["text", "json", "markdown"], Parameter(help="text, json or markdown")] = "text",  # noqa: A002 - the option's name
) -> int:
    """Published results: which of them the derivation and the measurement bear out.

    Without --verify all the measurements shown are those of the recorded run that the package comes with.
    """
    asked = chosen(ids)
    if verify == "symbolic":
        _refuse_record(record)
        known = Record.load(RECORDED)
    else:
        refuse_missing(f"claims --verify {verify}")
        known = Record.new() if record is None else Record.resumed(record).only(chosen(()))
    try:
        answers, known = answered(asked, verify, known, record)
    except KeyboardInterrupt:
        if record is not None:
            there = len(Record.resumed(record).entries)
            line(f"interrupted: {record} has {there} measurements; the same command again resumes")
        return INTERRUPTED
    if format == "json":
        say(json_text(as_data(answers, traced=trace)))
    elif format == "markdown":
        say(page(answers, known))
    else:
        show(lambda dialect: _blocks(answers, trace, dialect))
    return _code(answers)


def _refuse_record(record: Path | None) -> None:
    if record is not None:
        raise ConfigError("--record without a measurement", hint="add --verify all, or --verify numeric")


def answered(asked: Sequence[Claim], verify: Verify, known: Record, path: Path | None) -> tuple[list[Answer], Record]:
    """Derive what is asked, then measure what the record does not have."""
    wanted = {m.digest: m for claim in asked for m in claim.measurements if verify != "symbolic"}
    todo = [m for digest, m in wanted.items() if digest not in known.entries]
    with _progress() as tell:
        found = [None if verify == "numeric" else derived(c) for c in _counted(asked, len(asked), "derived", tell)]
        for digest, entry in _counted(run(todo), len(todo), "measured", tell):
            known = known.having(digest, entry)
            if path is not None:
                known.save(path)
    recorded = verify == "symbolic"
    measured = [known.measured(claim, recorded=recorded) for claim in asked]
    return [Answer(*parts) for parts in zip(asked, found, measured, strict=True)], known


def _code(answers: Sequence[Answer]) -> int:
    """Refuted beats undecided; undecided also where nothing could be checked. The recorded run does not count."""
    if any(a.wrong for a in answers):
        return REFUTED
    return UNDECIDED if any(a.open for a in answers) or not any(a.decided for a in answers) else GOOD


# -- progress ---------------------------------------------------------------------------------------------------------


def _counted(items: Iterable[Item], total: int, what: str, tell: Progressed) -> Iterator[Item]:
    """The items, with a word on each."""
    tell(what, 0, total)
    for done, item in enumerate(items, 1):
        yield item
        tell(what, done, total)


@contextmanager
def _progress() -> Iterator[Progressed]:
    """A live line on a terminal, a plain line now and then elsewhere; both on the error stream."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("claims", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


class _Lines:
    """Progress as plain lines, one every few seconds; none for what takes no longer."""

    def __init__(self) -> None:
        self.last = time.monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        if time.monotonic() - self.last >= BETWEEN_LINES:
            self.last = time.monotonic()
            line(f"{what}: {done} of {total}")


# -- text -------------------------------------------------------------------------------------------------------------


def _blocks(answers: Sequence[Answer], trace: bool, dialect: str) -> Iterator[Block]:
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
    asked: dict[Setting, dict[str, None]] = {}
    for check in claim.checks:
        for setting in check.settings:
            names = [name.partition(".")[0] for name in check.names] or _outputs(setting)
            asked.setdefault(setting, {}).update(dict.fromkeys(names))
    for setting, quantities in asked.items():
        yield Block(f"{claim.id}: {setting}", (("derived from the program, at late steps",),))
        yield from derivation(setting.found.trace(*quantities), dialect)


def _outputs(setting: Setting) -> list[str]:
    return [q.name for q in setting.program.quantities.values() if q.role is Role.OUTPUT]
