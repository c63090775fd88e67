"""gamma-calc disagreements."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from gamma_calc.cli import GOOD, REFUTED, UNDECIDED
from gamma_calc.cli.claims import answered
from gamma_calc.cli.numeric import refuse_missing
from gamma_calc.cli.output import say, show
from gamma_calc.derivation.data import json_text
from gamma_calc.errors import ConfigError
from validation.evidence.answer import Answer
from validation.evidence.claim import Claim
from validation.evidence.disagreements import report
from validation.evidence.disagreements.disagreement import Disagreement
from validation.evidence.disagreements.table import chosen
from validation.evidence.outcome import Outcome
from validation.evidence.record import Record

RECORDED: Final = Path(report.__file__).parents[1] / "recorded" / "disagreements.json"


def disagreements(
    *names: Annotated[str, Parameter(help="questions by name, such as sums; all of them if none is named")],
    verify: Annotated[Literal["symbolic", "all"], Parameter(help="derive, or derive and measure anew")] = "symbolic",
    record: Annotated[Path | None, Parameter(help="keep what is measured in this file; the same again resumes")] = None,
    format: Annotated[Literal["text", "json", "markdown"], Parameter(help="text, json or markdown")] = "text",  # noqa: A002 - the option's name
) -> int:
    """Questions on which published sources disagree: what follows from each side, and the numbers that decide.

    Without --verify all the measurements shown are those of the recorded run that the package comes with.
    """
    asked = chosen(names)
    if verify == "symbolic":
        if record is not None:
            raise ConfigError("--record without a measurement", hint="add --verify all")
        known = Record.load(RECORDED)
    else:
        refuse_missing("disagreements --verify all")
        known = Record.new() if record is None else Record.resumed(record).only(_sides(chosen(())))
    answers, known = answered(_sides(asked), verify, known, record)
    of = iter(answers)
    found = [report.Answered(one, tuple(next(of) for _ in one.sides)) for one in asked]
    if format == "json":
        say(json_text(report.data(found)))
    elif format == "markdown":
        say(report.page(found, known))
    else:
        show(lambda _: report.blocks(found, known))
    return _code(found)


def _sides(asked: Sequence[Disagreement]) -> list[Claim]:
    return [side for one in asked for side in one.sides]


def _code(found: Sequence[report.Answered]) -> int:
    """That a side is wrong is what the page is for; that no side is right is not."""
    if any(not any(map(_right, one.answers)) for one in found):
        return REFUTED
    return UNDECIDED if any(answer.open for one in found for answer in one.answers) else GOOD


def _right(answer: Answer) -> bool:
    derived = answer.derived is not None and answer.derived.outcome is Outcome.HOLDS
    return derived and answer.measured.verdict != "refuted"
