"""gamma-calc report."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from gamma_calc import __version__
from gamma_calc.cli import GOOD
from gamma_calc.cli.anytime import stoppable
from gamma_calc.cli.options import PLAIN, Options, Question
from gamma_calc.cli.output import line
from gamma_calc.cli.output_file import Force, new_file
from gamma_calc.cli.parameters import Target, TimeLimit
from gamma_calc.cli.plot import chart
from gamma_calc.display.chart import Chart
from gamma_calc.display.figure import blank, whole
from gamma_calc.display.page import formula
from gamma_calc.errors import ConfigError, OrderError
from gamma_calc.practice.measured_table import read_measured
from gamma_calc.practice.report import Report

EXAMPLES: Final = (
    "gamma-calc report lora --init B -o report.html",
    "gamma-calc report --init B --lr per-factor -o report.html",
    "gamma-calc report --init A --measured measured.json -o report.html --force",
)
USED: Final = ("sympy", "matplotlib", "latex2mathml")
KINDS: Final = (".html", ".htm")


def report(
    target: Target = "lora",
    /,
    *,
    options: Options = PLAIN,
    output: Annotated[Path, Parameter(name=("--output", "-o"), help="the page: .html")],
    measured: Annotated[Path | None, Parameter(help="what validate --format json printed, to be shown too")] = None,
    time_limit: TimeLimit = None,
    force: Force = False,
) -> int:
    """One page on a program: question, assumptions, orders, regions with figures, the derivation step by step."""
    path = _page(output, force)
    blank(1, 1)
    formula("n")
    question = Question(target, options)

    def kept(content: str) -> int:
        with whole(path) as part:
            part.write_text(content, encoding="utf-8")
        line(f"wrote {path}: {question.program.name}, {len(content) // 1024} kB")
        return GOOD

    return stoppable(lambda: _content(question, _asked(target, options), measured), kept, time_limit)


def _content(question: Question, asked: str, measured: Path | None) -> str:
    derivation = question.derivation
    charts, undrawn = _charts(question)
    return Report(
        derivation,
        asked,
        charts,
        undrawn,
        question.notes,
        f"no advice: {question.silence}" if question.silence else "",
        None if measured is None else read_measured(measured, derivation.program.name),
        tuple(_versions()),
    ).html()


def _page(path: Path, force: bool) -> Path:
    if path.suffix.lower() not in KINDS:
        raise ConfigError(
            f"{path.suffix or str(path)!r} is no page", where="--output", hint="name a file ending in .html"
        )
    return new_file(path, force=force)


def _charts(question: Question) -> tuple[tuple[Chart, ...], str]:
    """The chart of a question; where none can be drawn, why."""
    try:
        return (chart(question),), ""
    except OrderError as error:
        return (), f"No figure: {error}."


def _asked(target: str, options: Options) -> str:
    """The command that derives the same."""
    given = {name.rstrip("_").replace("_", "-"): value for name, value in options.named().items()}
    usual = {name.rstrip("_").replace("_", "-"): value for name, value in PLAIN.named().items()}
    words = [f"--{name} {_word(value)}" for name, value in given.items() if value != usual[name]]
    return " ".join(["gamma-calc derive", *([target] if target != "lora" else []), *words])


def _word(value: object) -> str:
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _versions() -> list[tuple[str, str]]:
    return [("gamma-calc", __version__), ("Python", platform.python_version()), *((n, _version(n)) for n in USED)]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
