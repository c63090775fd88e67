"""A published result as data: who states it, in which program, and what the derivation must find for it to hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from validation.evidence.checks import Check
from validation.evidence.measure import Measurement, digest


class Known(Enum):
    """How a statement is known here: what was recalled or quoted may not be what the paper says."""

    READ = "read"
    QUOTED = "quoted"
    RECALLED = "recalled"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Source:
    """Where results are published; results of this package have neither a year nor an ``arxiv`` id.

    ``known`` is how its statements are known here: read there or in its authors' code, quoted elsewhere, or recalled.
    """

    authors: str
    year: int | None
    title: str
    arxiv: str = ""
    known: Known = Known.QUOTED

    @property
    def short(self) -> str:
        """The arXiv id, or the authors where there is none."""
        return self.arxiv or self.authors

    def __str__(self) -> str:
        year = "" if self.year is None else f" {self.year}"
        return f"{self.authors}{year}{f', arXiv {self.arxiv}' if self.arxiv else ''}"


@dataclass(frozen=True, slots=True)
class Otherwise:
    """Another assumption, and what must be found for the statement to hold under it."""

    assumption: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """One statement. ``checks`` must all be met for it to hold as stated, else those of ``otherwise`` are asked.

    ``checks`` name the programs and their options; ``assumptions`` say in words what the statement takes for granted.
    A claim without checks has a reason: ``numeric`` why there can be none (then the measurements decide, if there are
    any), or ``pending``, what is missing. ``known`` is how this statement is known, where that is not as its source's.
    """

    id: str
    source: Source
    place: str
    statement: str
    checks: tuple[Check, ...] = ()
    assumptions: tuple[str, ...] = ()
    otherwise: Otherwise | None = None
    measurements: tuple[Measurement, ...] = ()
    pending: str = ""
    numeric: str = ""
    known: Known | None = None

    @property
    def digest(self) -> str:
        """A short name of what is asked of the derivation: other checks have another."""
        return digest((self.checks, self.otherwise))

    @property
    def cited(self) -> str:
        """Authors, year, arXiv id and place, as one line, with how the statement is known where it was not read."""
        known = self.known or self.source.known
        return f"{self.source}, {self.place}{f' ({known.value})' if known in (Known.QUOTED, Known.RECALLED) else ''}"
