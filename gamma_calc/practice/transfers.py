"""One known learning rate at several other settings, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gamma_calc.display.blocks import Block
from gamma_calc.display.json import document
from gamma_calc.display.showing import SelfShowing
from gamma_calc.errors import ConfigError, require
from gamma_calc.practice.setting_text import Given
from gamma_calc.practice.transfer import Transfer, transfer
from gamma_calc.practice.transfer_blocks import data, table

MEND: Final = 'write one such as ["n=2048", "n=4096"]'


@dataclass(frozen=True, eq=False)
class Transfers(SelfShowing):
    """Answers from one known rate, in the order that was asked for. Prints as a table."""

    answers: tuple[Transfer, ...]

    def to_json(self) -> str:
        """All answers as the command line prints them with ``--format json``."""
        return document("transfers", {"transfers": [data(one) for one in self.answers]})

    def blocks(self, dialect: str) -> Iterator[Block]:
        """A line for each, the reasons, what they rest on."""
        return table(self.answers)


def transfers(from_: Given, to: list[Given] | tuple[Given, ...]) -> Transfers:
    """What a learning rate that is good at one setting becomes at each of several. Raises as ``transfer`` does.

    >>> found = transfers("n=1024 r=8 alpha=16 lr=1e-4", ["n=2048", "n=4096"])
    >>> [one.lr for one in found.answers]
    [7.0710678...e-05, 5e-05]
    """
    require(to, list | tuple, "list of settings", MEND)
    if not to:
        raise ConfigError("no setting to take the rate to", hint=MEND)
    return Transfers(tuple(transfer(from_, one) for one in to))
