"""A table of a terminal report in two more dialects: Markdown for a page, LaTeX for a paper."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gamma_calc.display.blocks import Block


def markdown(block: Block) -> str:
    r"""The table alone; a bar inside a cell is escaped.

    >>> print(markdown(Block("Sizes", (("A", "|x|"),), ("factor", "size"))))
    | factor | size |
    | --- | --- |
    | A | \|x\| |
    """
    return "\n".join(bars(row) for row in (block.columns, ["---"] * len(block.columns), *block.rows))


def latex(block: Block) -> str:
    r"""A tabular environment with its title as a comment; cells are taken as LaTeX.

    >>> print(latex(Block("Sizes", (("A", "$n^{2}$"),), ("factor", "size"))))
    % Sizes
    \begin{tabular}{ll}
    factor & size \\
    \hline
    A & $n^{2}$ \\
    \end{tabular}
    """
    return "\n".join(_tabular(block))


def _tabular(block: Block) -> Iterator[str]:
    yield f"% {block.title}"
    yield rf"\begin{{tabular}}{{{'l' * len(block.columns)}}}"
    yield _ampersands(block.columns)
    yield r"\hline"
    yield from map(_ampersands, block.rows)
    yield r"\end{tabular}"


def bars(cells: Iterable[str]) -> str:
    """A row of a Markdown table; a bar inside a cell is escaped."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _ampersands(cells: Iterable[str]) -> str:
    return f"{' & '.join(cells)} \\\\"
