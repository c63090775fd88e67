"""Where answers go: painted on a terminal, in plain ASCII everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from gamma_calc.display.blocks import WIDTH, Block, plain, rich_text
from gamma_calc.display.shown import encoded, shown


def dialect() -> str:
    """Greek letters on a terminal that can show them, plain letters elsewhere."""
    return "unicode" if sys.stdout.isatty() and _shows("η − ≤ ∧ ∅") else "text"


def show(blocks: Callable[[str], Iterable[Block]]) -> None:
    """Print blocks, made in the dialect that the output can show. Nothing is printed before all of them are made."""
    made = list(blocks(dialect()))
    if sys.stdout.isatty():
        _paint(made)
    else:
        say(plain(made))


def say(text: str) -> None:
    """Print a text; what the output cannot show is spelled out."""
    sys.stdout.write(f"{encoded(shown(text), sys.stdout.encoding)}\n")


def line(text: str) -> None:
    """One line on the error stream, if there is one."""
    if sys.stderr is not None:
        sys.stderr.write(f"{encoded(shown(text), sys.stderr.encoding)}\n")


def _shows(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding)
    except UnicodeEncodeError:
        return False
    return True


def _paint(blocks: list[Block]) -> None:
    """With rich, which honours NO_COLOR."""
    from rich.console import Console

    console = Console(highlight=False)
    console.print(rich_text(blocks, min(console.width, WIDTH)), soft_wrap=True)
