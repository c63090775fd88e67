"""Errors of the numeric side: one line, what is wrong, where, and the hint."""

from __future__ import annotations

from gamma_calc.errors import GammaError


class SettingError(GammaError, ValueError):
    """A setting of a run that cannot be used: widths, seeds, steps, sizes, a path."""


class DeviceError(GammaError, RuntimeError):
    """A device that is not there."""


class MeasurementError(GammaError, ArithmeticError):
    """Numbers that contradict themselves: the parts of a change do not add up to it."""


class BudgetError(GammaError, MemoryError):
    """A budget of memory that is too small for one repetition; the hint has the number that would do."""
