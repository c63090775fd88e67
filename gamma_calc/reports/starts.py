"""What to do with the learning rate from each initialisation of the catalogue, as a table in Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from gamma_calc.catalogue.initialisations import INITIALISATIONS
from gamma_calc.catalogue.lora import lora
from gamma_calc.derivation import derive
from gamma_calc.orders.order import Order
from gamma_calc.reports.advice import power

LOW: Final = Fraction(1, 4)  # ranks up to n^(1/4): the law of the edge has no knee before
MULTIPLIERS: Final = ("alpha/r", "alpha/sqrt(r)")


@dataclass(frozen=True, slots=True)
class Edge:
    """The largest stable shared rate as n^n r^r, under Adam."""

    n: Fraction
    r: Fraction


def edge(name: str, scaling: str) -> Edge:
    """The largest stable learning rate from an initialisation with one of the multipliers.

    >>> edge("pissa", "alpha/sqrt(r)")
    Edge(n=Fraction(-1, 2), r=Fraction(-1, 4))
    """
    program = lora(name, rank="growing", scaling=scaling)
    fixed, growing = (derive(program, rho=rho).conditions["stable"].largest["eta"].value for rho in (0, LOW))
    assert fixed is not None
    assert growing is not None
    return Edge(fixed, (growing - fixed) / LOW)


def table() -> str:
    """Every initialisation whose exponents are known, with its line."""
    return "\n".join(
        [
            "| start | A | B | width x 16 | rank x 16, s = alpha/r | rank x 16, s = alpha/sqrt(r) | it assumes |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            *_rows(),
        ]
    )


def _rows() -> Iterator[str]:
    for start in INITIALISATIONS.values():
        a, b = start.entries(rho="rho")
        if {"a0", "b0"} & {*a.variables, *b.variables}:
            continue
        by_rank = [edge(start.name, scaling) for scaling in MULTIPLIERS]
        changes = (by_rank[0].n, *(found.r for found in by_rank))
        cells = (f"`{start.name}`", *map(_size, (a, b)), *map(_sixteenfold, changes), start.assumes)
        yield f"| {' | '.join(cells)} |"


def _size(entry: Order) -> str:
    return "0" if entry.is_zero_quantity else "1" if entry == 0 else power(entry)


def _sixteenfold(exponent: Fraction) -> str:
    """What a rate that is a power does when its base grows sixteenfold; exponents are quarters."""
    times = 2 ** int(abs(4 * exponent))
    return "keep it" if exponent == 0 else f"rate {'/' if exponent < 0 else 'x'} {times}"
