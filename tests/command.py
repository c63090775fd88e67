"""The command line in this process: what it prints and how it ends."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from gamma_calc.cli import main

EXAMPLE = Path(__file__).parents[1] / "examples" / "adapter_config.json"


@dataclass(frozen=True, slots=True)
class Outcome:
    code: int
    out: str
    err: str


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> Outcome:
    """Call gamma-calc with arguments. One argument with spaces is split."""
    words = arguments[0].split() if len(arguments) == 1 else list(arguments)
    code = main(words)
    printed = capsys.readouterr()
    return Outcome(code, printed.out, printed.err)
