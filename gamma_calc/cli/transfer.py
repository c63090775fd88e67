"""gamma-calc transfer."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from cyclopts import Parameter

from gamma_calc.cli.anytime import Answer, answered
from gamma_calc.cli.parameters import MANY, PRINTED, Texts, TimeLimit
from gamma_calc.practice.transfer import transfer as transferred
from gamma_calc.practice.transfers import transfers

EXAMPLES: Final = (
    'gamma-calc transfer --from "n=2048 r=8 alpha=16 lr=2e-4" --to "n=4096 r=64 rslora=true init=pissa"',
    'gamma-calc transfer --from "n=4096 adapter=full lr=1e-5" --to "adapter=lora r=16 alpha=32" --to adapter=lora+',
    'gamma-calc transfer --from "adapter_config.json n=4096 lr=2e-4" --to alpha=8 --format json',
)

KNOWN: Final = (
    'the known setting, as in "n=2048 r=8 alpha=16 lr=2e-4"; also s (the whole multiplier, in place of alpha), rslora, '
    "init, optimizer, adapter (lora, lora+, dora, ..., full), lr_A and lr_B, and the path of a trainer's file or of a "
    "saved adapter"
)
CHANGE: Final = "what changes, in the same words; what is left out stays; more than one makes a table"


def transfer(
    *,
    from_: Annotated[str, Parameter(name="--from", help=KNOWN)],
    to: Annotated[Texts, Parameter(help=CHANGE, **MANY)],
    time_limit: TimeLimit = None,
    format: Annotated[Literal["text", "json"], PRINTED] = "text",  # noqa: A002 - option's name
) -> int:
    """A learning rate that is good at one setting, taken to another, in numbers."""

    def made(dialect: str) -> Answer:
        found = transferred(from_, to[0]) if len(to) == 1 else transfers(from_, to)
        return found.to_json() if format == "json" else found.blocks(dialect)

    return answered(made, time_limit, format)
