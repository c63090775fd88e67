"""gamma-calc check-sweep: hands a table of runs to the numeric side, if that is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from gamma_calc.catalogue.assumed import assumed
from gamma_calc.cli.numeric import numeric, refuse_missing
from gamma_calc.cli.output import say, show
from gamma_calc.cli.parameters import MANY, PRINTED, Texts
from gamma_calc.errors import ConfigError, ExponentSyntaxError, unknown
from gamma_calc.frontends.runs_table import LOSS, SLOPES, RunsTable, read_runs
from gamma_calc.practice.positive_number import positive
from gamma_calc.practice.setting_text import as_setting
from gamma_calc.practice.sweep_law import sweep_laws

EXAMPLES: Final = (
    "gamma-calc check-sweep runs.csv --by rank",
    'gamma-calc check-sweep runs.csv --by batch --setting "n=4096 r=8 alpha=16"',
    'gamma-calc check-sweep runs.csv --setting "alpha=32 optimizer=adamw" --where kind=dense',
    "gamma-calc check-sweep runs.csv --loss test_loss --group kind --by width --figure sweep.svg",
    "gamma-calc check-sweep runs.csv --assume fresh --format json",
)
EXIT_CODES: Final = {"confirmed": 0, "refuted": 1, "undecided": 3}
NO_GROUP: Final = "none"
BATCH: Final = "batch"


def check_sweep(
    file: Annotated[Path, Parameter(help="a CSV: lr, loss, and any of width, rank, alpha, batch, model, seed")],
    /,
    *,
    by: Annotated[Texts, Parameter(help="rank, width, batch; left out: those that vary", **MANY)] = (),
    where: Annotated[Texts, Parameter(help="keep rows, as in kind=dense; may be repeated", **MANY)] = (),
    group: Annotated[str | None, Parameter(help="slopes inside this column, or none; left out: model")] = None,
    loss: Annotated[str, Parameter(help="the column of the loss")] = LOSS,
    setting: Annotated[str, Parameter(help='what all runs share: "alpha=32 init=A optimizer=adamw n=4096"')] = "",
    assume: Annotated[Texts | None, Parameter(help="additive, fresh; left out: each set of them", **MANY)] = None,
    tolerance: Annotated[str, Parameter(help="what a slope may be off by")] = "0.1",
    within: Annotated[
        str, Parameter(help="fit the best rate tried, its neighbours, and all within this factor of it")
    ] = "3",
    figure: Annotated[Path | None, Parameter(help="draw best rates and slopes to this file")] = None,
    format: Annotated[Literal["text", "json"], PRINTED] = "text",  # noqa: A002 - option's name
) -> int:
    """The best learning rate of every cell of a sweep, how it moves with rank and width, and which law says so."""
    table = _table(file, loss, where)
    shared, off, factor = as_setting(setting), positive("--tolerance", tolerance), positive("--within", within)
    if shared.rates:
        raise ConfigError("a learning rate in --setting", where=setting, hint="rates are in the file: leave it out")
    names = None if assume is None else _assumed(assume)
    laws = list(sweep_laws(shared, names, batches=BATCH in table.columns))
    columns = _columns(by)
    refuse_missing("check-sweep")
    if figure is not None:
        numeric("measurement.figure").checked_figure(figure)
    inside = "" if group == NO_GROUP else group
    found = numeric("recorded_runs.check").check_sweep(
        table, laws, shared, by=columns, group=inside, tolerance=off.__float__(), within=factor.__float__()
    )
    if format == "json":
        say(found.to_json())
    else:
        show(found.blocks)
    if figure is not None:
        found.figure(figure)
    return EXIT_CODES[found.verdict.value]


def _table(file: Path, loss: str, where: Texts) -> RunsTable:
    """The runs that are asked about."""
    return read_runs(file, loss).where(dict(_conditions(where)))


def _conditions(texts: Texts) -> Iterator[tuple[str, str]]:
    for text in texts:
        column, equals, value = (part.strip() for part in text.partition("="))
        if not (column and equals and value):
            raise ExponentSyntaxError(f"{text!r} is no condition", where="--where", hint="write kind=dense")
        yield column, value


def _columns(by: Texts) -> tuple[str, ...]:
    asked = tuple(dict.fromkeys(part.strip() for text in by for part in text.split(",")))
    for column in asked:
        if column not in SLOPES:
            raise unknown("column to fit a slope in", column, SLOPES).at("--by")
    return asked


def _assumed(names: Texts) -> tuple[str, ...]:
    """The names one by one. Raises UnknownName."""
    apart = tuple(dict.fromkeys(part.strip() for text in names for part in text.split(",")))
    assumed(apart)
    return apart
