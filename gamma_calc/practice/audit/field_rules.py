"""The fields of the file: those that nothing reads, and keys of patterns that match nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gamma_calc.display.shown import shown
from gamma_calc.practice.audit.case import AuditCase
from gamma_calc.practice.audit.finding import AuditRule, Finding, Severity

LONGEST: Final = 60
MOST: Final = 20  # fields that are named one by one


def unknown(case: AuditCase) -> Iterator[Finding]:
    """Fields that the trainer does not have."""
    found = case.file.misspelt
    for name, near in found[:MOST]:
        yield Finding(
            shown(name, LONGEST),
            f"{case.file.layout} has no field {shown(name, LONGEST)!r}",
            "what it should set keeps its default",
            f"did you mean {near}?" if near else "leave it out, or correct its name",
        )
    if len(found) > MOST:
        yield Finding("the file", f"{len(found) - MOST} more fields that are not known", "as above", "as above")


def unmatched(case: AuditCase) -> Iterator[Finding]:
    """Keys of rank_pattern and alpha_pattern that no module of the targets matches."""
    for key in case.inventory.config.unmatched[:MOST]:
        yield Finding(
            f"rank_pattern or alpha_pattern, {shown(key, LONGEST)}",
            "the key matches no target module",
            "peft leaves it out, and the module keeps r and lora_alpha of all others",
            "write the end of a module's name, or a regular expression for all of it",
        )


RULES: Final[tuple[AuditRule[AuditCase], ...]] = (
    AuditRule("unknown-field", Severity.WARNING, "an unknown or misspelt field", unknown),
    AuditRule("key-matches-nothing", Severity.WARNING, "a pattern's key that matches nothing", unmatched),
)
