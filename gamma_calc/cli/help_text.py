"""Help where no terminal reads it: a line for each entry, what goes on is indented below it."""

from __future__ import annotations

from textwrap import fill
from typing import Any, Final

from cyclopts.help.formatters.plain import PlainFormatter

STEP: Final = 2  # columns


class HangingIndent(PlainFormatter):
    """Entries that keep to the width of the output."""

    def _print_plain(self, console: Any, text: str) -> None:
        entry = text.startswith(self.indent)
        text = fill(
            " ".join(text.split()),
            console.width,
            initial_indent=self.indent if entry else "",
            subsequent_indent=self.indent + " " * STEP if entry else "",
            break_on_hyphens=False,
        )
        super()._print_plain(console, text)
