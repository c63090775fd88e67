"""gamma-calc list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Literal

from gamma_calc.cli.choices import KINDS, Sentences, one_of
from gamma_calc.cli.output import say, show
from gamma_calc.cli.parameters import PRINTED
from gamma_calc.display.blocks import Block
from gamma_calc.display.json import document
from gamma_calc.errors import pick

EXAMPLES: Final = (
    "gamma-calc list",
    "gamma-calc list initialisations",
    "gamma-calc list targets --format json",
)

ALL: Final = "all"


def list(  # noqa: A001 - the command's name
    kind: Annotated[str, one_of((*KINDS, ALL), "what is listed: {}")] = ALL,
    /,
    *,
    format: Annotated[Literal["text", "json"], PRINTED] = "text",  # noqa: A002 - option's name
) -> None:
    """The names there are, each with a sentence: targets, initialisations, optimisers, conditions and more."""
    chosen = KINDS if kind == ALL else {kind: pick("kind of names", kind, KINDS)}
    if format == "json":
        say(document("list", chosen))
    else:
        show(lambda _: _blocks(chosen))


def _blocks(chosen: Mapping[str, Sentences]) -> Iterator[Block]:
    for kind, sentences in chosen.items():
        yield Block(kind.capitalize(), tuple(sentences.items()))
