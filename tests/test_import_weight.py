"""Importing the package loads the standard library and nothing else; a command loads what it uses."""

import subprocess
import sys

import pytest

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
these = {these}
print(*(name for name in sys.modules if name.startswith(these)), file=sys.stderr)
"""


ONLY_FOR_HELP = ("cyclopts.help", "cyclopts.completion")
NOT_TO_DERIVE = ("gamma_calc.practice", "gamma_calc.frontends", "gamma_calc.studies")


def loaded_after(*words: str, these: tuple[str, ...] = ONLY_FOR_HELP) -> set[str]:
    """Modules of these names that a command of a fresh process has loaded."""
    command = [sys.executable, "-c", COMMAND.format(words=list(words), these=these)]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stderr.split())


def test_a_command_loads_nothing_that_only_help_needs() -> None:
    """They took a tenth of the time of a first answer."""
    assert loaded_after("derive") == set()
    assert "cyclopts.completion" in loaded_after("--help")
    assert "cyclopts.help.formatters" in loaded_after("derive", "--help")


def test_to_derive_loads_nothing_that_is_there_for_practice() -> None:
    assert loaded_after("derive", these=NOT_TO_DERIVE) == set()
    assert "gamma_calc.studies.largest_rate" in loaded_after("compare", "--init", "A,B", these=NOT_TO_DERIVE)


def test_to_derive_loads_nothing_of_the_standard_library_that_is_slow_and_seldom_asked_for() -> None:
    assert loaded_after("derive", these=("hashlib", "html", "difflib")) == set()


AT_THE_END = """
import atexit, gc
atexit.register(lambda: print(gc.get_freeze_count() > 0))  # the last one that is registered is called first
import gamma_calc.cli
"""


def test_a_command_that_ends_looks_for_no_circles_among_all_that_it_loaded() -> None:
    run = subprocess.run([sys.executable, "-c", AT_THE_END], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True"]


def test_a_verdict_does_without_all_of_scipys_distributions() -> None:
    """They took 0.3 s to load, for three functions that ``scipy.special`` has."""
    pytest.importorskip("torch")
    words = "validate", "--at", "eta=-1", "--widths", "32:256", "--seeds", "2", "--steps", "1"
    assert loaded_after(*words, these=("scipy.stats", "validation.statistics.slope")) == {"validation.statistics.slope"}
