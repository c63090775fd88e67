"""gamma-calc experiment accelerator: one device measured, by the numeric side."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter

from gamma_calc.cli.numeric import numeric, refuse_missing, widths_of
from gamma_calc.cli.output import say, show
from gamma_calc.cli.parameters import PRINTED, Device, Steps, Widths
from gamma_calc.cli.progress import progress

EXAMPLES: Final = (
    "gamma-calc experiment accelerator",
    "gamma-calc experiment accelerator --device cpu --widths 256:16384",
)

EXIT_CODES: Final = {"confirmed": 0, "refuted": 1, "undecided": 3}


def accelerator(
    *,
    widths: Widths = "16384:4194304",
    seeds: Annotated[int, Parameter(help="repetitions, from seed 0 on")] = 4,
    steps: Steps = 4,
    device: Device = "cuda",
    format: Annotated[Literal["text", "json"], PRINTED] = "text",  # noqa: A002 - option's name
) -> int:
    """Sizes to n = 2^22 on an accelerator, what a step costs, and whether it agrees with the processor."""
    numbers = widths_of(widths)
    refuse_missing("experiment accelerator")
    side = numeric("evidence.experiments.accelerator")
    with progress(every=True) as tell:
        outcome: Any = side.measure_device(
            device, numbers, seeds, steps, lambda done, of: tell("accelerator", done, of, " widths")
        )
    if format == "json":
        say(outcome.to_json())
    else:
        show(lambda _: side.device_blocks(outcome))
    return EXIT_CODES[outcome.verdict.value]
