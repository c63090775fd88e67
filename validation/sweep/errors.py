"""Errors of sweeps: one line, what is wrong, where, and the hint."""

from __future__ import annotations

from gamma_calc.errors import GammaError


class StoreError(GammaError, RuntimeError):
    """A store that cannot be used: a directory, read-only, damaged, another program's, another version's, full."""


class ExecutorError(GammaError, RuntimeError):
    """An executor that is not there, does not answer, or runs another version."""
