"""Errors of the numeric side: one line, what is wrong, where, and the hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamma_calc.errors import GammaError

if TYPE_CHECKING:
    from validation.measurement.result import Validation


class SettingError(GammaError, ValueError):
    """A setting of a run that cannot be used: widths, seeds, steps, sizes, a path."""


class DeviceError(GammaError, RuntimeError):
    """A device that is not there."""


class MeasurementError(GammaError, ArithmeticError):
    """Numbers that contradict themselves: the parts of a change do not add up to it."""


class BudgetError(GammaError, MemoryError):
    """A budget of memory that is too small for one repetition; the hint has the number that would do."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in a measurement. ``found`` is what was measured so far, None where that is too little for a slope."""

    def __init__(self, found: Validation | None) -> None:
        super().__init__()
        self.found = found
