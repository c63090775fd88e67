"""A published result as data: who states it, in which program, and what the derivation must find for it to hold."""

from __future__ import annotations

from dataclasses import dataclass

from gamma_calc.claims.checks import Check
from gamma_calc.claims.measure import Measurement


@dataclass(frozen=True, slots=True)
class Source:
    """Where results are published; results of this package have neither a year nor an ``arxiv`` id."""

    authors: str
    year: int | None
    title: str
    arxiv: str = ""

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
    ``pending`` says what is missing where nothing is derived; a claim has checks or a reason why not.
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

    @property
    def cited(self) -> str:
        """Authors, year, arXiv id and place, as one line."""
        return f"{self.source}, {self.place}"
