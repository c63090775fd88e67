"""Titled blocks of rows as lines of a terminal: aligned columns where they fit, hanging paragraphs where they do not.

A line is made of spans with a role (title, head, name, or nothing). Plain text leaves the roles out, a terminal
paints them; the words and their places are the same.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.text import Text

WIDTH: Final = 80
MARGIN: Final = 2
GAP: Final = 2
NARROWEST: Final = 16  # a column narrower than its text and than this is no column

STYLES: Final = {"title": "bold", "head": "dim", "name": "cyan", "": ""}
Span = tuple[str, str]
Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A title, and rows below it. A row of one cell is a paragraph; ``columns`` are the heads of a table."""

    title: str
    rows: tuple[tuple[str, ...], ...]
    columns: tuple[str, ...] = ()


def plain(blocks: Iterable[Block], width: int = WIDTH) -> str:
    """The blocks as text, without any markup."""
    return "\n".join("".join(text for text, _ in line) for line in lines(blocks, width))


def rich_text(blocks: Iterable[Block], width: int = WIDTH) -> Text:
    """The blocks as a text that rich paints."""
    from rich.text import Text

    painted = [Text.assemble(*((text, STYLES[role]) for text, role in line)) for line in lines(blocks, width)]
    return Text("\n").join(painted)


def lines(blocks: Iterable[Block], width: int = WIDTH) -> Iterator[Line]:
    """The blocks line by line, an empty line between two of them."""
    for index, block in enumerate(b for b in blocks if b.rows):
        if index:
            yield ()
        yield from (((line, "title"),) for line in _wrapped(block.title, width, hang=" " * 2 * MARGIN))
        yield from _body(block, width)


def _body(block: Block, width: int) -> Iterator[Line]:
    """Columns, unless one would be too narrow for its text."""
    rows = (block.columns, *block.rows) if block.columns else block.rows
    natural = [max(map(len, column)) for column in zip(*rows, strict=True)]
    widths = _shares(natural, width - MARGIN - GAP * (len(natural) - 1))
    if any(given < min(wanted, NARROWEST) for given, wanted in zip(widths, natural, strict=True)):
        yield from _stacked(block, width)
        return
    if block.columns:
        yield from _row(block.columns, widths, "head", "head")
    for row in block.rows:
        yield from _row(row, widths, "name" if len(row) > 1 else "", "")


def _shares(natural: list[int], room: int) -> list[int]:
    """Each column its own width; what the widest ones lack is shared evenly among them."""
    given: dict[int, int] = {}
    for rank, index in enumerate(sorted(range(len(natural)), key=natural.__getitem__)):
        given[index] = min(natural[index], (room - sum(given.values())) // (len(natural) - rank))
    return [given[index] for index in range(len(natural))]


def _row(cells: tuple[str, ...], widths: list[int], first: str, others: str) -> Iterator[Line]:
    """One row, on as many lines as its longest cell needs."""
    hang = " " * GAP if len(cells) == 1 else ""
    wrapped = [_wrapped(cell, size, hang) for cell, size in zip(cells, widths, strict=True)]
    roles = (first, *[others] * len(cells))
    for line in zip_longest(*wrapped, fillvalue=""):
        last = max(index for index, text in enumerate(line) if text)
        spans = (
            (text if index == last else text.ljust(size + GAP), role)
            for index, (text, size, role) in enumerate(zip(line[: last + 1], widths, roles, strict=False))
        )
        yield ((" " * MARGIN, ""), *spans)


def _wrapped(text: str, width: int, hang: str = "  ") -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=hang, break_on_hyphens=False, break_long_words=False)


def _stacked(block: Block, width: int) -> Iterator[Line]:
    """The first cell on a line of its own, the others below it, each after the head of its column."""
    heads = block.columns or ("",) * len(block.rows[0])
    indent = " " * (2 * MARGIN)
    for name, *cells in block.rows:
        yield ((" " * MARGIN + name, "name"),)
        for head, cell in zip(heads[1:], cells, strict=True):
            text = f"{head}: {cell}" if head else cell
            yield from (((indent + line, ""),) for line in _wrapped(text, width - 2 * MARGIN))
