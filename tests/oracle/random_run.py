"""Random programs, derived and simulated: ``PYTHONPATH=tests python -m oracle.random_run FIRST COUNT LOG [KIND]``.

With ``deep`` they are networks of three to eight weights, with ``batch`` layers on many samples, otherwise small
programs of the whole language. What the
first pass leaves in doubt, or finds below the truth, is simulated again with more seeds and other constants.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from gamma_calc import derive
from gamma_calc.derivation.derivation import Derivation
from gamma_calc.errors import GammaError
from oracle.comparison import Row, rows
from oracle.limit import limit
from oracle.simulator import runs
from oracle.slopes import slopes
from validation.evidence.runs.batch_programs import BatchRecipe, batch_recipe
from validation.evidence.runs.deep_programs import DeepRecipe, deep_recipe
from validation.evidence.runs.random_programs import Recipe, recipe

AnyRecipe = Recipe | DeepRecipe | BatchRecipe
KINDS: Mapping[str, Callable[[int], AnyRecipe]] = {"any": recipe, "deep": deep_recipe, "batch": batch_recipe}
MOST_SECONDS = {"any": 5.0, "deep": 20.0, "batch": 20.0}  # for a derivation
PATIENCE = 4.0  # for a first pass, before one that leaves rows undecided is not measured again
SQUARE = (64, 100, 144, 225, 324, 484)  # ranks n^(1/2) are whole numbers
DEEP = (36, 72, 144, 288, 576)
BATCHED = (64, 96, 144, 256, 400, 625)
LONG = (256, 1024, 4096, 16384)
DOUBT = frozenset({"below", "undecided", "above"})


def examined(number: int, kind: str = "any") -> dict[str, Any]:
    """What is found of one program, as JSON can hold it."""
    found, start = KINDS[kind](number), time.perf_counter()
    about: dict[str, Any] = {"number": number, "family": found.family, "text": str(found)}
    try:
        with limit(MOST_SECONDS[kind]):
            derivation = derive(found.program())
            for step in range(found.steps + 1):
                derivation.at_step(step)
            derivation.bounds  # noqa: B018 - what takes the time is asked for once
    except TimeoutError:
        return {**about, "refused": "out of time"}
    except GammaError as error:
        return {**about, "refused": str(error)}
    seconds = time.perf_counter() - start
    try:
        compared = table(found, derivation, kind)
    except (MemoryError, RuntimeError) as error:
        if "allocate memory" not in str(error) and not isinstance(error, MemoryError):
            raise
        return {**about, "refused": "out of memory"}
    return {
        **about,
        "derived in": round(seconds, 3),
        "seconds": round(time.perf_counter() - start, 1),
        "verdicts": Counter(row.verdict for row in compared),
        "could hide a quarter": sum(row.verdict == "right" and row.could_hide_a_quarter for row in compared),
        "doubts": [str(row) for row in compared if row.verdict in DOUBT],
    }


def table(found: AnyRecipe, derivation: Derivation, kind: str = "any") -> list[Row]:
    """Every row, measured once, and once more where that leaves doubt."""
    start = time.perf_counter()
    first = {(row.quantity, row.step): row for row in measured(found, derivation, GRIDS[kind](found, 24), 0)}
    doubts = [key for key, row in first.items() if row.verdict in DOUBT]
    costly = time.perf_counter() - start > PATIENCE
    if doubts and not (costly and all(first[key].verdict == "undecided" for key in doubts)):
        again = {(row.quantity, row.step): row for row in measured(found, derivation, GRIDS[kind](found, 72), 1)}
        first.update({key: again[key] for key in doubts})
    return list(first.values())


def measured(found: AnyRecipe, derivation: Derivation, grid: Grid, number: int) -> Iterator[Row]:
    sized = dict(
        runs(found.program(), grid.widths, seeds=grid.seeds, steps=found.steps, sizes=grid.sizes, number=number)
    )
    return rows(derivation, slopes(sized))


@dataclass(frozen=True)
class Grid:
    """Where a program is measured."""

    widths: tuple[int, ...]
    seeds: int
    sizes: Mapping[str, int]


def _any(found: Any, seeds: int) -> Grid:
    sizes = {"d": 9, "r": {"0": 9, "1/2": 1, "1/4": 3}[found.rank]}
    return Grid(SQUARE, seeds, sizes) if found.has_square_matrix else Grid(LONG, 2 * seeds, sizes)


def _deep(_: Any, seeds: int) -> Grid:
    """One entry varies much from seed to seed; with many, coherent steps outgrow random starts by a constant."""
    return Grid(DEEP, 2 * seeds, {"d": 4})


def _batch(found: Any, seeds: int) -> Grid:
    """Ranks and batches that are whole numbers; of few samples of a fixed number many seeds."""
    many = found.batch in {"1", "5/4"}
    return Grid(BATCHED[:-1] if many else BATCHED, seeds, {"N": 1 if many else 4, "r": 4 if found.rank == "0" else 2})


GRIDS: Mapping[str, Callable[[Any, int], Grid]] = {"any": _any, "deep": _deep, "batch": _batch}


def main(first: str, count: str, log: str, kind: str = "any") -> None:
    torch.set_num_threads(1)
    path = Path(log)
    known = set()
    if path.exists():
        known = {json.loads(line)["number"] for line in path.read_text(encoding="utf-8").splitlines()}
    for number in range(int(first), int(first) + int(count)):
        if number not in known:
            about = examined(number, kind)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(about) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
