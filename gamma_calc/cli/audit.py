"""gamma-calc audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from gamma_calc.cli import GOOD, REFUTED
from gamma_calc.cli.anytime import print_answer, stoppable
from gamma_calc.cli.choices import KINDS, one_of
from gamma_calc.cli.output import dialect
from gamma_calc.cli.parameters import EITHER, PRINTED, TimeLimit
from gamma_calc.display.blocks import Block
from gamma_calc.practice.audit import auditing
from gamma_calc.practice.audit.result import Audit

EXAMPLES: Final = (
    "gamma-calc audit adapter_config.json --width 4096 --lr 2e-4",
    "gamma-calc audit path/to/adapter_folder --lr 2e-4 --sizes",
    "gamma-calc audit axolotl.yaml --width 4096 --strict --quiet",
    "gamma-calc audit lora.safetensors --format json",
)

Flag = Parameter(negative="")


def audit(
    path: Annotated[Path, Parameter(help="a configuration, a folder of a saved adapter, or a safetensors file")],
    /,
    *,
    lr: Annotated[str | None, Parameter(help="the learning rate, a number: 2e-4; else the file's own")] = None,
    optimizer: Annotated[
        str | None, one_of(KINDS["optimisers"], "adamw, {}; left out: the file's own", name=EITHER)
    ] = None,
    width: Annotated[int | None, Parameter(help="features that enter a layer, such as hidden_size")] = None,
    ratio: Annotated[str | None, Parameter(help="LoRA+: the rate of B over that of A; else the file's own")] = None,
    sizes: Annotated[bool, Flag, Parameter(help="read the saved weights for their sizes")] = False,
    strict: Annotated[bool, Flag, Parameter(help="warnings and unknown fields are errors")] = False,
    quiet: Annotated[bool, Flag, Parameter(help="a line for each error and warning, nothing else")] = False,
    time_limit: TimeLimit = None,
    format: Annotated[Literal["text", "json"], PRINTED] = "text",  # noqa: A002 - the option's name
) -> int:
    """What a configuration trains, the largest rate of each kind, and what in it works against training."""

    def made() -> tuple[Audit, str | list[Block]]:
        found = auditing.audit(path, lr=lr, width=width, optimiser=optimizer, ratio=ratio, sizes=sizes, strict=strict)
        short = "\n".join(found.short_lines)
        return found, found.to_json() if format == "json" else short if quiet else list(found.blocks(dialect()))

    def told(answer: tuple[Audit, str | list[Block]]) -> int:
        found, printed = answer
        if printed:
            print_answer(printed)
        return REFUTED if found.failed else GOOD

    return stoppable(made, told, time_limit, format)
