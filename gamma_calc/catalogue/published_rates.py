"""Learning rates that publications recommend or rest on, as sets of exponents: what a phase diagram points out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gamma_calc.exponents import Region


@dataclass(frozen=True, slots=True)
class PublishedRates:
    """A set of exponents that a publication speaks of, for adapters of one start (None: of any)."""

    name: str
    where: Region
    source: str
    init: str | None = None

    @property
    def text(self) -> str:
        """A line of a legend.

        >>> PUBLISHED[0].text
        'one rate for both factors (Hu et al., arXiv 2106.09685): η_A = η_B'
        """
        return f"{self.name} ({self.source}): {self.where:unicode}"


PUBLISHED: Final = (
    PublishedRates("one rate for both factors", Region("eta_A = eta_B"), "Hu et al., arXiv 2106.09685"),
    PublishedRates("LoRA+", Region("eta_A = -1 & eta_B = 0"), "Hayou, Ghosh, Yu, arXiv 2402.12354"),
    PublishedRates("best from Init[A]", Region("eta = -1/2"), "Hayou, Ghosh, Yu, arXiv 2406.08447", "A"),
    PublishedRates("best from Init[B]", Region("eta = -1"), "Hayou, Ghosh, Yu, arXiv 2406.08447", "B"),
)


def published(init: str | None, names: Iterable[str]) -> dict[str, Region]:
    """What is published on these open exponents, for adapters of a start; by its line of a legend.

    >>> list(published("B", ["eta"]))
    ['best from Init[B] (Hayou, Ghosh, Yu, arXiv 2406.08447): η = −1']
    """
    open_names = set(names)
    fitting = [one for one in PUBLISHED if one.init in (None, init) and set(one.where.variables) <= open_names]
    return {one.text: one.where for one in fitting}
