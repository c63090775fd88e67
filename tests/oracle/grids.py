"""Where random programs are measured: widths, how many seeds at each, and what axes of a fixed size hold.

Sizes vary between seeds, not with the width, so a narrow width costs little and is given more seeds: each takes a like
time. Ranks of n^(1/2) and n^(1/4) are whole numbers, or nearly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from validation.evidence.runs.batch_programs import BatchRecipe, batch_recipe
from validation.evidence.runs.deep_programs import DeepRecipe, deep_recipe
from validation.evidence.runs.random_programs import Recipe, recipe

AnyRecipe = Recipe | DeepRecipe | BatchRecipe
RECIPES: Mapping[str, Callable[[int], AnyRecipe]] = {"any": recipe, "deep": deep_recipe, "batch": batch_recipe}
SQUARE = (64, 144, 324, 729)
LONG = (256, 1024, 4096, 16384)
DEEP = (36, 81, 196, 576)
BATCHED = (64, 144, 256, 400, 625)
FARTHER = {  # where a slope that still moved has come to rest, if it does
    SQUARE: (256, 576, 1296),
    LONG: (4096, 16384, 65536, 262144),
    DEEP: (196, 400, 900),
    BATCHED: (256, 400, 784),
}
MOST_SEEDS = 12  # at the smallest width, as a multiple of those at the largest


@dataclass(frozen=True)
class Grid:
    """Where a program is measured: ``seeds`` are those at the largest width."""

    widths: tuple[int, ...]
    seeds: int
    sizes: Mapping[str, int]

    def seeds_at(self, width: int) -> int:
        return self.seeds * min(MOST_SEEDS, round(self.widths[-1] / width))

    @property
    def farther(self) -> Grid:
        """The same at larger widths."""
        return replace(self, widths=FARTHER[self.widths])


def _any(found: Any, seeds: int) -> Grid:
    sizes = {"d": 9, "r": {"0": 9, "1/2": 1, "1/4": 4}[found.rank]}
    return Grid(SQUARE if found.has_square_matrix else LONG, seeds, sizes)


def _deep(_: Any, seeds: int) -> Grid:
    """One entry varies much from seed to seed; with many, coherent steps outgrow random starts by a constant."""
    return Grid(DEEP, seeds, {"d": 4})


def _batch(found: Any, seeds: int) -> Grid:
    """Ranks and batches that are whole numbers; of few samples of a fixed number many seeds."""
    many = found.batch in {"1", "5/4", "3/2"}
    return Grid(
        BATCHED if found.batch != "3/2" else SQUARE[:-1],
        seeds,
        {"N": 1 if many else 4, "r": 4 if found.rank == "0" else 2},
    )


GRIDS: Mapping[str, Callable[[Any, int], Grid]] = {"any": _any, "deep": _deep, "batch": _batch}
