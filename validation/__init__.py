"""The numeric side: the same program run at finite widths, and a verdict on every exponent."""

from __future__ import annotations

from validation.executor.cell import Cell as Cell
from validation.executor.cell import cell as cell
from validation.executor.settings import Settings as Settings
from validation.measurement.result import Validation as Validation
from validation.measurement.validate import Progress as Progress
from validation.measurement.validate import validate as validate
from validation.statistics.verdict import Row as Row
from validation.statistics.verdict import Verdict as Verdict
