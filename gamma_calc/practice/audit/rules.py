"""The rules of an audit, one family a file; a new one is a row in its family's table."""

from __future__ import annotations

from typing import Final

from gamma_calc.practice.audit import (
    beside_rules,
    field_rules,
    rate_rules,
    saved_rules,
    scaling_rules,
    start_rules,
)
from gamma_calc.practice.audit.case import AuditCase
from gamma_calc.practice.audit.finding import AuditRule

RULES: Final[tuple[AuditRule[AuditCase], ...]] = (
    *rate_rules.RULES,
    *scaling_rules.RULES,
    *start_rules.RULES,
    *beside_rules.RULES,
    *field_rules.RULES,
    *saved_rules.RULES,
)
