"""Importing the package loads the standard library and nothing else; a command loads what it uses."""

import subprocess
import sys

PROBE = """
import sys
before = set(sys.modules)
import {module}
print(*{{name.partition(".")[0] for name in set(sys.modules) - before}})
"""


def loaded_by_importing(module: str) -> set[str]:
    """Top-level modules outside the standard library that a fresh process loads with ``module``."""
    run = subprocess.run(
        [sys.executable, "-c", PROBE.format(module=module)], capture_output=True, text=True, check=True
    )
    return set(run.stdout.split()) - sys.stdlib_module_names


def test_the_package_brings_only_itself() -> None:
    assert loaded_by_importing("gamma_calc") == {"gamma_calc"}


def test_the_check_sees_a_heavy_import() -> None:
    assert {"gamma_calc", "sympy", "mpmath"} <= loaded_by_importing("gamma_calc, sympy")


COMMAND = """
import sys
from gamma_calc.cli import main
main({words})
these = ("cyclopts.help", "cyclopts.completion")
print(*(name for name in sys.modules if name.startswith(these)), file=sys.stderr)
"""


def loaded_for_help(*words: str) -> set[str]:
    """Modules of the option parser that only help and completion need, after a command of a fresh process."""
    command = [sys.executable, "-c", COMMAND.format(words=list(words))]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stderr.split())


def test_a_command_loads_nothing_that_only_help_needs() -> None:
    """They took a tenth of the time of a first answer."""
    assert loaded_for_help("derive") == set()
    assert "cyclopts.completion" in loaded_for_help("--help")
    assert "cyclopts.help.formatters" in loaded_for_help("derive", "--help")
