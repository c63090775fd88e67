"""gamma-calc coord-check: hands a user's own model to the numeric side, if that is installed."""

from __future__ import annotations

import sys
import traceback
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter

from gamma_calc.cli import INTERRUPTED
from gamma_calc.cli.choices import KINDS, names_and_files, one_of
from gamma_calc.cli.numeric import numeric, refuse_missing, widths_of
from gamma_calc.cli.output import line, say, show
from gamma_calc.cli.parameters import EITHER, PRINTED, Steps
from gamma_calc.cli.progress import progress
from gamma_calc.errors import GammaError
from gamma_calc.exponents import order
from gamma_calc.practice.positive_number import positive

EXAMPLES: Final = (
    "gamma-calc coord-check my_model.py:make_model --widths 128,256,512,1024 --optimizer adam --steps 5",
    'gamma-calc coord-check my_model.py:make_model --lr 1e-2 --eta -1/2 --expect "change<=0 head:activation=1/2"',
    "gamma-calc coord-check norms.csv --format json",
)

EXIT_CODES: Final = {"confirmed": 0, "refuted": 1, "undecided": 3}


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingOptions:
    """How the model is trained; a file of norms has been trained already."""

    widths: Annotated[str, Parameter(help="LOW:HIGH in powers of two, or a list")] = "64:512"
    optimizer: Annotated[str, Parameter(name=EITHER, help="any of torch.optim by name: adam, adamw, sgd, ...")] = "adam"
    lr: Annotated[str, Parameter(help="learning rate at the first width, as in 1e-2")] = "1e-2"
    eta: Annotated[
        str,
        Parameter(help="exponent of the rate in the width from there, as in -1/2", allow_leading_hyphen=True),
    ] = "0"
    steps: Steps = 3
    seeds: Annotated[int, Parameter(help="repetitions at each width")] = 4
    most_seeds: Annotated[int, Parameter(help="repetitions to end with where fewer do not decide")] = 16
    init: Annotated[
        str, one_of(KINDS["initialisations"], "the adapters' start in the catalogue, where peft does not say it")
    ] = ""
    adapters: Annotated[
        bool | None, Parameter(help="compare LoRA adapters with derived exponents; left out: where there are any")
    ] = None


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class JudgementOptions:
    """What is expected, and how it is shown."""

    expect: Annotated[
        str, Parameter(help='of modules, as in "change<=0 lm_head:activation=1/2"; left out: both 0, of order one')
    ] = ""
    tolerance: Annotated[str, Parameter(help="what a slope may be off by")] = "0.1"
    rows: Annotated[int, Parameter(help="rows shown, the worst first")] = 20
    figure: Annotated[Path | None, Parameter(help="draw the sizes to this file")] = None
    debug: Annotated[bool, Parameter(help="show where the model's own code raised", negative="")] = False


USUAL: Final = TrainingOptions()
PLAIN: Final = JudgementOptions()


def coord_check(
    source: Annotated[
        str,
        Parameter(
            help="FILE.py:FUNCTION, from a width to (model, batch); or a CSV of norms", completer=names_and_files({})
        ),
    ],
    /,
    *,
    training: TrainingOptions = USUAL,
    judged: JudgementOptions = PLAIN,
    format: Annotated[Literal["text", "json"], PRINTED] = "text",  # noqa: A002 - option's name
) -> int:
    """Train a model of your own at several widths and judge how its activations and their changes grow."""
    refuse_missing("coord-check")
    if judged.figure is not None:
        numeric("measurement.figure").checked_figure(judged.figure)
    try:
        found = _found(source, training, judged)
    except KeyboardInterrupt:
        line("interrupted: nothing is judged, and the model is as it was; fewer widths or seeds take less time")
        return INTERRUPTED
    except GammaError as error:
        if judged.debug and error.__cause__ is not None:
            traceback.print_exception(error.__cause__, file=sys.stderr)
        raise
    if format == "json":
        say(found.to_json())
    else:
        show(found.blocks)
    if judged.figure is not None:
        found.figure(judged.figure)
    return EXIT_CODES[found.verdict.value]


def _found(source: str, training: TrainingOptions, judged: JudgementOptions) -> Any:
    expectations = numeric("coordinate_check.expectations").read_expectations(judged.expect)
    tolerance = positive("--tolerance", judged.tolerance).__float__()
    if source.endswith(".csv"):
        found = numeric("coordinate_check.norms_file").check_file(Path(source), expectations, tolerance)
    else:
        found = _trained(source, training, expectations, tolerance)
    return found.showing(judged.rows)


def _trained(source: str, training: TrainingOptions, expectations: Any, tolerance: Any) -> Any:
    widths = widths_of(training.widths)
    check = numeric("coordinate_check.check")
    plan = check.TrainingPlan(
        optimiser=training.optimizer,
        lr=positive("--lr", training.lr).__float__(),
        eta=_rational("--eta", training.eta),
        steps=training.steps,
        seeds=training.seeds,
        most_seeds=training.most_seeds,
        tolerance=tolerance,
        expectations=expectations,
        init=training.init,
        judged=training.adapters,
    )
    factory = numeric("coordinate_check.factory").load(source)
    with progress(every=False) as tell:
        return check.coordinate_check(factory, widths, plan, on_progress=tell)


def _rational(option: str, text: str) -> Fraction:
    try:
        return order(text).rational
    except GammaError as error:
        raise error.at(f"{option} {text}") from error
