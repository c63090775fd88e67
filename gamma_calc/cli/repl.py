"""gamma-calc repl."""

from __future__ import annotations

from typing import Final

EXAMPLES: Final = ("gamma-calc repl",)


def repl() -> None:
    """A Python prompt with everything loaded."""
    from gamma_calc.cli.prompt import interact

    interact()
