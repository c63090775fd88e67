"""gamma-calc claims."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter

from gamma_calc.claims.answer import Answer, answer, as_data, page, summary
from gamma_calc.claims.claim import Claim
from gamma_calc.claims.outcome import NO_MEASUREMENT, Outcome
from gamma_calc.claims.setting import Setting
from gamma_calc.claims.table import chosen
from gamma_calc.cli import GOOD, REFUTED, UNDECIDED
from gamma_calc.cli.numeric import refuse_missing
from gamma_calc.cli.output import say, show
from gamma_calc.language.program import Role
from gamma_calc.reports.layout import Block
from gamma_calc.reports.sections import derivation

SHORT: Final = {Outcome.OTHERWISE: "holds otherwise"}  # in a narrow column; the assumption stands below the table
Tell = Callable[[Any], None]


def claims(
    *ids: Annotated[str, Parameter(help="claims by their id, such as I7; all of them if none is named")],
    verify: Annotated[Literal["symbolic", "numeric", "all"], Parameter(help="derive, measure, or both")] = "symbolic",
    trace: Annotated[bool, Parameter(help="what was asked and found, and the derivation", negative="")] = False,
    format: Annotated[Literal["text", "json", "markdown"], Parameter(help="text, json or markdown")] = "text",  # noqa: A002 - the option's name
) -> int:
    """Published results: which of them the derivation and the measurement bear out."""
    asked = chosen(ids)
    if verify != "symbolic":
        refuse_missing(f"claims --verify {verify}")
    with _progress(len(asked)) as begin:
        answers = [answer(claim, verify, begin(claim)) for claim in asked]
    if format == "json":
        say(json.dumps(as_data(answers, traced=trace), indent=2))
    elif format == "markdown":
        say(page(answers))
    else:
        show(lambda dialect: _blocks(answers, trace, dialect))
    return _code(answers)


def _code(answers: Sequence[Answer]) -> int:
    """Refuted beats undecided; undecided also where nothing at all could be checked."""
    if any(a.wrong for a in answers):
        return REFUTED
    undecided = any(a.measured.verdict == "undecided" for a in answers)
    return UNDECIDED if undecided or not any(a.decided for a in answers) else GOOD


@contextmanager
def _progress(planned: int) -> Iterator[Callable[[Claim], Tell]]:
    """A live line on the terminal's error stream; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("claims", total=planned)
        begun = 0

        def begin(claim: Claim) -> Tell:
            nonlocal begun
            bar.update(task, completed=begun, description=claim.id)
            begun += 1
            return lambda now: bar.update(task, description=f"{claim.id}, n = {now.width}, {now.seeds} seeds")

        yield begin


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
    """The assumption under which a claim holds otherwise, and what is missing where nothing was checked."""
    for outcome, title in ((Outcome.OTHERWISE, "Hold under another assumption"), (Outcome.PENDING, "Not yet checked")):
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
