"""Measure random programs: ``PYTHONPATH=tests python -m oracle.random_run KIND FIRST COUNT [again]``.

Of kind ``any`` they are small programs of the whole language, ``deep`` networks of three to eight weights, ``batch``
layers on many samples. What a pass leaves wide is measured once more with more seeds and other constants; with
``again`` what this version derives below or above what was measured is, at larger widths.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from oracle.grids import GRIDS, RECIPES, AnyRecipe, Grid
from oracle.judge import DOUBT, judged
from oracle.record import Measured, add, recorded
from oracle.simulator import Setting, simulate
from oracle.slopes import UNUSABLE, Key, Slope, slopes

SEEDS = (16, 48, 96)  # at the largest width, pass by pass
LONGEST = 30.0  # seconds that the passes of a program may take together
NARROW = 0.25  # half the width of an interval that decides


def measured(number: int, kind: str, seeds: Sequence[int] = SEEDS) -> Measured:
    """A program, measured until every row is narrow or the next pass would take too long."""
    found = RECIPES[kind](number)
    known: dict[Key, Slope] = {}
    spent, passes = 0.0, 0
    for passes, count in enumerate(seeds, start=1):
        start = time.perf_counter()
        try:
            new = one_pass(found, GRIDS[kind](found, count), passes)
        except (MemoryError, RuntimeError) as error:
            if "allocate memory" not in str(error) and not isinstance(error, MemoryError):
                raise
            return Measured(number, str(found), known, "out of memory", passes)
        known = {key: new[key] if is_wide(known.get(key, UNUSABLE)) else known[key] for key in new}
        took = time.perf_counter() - start
        spent += took
        more = seeds[passes] / count if passes < len(seeds) else 0.0
        if spent + more * took > LONGEST or not any(map(is_wide, known.values())):
            break
    return Measured(number, str(found), known, "", passes)


def one_pass(found: AnyRecipe, grid: Grid, number: int) -> Mapping[Key, Slope]:
    program = found.program()
    return slopes(
        {
            width: simulate(program, Setting(width, grid.seeds_at(width), found.steps, number, grid.sizes))
            for width in grid.widths
        }
    )


def is_wide(slope: Slope) -> bool:
    return not slope.zero and (not slope.usable or slope.half_width >= NARROW)


def measured_again(known: Measured, kind: str) -> Measured:
    """The program with the rows that are in doubt as larger widths have them."""
    found = RECIPES[kind](known.number)
    far = one_pass(found, GRIDS[kind](found, SEEDS[-2]).farther, 0)
    doubts = {(row.quantity, row.step) for row in judged(known, kind).rows if row.verdict in DOUBT}
    return replace(known, slopes={key: far[key] if key in doubts else s for key, s in known.slopes.items()})


def main(kind: str, first: str, count: str, again: str = "") -> None:
    torch.set_num_threads(1)
    wanted = range(int(first), int(first) + int(count))
    known = recorded(kind)
    if again:
        for number in wanted:
            if number in known and judged(known[number], kind).doubts:
                add(kind, measured_again(known[number], kind))
    else:
        for number in wanted:
            if number not in known or known[number].text != str(RECIPES[kind](number)):
                add(kind, measured(number, kind))


if __name__ == "__main__":
    main(*sys.argv[1:])
