"""gamma-calc repl."""

from __future__ import annotations


def repl() -> None:
    """A Python prompt with everything loaded."""
    from gamma_calc.cli.prompt import interact

    interact()
