"""gamma-calc claims."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from cyclopts import Parameter

from gamma_calc.cli import GOOD, INTERRUPTED, REFUTED, UNDECIDED
from gamma_calc.cli.evidence import Verify, answered, known_of
from gamma_calc.cli.numeric import numeric
from gamma_calc.cli.output import line, say, show
from gamma_calc.cli.parameters import PRINTED, RecordFile
from gamma_calc.display.json import document

EXAMPLES: Final = (
    "gamma-calc claims",
    "gamma-calc claims I7 --verify all --trace",
    "gamma-calc claims L10 N8 --format json",
    "gamma-calc claims --verify all --record measured.json",
    "gamma-calc claims --format markdown > docs/claims.md",
)


def claims(
    *ids: Annotated[str, Parameter(help="claims by their id, such as I7; all of them if none is named")],
    verify: Annotated[Verify, Parameter(help="derive anew, measure anew, or both: symbolic, numeric or all")] = None,
    record: RecordFile = None,
    trace: Annotated[bool, Parameter(help="what was asked and found, and the derivation", negative="")] = False,
    format: Annotated[Literal["text", "json", "markdown"], PRINTED] = "text",  # noqa: A002 - the option's name
) -> int:
    """Published results: which of them the derivation and the measurement bear out.

    Without --verify what is shown is what is recorded in the package; --verify derives, measures, or both.
    """
    chosen = numeric("evidence.claims.table").chosen
    asked = chosen(ids)
    known = known_of("claims", verify, record, chosen(()))
    try:
        answers, known = answered(asked, verify, known, record)
    except KeyboardInterrupt:
        if record is not None:
            there = len(numeric("evidence.record").Record.resumed(record).entries)
            line(f"interrupted: {record} has {there} measurements; the same command again resumes")
        return INTERRUPTED
    if format == "json":
        say(document("claims", {"claims": numeric("evidence.answer").as_data(answers, traced=trace)}))
    elif format == "markdown":
        say(numeric("evidence.claims_page").page(answers, known))
    else:
        show(lambda dialect: numeric("evidence.claims_blocks").blocks(answers, trace, dialect))
    if any(a.wrong for a in answers):
        return REFUTED
    return UNDECIDED if any(a.open for a in answers) or not any(a.decided for a in answers) else GOOD
