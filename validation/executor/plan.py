"""A program at one width: how many entries each axis has, what each power of n is, and what a run costs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import Final

from gamma_calc.calculus.dims import Dim, Shape
from gamma_calc.errors import ProgramError
from gamma_calc.exponents import Order
from gamma_calc.language.expression import Expression
from gamma_calc.language.program import Program
from validation.errors import BudgetError
from validation.executor.fast_paths import writes_out
from validation.executor.graph import Graph
from validation.executor.storage import Given, StoragePlan, storage_plan
from validation.executor.wanted import Watch

LARGEST_SIZE: Final = 2**62  # entries of an axis that torch can count
FIXED_SIZE: Final = 5  # of a dimension that does not grow: odd, so that a sum of as many signs is never zero


@dataclass(frozen=True, eq=False)
class Plan:
    """A program at one width; ``sizes`` gives fixed dimensions their number of entries by name, others a factor.

    Raises ProgramError where an exponent is still open.
    """

    program: Program
    width: int
    sizes: Mapping[str, float]
    with_loss: bool = False
    storage: StoragePlan = field(init=False)

    def __post_init__(self) -> None:
        check_closed(self.program)
        object.__setattr__(self, "storage", storage_plan(self.program, self.with_loss))

    @property
    def graph(self) -> Graph:
        return self.storage.graph

    @property
    def gradients(self) -> Mapping[str, int]:
        return self.storage.gradients

    @property
    def watches(self) -> list[Watch]:
        return self.storage.watches

    @property
    def losses(self) -> list[int]:
        return self.storage.losses

    # -- sizes ----------------------------------------------------------------------------------------------------

    def power(self, exponent: Order) -> float:
        """n^exponent; 0 for -oo, infinite where no number is as large."""
        if exponent.is_zero_quantity:
            return 0.0
        try:
            return math.pow(self.width, float(exponent.rational))
        except OverflowError:
            return math.inf

    def size(self, dim: Dim) -> int:
        exponent = dim.exponent.rational
        if not exponent:
            return round(self.sizes.get(dim.name, FIXED_SIZE))
        entries = self.sizes.get(dim.name, 1) * self.power(dim.exponent)
        if entries > LARGEST_SIZE:
            raise BudgetError(
                f"dimension {dim} has n^({dim.exponent}) entries, which no memory holds at width {self.width}",
                where=f"program {self.program.name}",
                hint="give it a smaller exponent",
            )
        return max(1, round(entries))

    def shape(self, shape: Shape) -> tuple[int, ...]:
        return tuple(map(self.size, shape))

    @cached_property
    def entries(self) -> list[int]:
        """The number of entries of each watched quantity."""
        return [prod(self.shape(w.shape)) for w in self.watches]

    # -- cost -----------------------------------------------------------------------------------------------------

    def numbers(self, steps: int) -> int:
        """About how many numbers one repetition holds at once."""
        nodes = [operation.node for operation in self.graph.operations]
        vectors = sum(self._entries(node) for node in nodes if len(node.shape) < 2)
        batches = sum(self._entries(node) for node in nodes if _holds_samples(node))
        written = [x for node in nodes if writes_out(node) for x in (node, *node.arguments) if len(x.shape) == 2]
        storage = self.storage
        noted = 3 * len(self.watches) + 2 * len(storage.checks) + len(self.losses)
        return (
            vectors
            + batches
            + noted * (steps + 1)
            + sum(map(self._entries, written))
            + sum(self._kept(leaf, steps) for leaf in storage.leaves)
        )

    def _entries(self, node: Expression) -> int:
        return prod(self.shape(node.shape))

    def _kept(self, leaf: Given, steps: int) -> int:
        if len(leaf.shape) < 2:
            return 0
        rows, columns = self.shape(leaf.shape)
        if self.storage.implicit(leaf):
            return (rows + columns) * self.storage.products(leaf) * (steps + 1)
        if leaf.name not in self.gradients:
            return rows * columns
        copies = 2 + self.storage.keeps_initial(leaf.name) + self.storage.keeps_moved(leaf.name)
        return rows * columns * (copies + self.storage.update_arrays(leaf.name))


def _holds_samples(node: Expression) -> bool:
    """Is it a product or sum of two matrices, as what a layer makes of a batch is?"""
    return len(node.shape) == 2 and len(node.arguments) == 2 and all(len(a.shape) == 2 for a in node.arguments)


def check_closed(program: Program) -> None:
    """A run needs a value for every exponent."""
    if program.variables:
        raise ProgramError(
            f"the exponents {', '.join(program.variables)} are open",
            where=f"program {program.name}",
            hint="a run needs a value for each, as in at={'eta': '-1/2'}",
        )
