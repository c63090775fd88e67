"""gamma-calc rates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from gamma_calc.cli.anytime import Answer, answered
from gamma_calc.cli.choices import KINDS, one_of
from gamma_calc.cli.parameters import EITHER, PRINTED, TimeLimit
from gamma_calc.practice import config_rates
from gamma_calc.practice.snippet import snippet

EXAMPLES: Final = (
    "gamma-calc rates adapter_config.json --width 4096 --lr 2e-4",
    'gamma-calc rates adapter_config.json --width 4096 --lr 2e-4 --from "n=1024 r=8" --lora-plus',
    "gamma-calc rates adapter_config.json --width 4096 --lr 2e-4 --format torch",
)


def rates(
    path: Annotated[Path, Parameter(help="a configuration, or the folder of a saved adapter")],
    /,
    *,
    width: Annotated[int, Parameter(help="the width that enters the adapted layers, such as hidden_size")],
    lr: Annotated[str, Parameter(help="a learning rate known to be good for the adapters, as in 2e-4")],
    from_: Annotated[
        str, Parameter(name="--from", help='where it was good, as in "n=1024 r=8"; left out: at this file and width')
    ] = "",
    lora_plus: Annotated[bool, Parameter(help="a rate for A and one for B, in the derived ratio", negative="")] = False,
    optimizer: Annotated[str, one_of(KINDS["optimisers"], "adamw, {}", name=EITHER)] = "adamw",
    time_limit: TimeLimit = None,
    format: Annotated[Literal["text", "json", "torch"], PRINTED] = "text",  # noqa: A002 - option's name
) -> int:
    """A learning rate for every group of parameters that a configuration trains."""

    def made(dialect: str) -> Answer:
        table = config_rates.rates(path, width=width, lr=lr, known=from_, optimiser=optimizer, two_rates=lora_plus)
        if format == "json":
            return table.to_json()
        return snippet(table) if format == "torch" else table.blocks(dialect)

    return answered(made, time_limit, format)
