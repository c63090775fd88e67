"""Titled blocks as HTML for a notebook: paragraphs, and tables of escaped cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gamma_calc.display.blocks import Block


def html(blocks: Iterable[Block]) -> str:
    """The blocks that have rows, one after the other.

    >>> print(html([Block("Sizes", (("A", "a < 1"),), ("factor", "size"))]))
    <table>
    <caption>Sizes</caption>
    <thead><tr><th>factor</th><th>size</th></tr></thead>
    <tbody>
    <tr><th scope="row">A</th><td>a &lt; 1</td></tr>
    </tbody>
    </table>
    """
    return "\n".join(line for block in blocks if block.rows for line in _lines(block))


def _lines(block: Block) -> Iterator[str]:
    if max(map(len, block.rows)) == 1:
        yield f"<p><b>{_escaped(block.title)}</b></p>"
        yield from (f"<p>{_escaped(text)}</p>" for (text,) in block.rows)
        return
    yield "<table>"
    yield f"<caption>{_escaped(block.title)}</caption>"
    if block.columns:
        yield f"<thead><tr>{_cells('th', block.columns)}</tr></thead>"
    yield "<tbody>"
    yield from (_row(row) for row in block.rows)
    yield "</tbody>"
    yield "</table>"


def _row(cells: Sequence[str]) -> str:
    return f'<tr><th scope="row">{_escaped(cells[0])}</th>{_cells("td", cells[1:])}</tr>'


def _cells(tag: str, texts: Iterable[str]) -> str:
    return "".join(f"<{tag}>{_escaped(text)}</{tag}>" for text in texts)


def _escaped(text: str) -> str:
    from html import escape

    return escape(text)
