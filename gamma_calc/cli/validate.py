"""gamma-calc validate: hands the program to the numeric side, if that is installed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter, validators

from gamma_calc.cli import INTERRUPTED, UNDECIDED
from gamma_calc.cli.anytime import Work
from gamma_calc.cli.numeric import numeric, refuse_missing, widths_of
from gamma_calc.cli.options import PLAIN, Options, Question
from gamma_calc.cli.output import line
from gamma_calc.cli.parameters import PRINTED, Device, Steps, Target, Widths
from gamma_calc.cli.progress import Tell, progress
from gamma_calc.derivation.recording import recorded
from gamma_calc.errors import OrderError, TimeUp
from gamma_calc.exponents import watched

EXAMPLES: Final = (
    "gamma-calc validate --at eta=-1/2",
    "gamma-calc validate --init B --at eta=-1 --widths 256:4096 --seeds 32 --figure slopes.svg",
    "gamma-calc validate --stable-rate --init B --widths 256:4096",
    "gamma-calc validate --stable-rate --batch growing --along beta=1/4,1/2,3/4,1 --widths 1024",
)

EXIT_CODES: Final = {"confirmed": 0, "refuted": 1, "undecided": 3}
MOST_SEEDS: Final = 256
Progressed = Callable[[Any], None]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementOptions:
    """How it is measured; what is left out has the numeric side's default."""

    widths: Widths = "256:65536"
    seeds: Annotated[int, Parameter(help="repetitions to start with")] = 16
    most_seeds: Annotated[int | None, Parameter(help="repetitions to end with where fewer do not decide (256)")] = None
    tolerance: Annotated[
        float | None, Parameter(help="what a slope may be off by (0.05)", validator=validators.Number(gt=0))
    ] = None
    steps: Steps = 4
    device: Device = "auto"
    memory: Annotated[int | None, Parameter(help="bytes that a cell may take (half of what is free)")] = None

    def given(self, *names: str) -> dict[str, Any]:
        """The options of these names that are not left out."""
        chosen = {f.name: getattr(self, f.name) for f in fields(self) if f.name in names}
        return {name: value for name, value in chosen.items() if value is not None}

    @property
    def repeated(self) -> dict[str, Any]:
        """What says how often it is measured; to start with many seeds is to allow as many."""
        return {"most_seeds": max(MOST_SEEDS, self.seeds)} | self.given("seeds", "most_seeds", "tolerance")


USUAL: Final = MeasurementOptions()


def validate(
    target: Target = "lora",
    /,
    *,
    options: Options = PLAIN,
    stable_rate: Annotated[
        bool, Parameter(help="measure the largest learning rate that keeps every output within 1", negative="")
    ] = False,
    along: Annotated[
        str | None, Parameter(help="with --stable-rate: its power of r or N at one width, as in beta=0,1/8,1/4,1/2")
    ] = None,
    run: MeasurementOptions = USUAL,
    figure: Annotated[Path | None, Parameter(help="draw the slopes to this file")] = None,
    time_limit: Annotated[
        float | None, Parameter(help="seconds; then what is measured by then is judged, exit code 3")
    ] = None,
    format: Annotated[Literal["text", "json"], PRINTED] = "text",  # noqa: A002 - option's name
) -> int:
    """Run the program at growing widths and judge every derived order."""
    question, widths = Question(target, options), widths_of(run.widths)
    if along is not None:
        measured = _stable_rate_along(question, widths, run, _line(along, stable=stable_rate))
    else:
        measured = (_stable_rate if stable_rate else _orders)(question, widths, run)
    refuse_missing("validate")
    if figure is not None:
        numeric("measurement.figure").checked_figure(figure)
    numeric("measurement.validate")  # what it loads is no part of the time
    limit = math.inf if time_limit is None else time_limit
    ends = time.monotonic() + limit
    with progress(every=False) as tell:
        work = Work(tell)
        try:
            with watched(limit, work.told), recorded(work.record):
                found = measured(_runs(tell, ends))
        except TimeUp:
            work.print(f"time is up after {limit:g} s", format)
            return UNDECIDED
        except KeyboardInterrupt as stop:
            late = time.monotonic() >= ends
            why, code = (f"time is up after {limit:g} s", UNDECIDED) if late else ("interrupted", INTERRUPTED)
            _interrupted(getattr(stop, "found", None), format, why)
            return code
    _print(found, format)
    if figure is not None:
        found.figure(figure)
    return EXIT_CODES[found.verdict.value]


def _orders(question: Question, widths: tuple[int, ...], run: MeasurementOptions) -> Callable[[Progressed], Any]:
    point = question.point or {}
    if question.program.variables and not point:
        given = ",".join(f"{name}=VALUE" for name in question.program.variables)
        raise OrderError("a run needs a number for every exponent", hint=f"add --at {given}")
    settings = run.repeated | run.given("steps", "device", "memory")

    def measured(tell: Progressed) -> Any:
        return numeric("measurement.validate").validate(
            question.program, point, widths=widths, published=True, on_progress=tell, **settings
        )

    return measured


def _stable_rate(question: Question, widths: tuple[int, ...], run: MeasurementOptions) -> Callable[[Progressed], Any]:
    """The learning rate stays open, and nothing else."""
    _refuse_point(question)
    if len(question.program.variables) != 1:
        listed = ", ".join(question.program.variables) or "no exponents"
        raise OrderError(
            f"--stable-rate leaves one rate open, here {listed} are", hint="fix the others with --set NAME=VALUE"
        )

    def measured(tell: Progressed) -> Any:
        settings = numeric("executor.settings").Settings(published=True, **run.given("steps", "device", "memory"))
        return numeric("measurement.stable_rate").largest_stable_rate(
            question.program, widths=widths, settings=settings, on_progress=tell, **run.repeated
        )

    return measured


def _refuse_point(question: Question) -> None:
    if question.options.at:
        raise OrderError("--stable-rate looks for the rate that --at gives", hint="fix other exponents with --set")


def _line(text: str, *, stable: bool) -> tuple[str, list[str]]:
    """The exponent to go along, and its values."""
    name, equals, values = (part.strip() for part in text.partition("="))
    if not stable:
        raise OrderError("--along is a way of --stable-rate", hint="add --stable-rate")
    if not (name and equals and values):
        raise OrderError(f"{text!r} is no line", where="--along", hint="write beta=0,1/8,1/4,1/2")
    return name, values.split(",")


def _stable_rate_along(
    question: Question, widths: tuple[int, ...], run: MeasurementOptions, direction: tuple[str, list[str]]
) -> Callable[[Progressed], Any]:
    """Two exponents stay open: the learning rate's and the one to go along."""
    _refuse_point(question)
    if len(widths) != 1:
        raise OrderError(f"{len(widths)} widths; --along goes along at one", hint="write --widths 1024")

    def measured(tell: Progressed) -> Any:
        settings = numeric("executor.settings").Settings(**run.given("steps", "device", "memory"))
        return numeric("measurement.stable_rate_along").stable_rate_along(
            question.program, *direction, width=widths[0], settings=settings, on_progress=tell, **run.repeated
        )

    return measured


def _runs(tell: Tell, ends: float) -> Progressed:
    """Progress of runs, in numbers and words; when time is up they end as by Ctrl-C."""

    def told(now: Any) -> None:
        tell(f"n = {now.width}, {now.seeds} seeds", now.done, now.planned)
        if time.monotonic() >= ends:
            raise KeyboardInterrupt

    return told


def _interrupted(found: Any, format: str, why: str) -> None:  # noqa: A002 - the option's name
    """What was measured so far, if it is enough for a slope, and what to do."""
    again = "the same command starts again; gamma-calc sweep keeps its cells and resumes"
    if found is None:
        line(f"{why} before four widths were measured; {again}")
        return
    _print(found, format)
    line(f"{why}: judged on n = {', '.join(map(str, found.widths))}; {again}")


def _print(found: Any, format: str) -> None:  # noqa: A002 - the option's name
    from rich.console import Console

    console = Console(highlight=False)
    if format == "json":
        console.file.write(f"{found.to_json()}\n")
    elif console.is_terminal:
        console.print(found)
    else:
        console.file.write(f"{found}\n")
