"""What this version of the calculus says of every program that was measured.

``PYTHONPATH=tests python -m oracle.judge KIND`` prints the table of docs/results/fuzz.md, and each row below the
truth or above it without a mark.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from gamma_calc import derive
from gamma_calc.derivation.derivation import Derivation
from gamma_calc.errors import GammaError
from oracle.comparison import Row, rows
from oracle.grids import RECIPES, AnyRecipe
from oracle.limit import limit
from oracle.record import Measured, recorded

MOST_SECONDS: Mapping[str, float] = {"any": 10.0, "deep": 20.0, "batch": 20.0}  # for a derivation
COLUMNS = ("right", "below", "above", "bound", "undecided")
DOUBT = frozenset({"below", "above"})


@dataclass(frozen=True)
class Judged:
    """One program: its rows, or why there are none."""

    number: int
    family: str
    rows: tuple[Row, ...] = ()
    refused: str = ""

    @property
    def verdicts(self) -> Counter[str]:
        return Counter(row.verdict for row in self.rows)

    @property
    def doubts(self) -> list[str]:
        return [f"{self.number} {self.family} {row}" for row in self.rows if row.verdict in DOUBT]

    @property
    def could_hide_a_quarter(self) -> int:
        return sum(row.verdict == "right" and row.could_hide_a_quarter for row in self.rows)


def judged(measured: Measured, kind: str) -> Judged:
    """What is derived of a program, against what it measured."""
    recipe = RECIPES[kind](measured.number)
    if str(recipe) != measured.text:
        return Judged(measured.number, recipe.family, refused="another program has this number now")
    if measured.refused:
        return Judged(measured.number, recipe.family, refused=measured.refused)
    try:
        derivation = derived(recipe, MOST_SECONDS[kind])
    except TimeoutError:
        return Judged(measured.number, recipe.family, refused="out of time")
    except GammaError:
        return Judged(measured.number, recipe.family, refused="refused by name")
    return Judged(measured.number, recipe.family, tuple(rows(derivation, measured.slopes)))


def derived(recipe: AnyRecipe, seconds: float) -> Derivation:
    """The whole derivation, in time. Raises TimeoutError, and GammaError where a rule refuses the program."""
    with limit(seconds):
        derivation = derive(recipe.program())
        for step in range(recipe.steps + 1):
            derivation.at_step(step)
        derivation.bounds  # noqa: B018 - what takes the time is asked for once
    return derivation


def report(found: list[Judged]) -> Iterator[str]:
    """The table by family, what was not compared, and every doubt."""
    seen = sorted((one for one in found if not one.refused), key=lambda one: one.family)
    yield f"| family | programs | {' | '.join(COLUMNS)} | right, and could hide 1/4 | programs with an undecided row |"
    yield "|---" * (len(COLUMNS) + 4) + "|"
    for family, those in groupby(seen, key=lambda one: one.family):
        yield _line(family, list(those))
    yield _line("all", seen)
    yield ""
    yield from (f"{many} {why}" for why, many in Counter(one.refused for one in found if one.refused).most_common())
    yield from (doubt for one in found for doubt in one.doubts)


def _line(name: str, those: list[Judged]) -> str:
    verdicts = sum((one.verdicts for one in those), Counter())
    hide, unsure = sum(one.could_hide_a_quarter for one in those), sum(one.verdicts["undecided"] > 0 for one in those)
    cells = [name, len(those), *(verdicts[column] for column in COLUMNS), hide, unsure]
    return f"| {' | '.join(map(str, cells))} |"


def main(kind: str) -> None:
    found = []
    for measured in recorded(kind).values():
        found.append(judged(measured, kind))
        sys.stderr.write(f"\r{len(found)} programs")
    sys.stdout.write("\n" + "\n".join(report(found)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
