"""Objects that show themselves: as text where they are printed, as tables in a notebook."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gamma_calc.display.blocks import Block, plain, rich_text
from gamma_calc.display.html import html

if TYPE_CHECKING:
    from rich.text import Text


class SelfShowing(ABC):
    """Something that is printed as titled blocks, in the dialects "text" and "unicode" of the printers."""

    __slots__ = ()

    @abstractmethod
    def blocks(self, dialect: str) -> Iterator[Block]:
        """What it shows, from top to bottom."""

    def __str__(self) -> str:
        return plain(self.blocks("text"))

    def __rich__(self) -> Text:
        return rich_text(self.blocks("unicode"))

    def _repr_html_(self) -> str:
        return html(self.blocks("unicode"))
