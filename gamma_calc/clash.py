"""Why a condition cannot be met: the smallest set of its demands that clash, in words and arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from gamma_calc.finding import Demand, Finding
from gamma_calc.regions.certificate import Infeasible
from gamma_calc.regions.region import Region
from gamma_calc.regions.row import Row
from gamma_calc.regions.solver import decide, shrunk
from gamma_calc.regions.words import row_text


@dataclass(frozen=True, slots=True)
class Clash:
    """Demands that cannot hold together, and for each way to meet them alone a checked proof that it fails."""

    demands: tuple[Demand, ...]
    given: Region
    proofs: tuple[Infeasible, ...]

    def __str__(self) -> str:
        asked = " and ".join(str(demand) for demand in self.demands)
        return f"{asked} cannot hold together"

    def lines(self) -> tuple[str, ...]:
        """The clash in words, then the arithmetic of each case."""
        return (f"{self}:", *(line for proof in self.proofs for line in arithmetic(proof)))


def clash(finding: Finding) -> Clash:
    """The smallest clash behind an empty condition: no demand can be left out."""
    needed = list(finding.demands)
    for demand in finding.demands:
        rest = [d for d in needed if d is not demand]
        if _met(rest, finding.given).is_empty:
            needed = rest
    return Clash(tuple(needed), finding.given, tuple(_proofs(needed, finding.given)))


def arithmetic(proof: Infeasible) -> tuple[str, ...]:
    """The rows of a refutation with their multipliers, and the contradiction they add up to."""
    used = [(w, row) for w, row in zip(proof.multipliers, proof.rows, strict=True) if w]
    lines = [f"  ({i}) {row_text(row)}" for i, (_, row) in enumerate(used, start=1)]
    total = " + ".join(f"{w} x ({i})" if w != 1 else f"({i})" for i, (w, _) in enumerate(used, start=1))
    size = sum(w * row[0].constant for w, row in used)
    relation = ">" if any(row[1] == ">" for _, row in used) else ">="
    return (*lines, f"  {total} gives {size} {relation} 0")


def _met(demands: list[Demand], given: Region) -> Region:
    region = given
    for demand in demands:
        region = region & demand.region
    return region


def _proofs(demands: list[Demand], given: Region) -> list[Infeasible]:
    cases = product(given.pieces, *(demand.region.pieces for demand in demands))
    found = []
    for case in cases:
        rows: tuple[Row, ...] = tuple(row for piece in case for row in piece.rows)
        answer = decide(rows)
        if isinstance(answer, Infeasible):
            found.append(shrunk(answer))
    return found
