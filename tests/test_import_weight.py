"""Importing the package loads the standard library and nothing else."""

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
