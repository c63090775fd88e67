"""gamma-calc rates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from gamma_calc import __version__
from gamma_calc.cli.output import say, show
from gamma_calc.cli.parameters import PRINTED
from gamma_calc.errors import GammaError
from gamma_calc.frontends.peft_config import PeftConfig, read_config
from gamma_calc.practice.config_groups import config_groups, usual_setting
from gamma_calc.practice.known import positive, read_known
from gamma_calc.practice.rates import RateTable, optimiser_named, rate_table
from gamma_calc.practice.roles import Training
from gamma_calc.practice.snippet import snippet

EXAMPLES: Final = (
    "gamma-calc rates adapter_config.json --width 4096 --lr 2e-4",
    'gamma-calc rates adapter_config.json --width 4096 --lr 2e-4 --from "n=1024 r=8" --lora-plus',
    "gamma-calc rates adapter_config.json --width 4096 --lr 2e-4 --format torch",
)


def rates(
    path: Annotated[Path, Parameter(help="a peft adapter_config.json, or its folder")],
    /,
    *,
    width: Annotated[int, Parameter(help="the width that enters the adapted layers, such as hidden_size")],
    lr: Annotated[str, Parameter(help="a learning rate known to be good for the adapters, as in 2e-4")],
    from_: Annotated[
        str, Parameter(name="--from", help='where it was good, as in "n=1024 r=8"; left out: at this file and width')
    ] = "",
    lora_plus: Annotated[bool, Parameter(help="a rate for A and one for B, in the derived ratio", negative="")] = False,
    optimizer: Annotated[str, Parameter(help="adamw, adam, lion or sign")] = "adamw",
    format: Annotated[Literal["text", "json", "torch"], PRINTED] = "text",  # noqa: A002 - option's name
) -> None:
    """A learning rate for every group of parameters that a peft configuration trains."""
    config = read_config(path)
    table = _table(config, width, lr, from_, optimizer, lora_plus=lora_plus)
    if format == "json":
        say(table.to_json(__version__))
    elif format == "torch":
        say(snippet(table))
    else:
        show(table.blocks)


def _table(config: PeftConfig, width: int, lr: str, known: str, optimizer: str, *, lora_plus: bool) -> RateTable:
    rate = positive("--lr", lr)
    training = Training(config.init or "default", optimiser_named(optimizer), lora_plus)
    try:
        groups = config_groups(config, width)
        there = read_known(known, usual_setting(config, width))
        notes = (f"--width {width} is for every layer; gamma_calc.param_groups reads each layer's own from a model",)
        return rate_table(groups, rate, there, training, optimiser=optimizer, notes=notes)
    except GammaError as error:
        raise error if error.where else error.at(str(config.path)) from error
