"""What rules read: a file, the rows of what it trains, the rate and the numbers that were given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from gamma_calc.catalogue.initialisations import INITIALISATIONS, Initialisation
from gamma_calc.frontends.adapter_file import AdapterFile
from gamma_calc.practice.audit.inventory import EMBEDDING, HEAD, LINEAR, Inventory
from gamma_calc.practice.audit.trained import Trained

ADAPTERS = (LINEAR, "lora_B", EMBEDDING, HEAD)


@dataclass(frozen=True)
class AuditCase:
    """One file under audit."""

    inventory: Inventory

    @property
    def file(self) -> AdapterFile:
        return self.inventory.file

    @property
    def rows(self) -> tuple[Trained, ...]:
        return self.inventory.rows

    @property
    def start(self) -> Initialisation | None:
        """How adapters of linear layers start; None where the adapter has no choice."""
        return INITIALISATIONS.get(self.inventory.config.init) if self.inventory.config.groups else None

    @property
    def adapters(self) -> Iterator[Trained]:
        """Rows that have a rank and a multiplier of their own."""
        return (row for row in self.rows if row.role_name in ADAPTERS)

    @cached_property
    def scales(self) -> tuple[Trained, ...]:
        """One row of adapters for each pair of a rank and a multiplier."""
        first = {(row.rank, row.multiplier): row for row in reversed(list(self.adapters))}
        return tuple(first.values())[::-1]

    @cached_property
    def linear(self) -> Trained | None:
        """The adapters of linear layers with the smallest largest rate: what a rate is chosen for."""
        found = [row for row in self.rows if row.role_name in (LINEAR, "adalora") and row.largest_law]
        return min(found, key=lambda row: row.largest or Decimal(0), default=None)

    @cached_property
    def tightest(self) -> Trained | None:
        """The row whose largest rate serves all; None without a width."""
        known = [row for row in self.rows if row.largest is not None]
        return min(known, key=lambda row: row.largest or Decimal(0), default=None)

    def word(self, name: str) -> str:
        """What the file calls a field of peft's configuration."""
        return self.file.word(name)
