"""gamma-calc experiment teacher-student: the experiment of the first paper, by the numeric side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter

from gamma_calc.cli.numeric import numeric, refuse_missing, widths_of
from gamma_calc.cli.output import say, show
from gamma_calc.cli.parameters import PRINTED, Device, Executor, ExperimentStore, Steps, Widths
from gamma_calc.cli.running import fill, refuse_failures

EXAMPLES: Final = (
    "gamma-calc experiment teacher-student",
    "gamma-calc experiment teacher-student --figures figures --format json",
    "gamma-calc experiment teacher-student wide.sqlite --widths 128:8192 --steps 60 --rates 1e-6:1:25",
)

EXIT_CODES: Final = {"confirmed": 0, "refuted": 1, "undecided": 3}


def teacher_student(
    store: ExperimentStore = Path("teacher-student.sqlite"),
    /,
    *,
    init: Annotated[str, Parameter(help="initialisations, as in A,B")] = "A,B,AB",
    readout: Annotated[str, Parameter(help="sp (n^-1/2), mup (n^-1) or both")] = "sp,mup",
    widths: Widths = "128:2048",
    seeds: Annotated[int, Parameter(help="repetitions, from seed 0 on")] = 8,
    steps: Steps = 20,
    rates: Annotated[str, Parameter(help="learning rates: LOW:HIGH:COUNT, or a list")] = "1e-6:1:19",
    device: Device = "auto",
    executor: Executor = "serial",
    figures: Annotated[
        Path | None, Parameter(help="draw loss, rates and features in this folder, as SVG and PNG")
    ] = None,
    format: Annotated[Literal["text", "json"], PRINTED] = "text",  # noqa: A002 - option's name
) -> int:
    """Teacher and student of arXiv 2406.08447: rates against width."""
    numbers = widths_of(widths)
    refuse_missing("experiment teacher-student")
    experiments = numeric("evidence.experiments")
    asked = init.split(","), readout.split(","), numbers, seeds, steps, experiments.rates_of(rates), device
    grid = experiments.TeacherStudent(*asked)
    numeric("sweep.refusals").refuse_others(store, "teacher-student")
    folder = figures and experiments.checked_folder(figures)

    def then(kept: Any, found: Any) -> int:
        refuse_failures(kept, grid, found)
        outcome = experiments.outcome(grid, experiments.stored(kept))
        if folder is not None:
            experiments.draw(outcome, folder)
        if format == "json":
            say(outcome.to_json())
        else:
            show(lambda _: experiments.blocks(outcome))
        return EXIT_CODES[outcome.verdict.value]

    return fill(store, grid, executor, then)
