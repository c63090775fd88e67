"""What an audit finds, and the rule that finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Generic, TypeVar

Audited = TypeVar("Audited")


class Severity(Enum):
    """How much a finding weighs, the worst first: an error ends a check, a warning does under ``strict``."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: ``where`` in the file, ``what`` it is, ``why`` it matters in exponents or factors, the mend."""

    where: str
    what: str
    why: str
    mend: str
    severity: Severity | None = None
    id: str = ""

    def of(self, rule: AuditRule[Audited]) -> Finding:
        """The finding with its rule's name, and with the rule's severity where it has none of its own."""
        return replace(self, id=rule.id, severity=self.severity or rule.severity)

    def as_data(self) -> dict[str, str]:
        """For JSON, all of it in words."""
        assert self.severity is not None
        told = {name: getattr(self, name) for name in ("where", "what", "why", "mend")}
        return {"id": self.id, "severity": self.severity.value, **told}


@dataclass(frozen=True, slots=True)
class AuditRule(Generic[Audited]):
    """A rule by its id: ``find`` yields what it finds in a case."""

    id: str
    severity: Severity
    statement: str
    find: Callable[[Audited], Iterator[Finding]]

    def findings(self, case: Audited) -> Iterator[Finding]:
        """What it finds, each under its own name."""
        return (one.of(self) for one in self.find(case))
