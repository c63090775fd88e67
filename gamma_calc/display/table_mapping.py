"""Named entries that show themselves as one table, and as one display of formulas."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar, TypeVar

from gamma_calc.display.blocks import Block
from gamma_calc.display.formula import aligned
from gamma_calc.display.showing import SelfShowing
from gamma_calc.errors import pick

Entry = TypeVar("Entry")


class TableMapping(SelfShowing, Mapping[str, Entry]):
    """A mapping of ``known``, in its order."""

    known: Mapping[str, Entry]
    of_a: ClassVar[str] = "quantity"  # what a name is of, in the error for one that is not there

    @abstractmethod
    def block(self, dialect: str) -> Block:
        """The table."""

    @abstractmethod
    def formulas(self) -> Iterator[str]:
        """The rows of an aligned display, in LaTeX."""

    def blocks(self, dialect: str) -> Iterator[Block]:
        yield self.block(dialect)

    def _repr_latex_(self) -> str:
        return aligned(self.formulas())

    def __getitem__(self, name: str) -> Entry:
        return pick(self.of_a, name, self.known)

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)

    def __len__(self) -> int:
        return len(self.known)
