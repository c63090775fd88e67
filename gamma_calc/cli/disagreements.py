"""gamma-calc disagreements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter

from gamma_calc.cli import GOOD, REFUTED, UNDECIDED
from gamma_calc.cli.evidence import answered, known_of
from gamma_calc.cli.numeric import numeric
from gamma_calc.cli.output import say, show
from gamma_calc.cli.parameters import PRINTED, RecordFile
from gamma_calc.display.json import document

EXAMPLES: Final = (
    "gamma-calc disagreements",
    "gamma-calc disagreements sums rank",
    "gamma-calc disagreements --verify all --record disagreements.json --format markdown",
)


def disagreements(
    *names: Annotated[str, Parameter(help="questions by name, such as sums; all of them if none is named")],
    verify: Annotated[Literal["symbolic", "all"] | None, Parameter(help="derive anew, or measure anew as well")] = None,
    record: RecordFile = None,
    format: Annotated[Literal["text", "json", "markdown"], PRINTED] = "text",  # noqa: A002 - the option's name
) -> int:
    """Where published sources differ: what follows from each side, and the numbers that decide.

    Without --verify what is shown is what is recorded in the package; --verify derives, or derives and measures.
    """
    chosen, page = numeric("evidence.disagreements.table").chosen, numeric("evidence.disagreements.page")
    asked = chosen(names)
    known = known_of("disagreements", verify, record, _sides(chosen(())))
    answers, known = answered(_sides(asked), verify, known, record)
    of = iter(answers)
    found = [page.Answered(one, tuple(next(of) for _ in one.sides)) for one in asked]
    if format == "json":
        say(document("disagreements", {"disagreements": page.data(found)}))
    elif format == "markdown":
        say(page.page(found, known))
    else:
        show(lambda _: page.blocks(found, known))
    return _code(found)


def _sides(asked: Sequence[Any]) -> list[Any]:
    return [side for one in asked for side in one.sides]


def _code(found: Sequence[Any]) -> int:
    """That a side is wrong is what the page is for; that no side is right is not."""
    if any(not any(answer.right for answer in one.answers) for one in found):
        return REFUTED
    return UNDECIDED if any(answer.open for one in found for answer in one.answers) else GOOD
