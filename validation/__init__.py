"""The numeric side: the same program run at finite widths, and a verdict on every exponent.

The names below are the public ones. They are loaded when first asked for, so that the recorded evidence can be read
where torch is not installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from validation.executor.cell import Cell as Cell
    from validation.executor.cell import measure_cell as measure_cell
    from validation.executor.settings import Settings as Settings
    from validation.measurement.result import Validation as Validation
    from validation.measurement.validate import Progress as Progress
    from validation.measurement.validate import validate as validate
    from validation.statistics.verdict import Row as Row
    from validation.statistics.verdict import Verdict as Verdict

HOMES: Final = {
    "Cell": "executor.cell",
    "Progress": "measurement.validate",
    "Row": "statistics.verdict",
    "Settings": "executor.settings",
    "Validation": "measurement.result",
    "Verdict": "statistics.verdict",
    "measure_cell": "executor.cell",
    "validate": "measurement.validate",
}


def __getattr__(name: str) -> Any:
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(HOMES)
