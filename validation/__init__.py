"""The numeric side: the same program run at finite widths, and a verdict on every exponent."""

from __future__ import annotations

from validation.cell import Cell as Cell
from validation.cell import cell as cell
from validation.result import Validation as Validation
from validation.settings import Settings as Settings
from validation.validate import Progress as Progress
from validation.validate import validate as validate
from validation.verdict import Row as Row
from validation.verdict import Verdict as Verdict
