"""gamma-calc experiment precision: number formats against the width, by the numeric side."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter

from gamma_calc.cli.choices import one_of
from gamma_calc.cli.numeric import numeric, refuse_missing, widths_of
from gamma_calc.cli.options import assignments, refuse_open_values
from gamma_calc.cli.output import say, show
from gamma_calc.cli.parameters import PRINTED, Device, Executor, ExperimentStore, Settings, Steps, Widths
from gamma_calc.cli.running import fill, refuse_failures
from gamma_calc.errors import unknown

EXAMPLES: Final = (
    "gamma-calc experiment precision --init A --widths 256:65536 --dtypes float16,bfloat16,float32,float64",
    "gamma-calc experiment precision bf16.sqlite --dtypes bfloat16 --widths 256:16384 --epsilon 1e-8",
    "gamma-calc experiment precision both.sqlite --init A,B --weights float32 --sums float32 --figures figures",
)

EXIT_CODES: Final = {"confirmed": 0, "refuted": 1, "undecided": 3}
NAMES: Final = ("float16", "bfloat16", "float32", "float64")
KEPT: Final = ("same", "float32", "float64")


def precision(
    store: ExperimentStore = Path("precision.sqlite"),
    /,
    *,
    init: Annotated[str, Parameter(help="initialisations, as in A,B")] = "A",
    widths: Widths = "256:65536",
    dtypes: Annotated[str, one_of(NAMES, "formats of the layer: {}")] = ",".join(NAMES),
    sums: Annotated[str, one_of(KEPT, "formats that sums over the width are added in: {}")] = "same,float32",
    weights: Annotated[str, one_of(KEPT, "formats that weights and Adam's means are kept in: {}")] = "same,float32",
    epsilon: Annotated[str, Parameter(help="Adam's epsilons, as in 0,1e-8")] = "1e-8",
    set_: Settings = (),
    seeds: Annotated[int, Parameter(help="repetitions, from seed 0 on")] = 4,
    steps: Steps = 4,
    device: Device = "auto",
    executor: Executor = "serial",
    figures: Annotated[Path | None, Parameter(help="draw sizes and widths in this folder, as SVG and PNG")] = None,
    format: Annotated[Literal["text", "json"], PRINTED] = "text",  # noqa: A002 - option's name
) -> int:
    """At which width fp16, bf16, fp32 and fp64 fail a LoRA layer.

    The layer is trained at its largest stable rate, or at n^eta with --set eta=-1.
    """
    numbers, asked = widths_of(widths), _formats(dtypes)
    rate = _rate(set_)
    refuse_missing("experiment precision")
    side, refusals = numeric("evidence.experiments.precision"), numeric("sweep.refusals")
    kept = sums.split(","), weights.split(","), side.epsilons_of(epsilon)
    grid = side.Precision(init.split(","), asked, numbers, seeds, steps, *kept, rate, device)
    refusals.refuse_others(store, "precision")
    folder = figures and numeric("evidence.experiments").checked_folder(figures)

    def then(kept: Any, found: Any) -> int:
        refuse_failures(kept, grid, found)
        results = numeric("evidence.experiments").stored(kept)
        outcome = side.outcome(grid, results)
        if folder is not None:
            side.draw(outcome, results, folder)
        if format == "json":
            say(outcome.to_json())
        else:
            show(lambda _: side.blocks(outcome))
        return EXIT_CODES[outcome.verdict.value]

    return fill(store, grid, executor, then)


def _formats(text: str) -> list[str]:
    for name in text.split(","):
        if name not in NAMES:
            raise unknown("kind of numbers", name, NAMES).at("--dtypes")
    return text.split(",")


def _rate(texts: tuple[str, ...]) -> Fraction | None:
    """The exponent that --set gives eta."""
    values = assignments("--set", texts)
    refuse_open_values("--set", values)
    for name in values:
        if name != "eta":
            raise unknown("exponent", name, ("eta",)).at("--set")
    return values["eta"].rational if values else None
