"""A program's initialisation as it is published, in place of independent draws of the same orders.

A derivation knows sizes and overlaps alone, and so does a run that draws A and B: that confirms the derivation, and not
that singular vectors behave as derived. Here both factors are made by ``validation.initialisations`` from a random
layer, and what the construction looked at, its frozen weight and its sample, is that of the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

from gamma_calc.language.program import Program
from validation.arrays.draws import Draws
from validation.arrays.matrices import Tensor, long_axis_contiguous
from validation.errors import BudgetError
from validation.executor.plan import Plan
from validation.executor.settings import Settings
from validation.initialisations import Layer, construct
from validation.initialisations.catalogue import largest_width

WORK: Final = 6  # square arrays that a decomposition takes, with what it is made of
ROOM: Final = 4  # times the rank that a width has at least: a first gradient has rank 2 r


@dataclass(frozen=True, slots=True)
class RunStart:
    """The initialisation of a run, and whether it was made as it is published.

    >>> print(RunStart("pissa", published=True), RunStart("pissa", published=False), sep=", ")
    pissa as published, pissa by independent draws of its orders
    """

    initialisation: str
    published: bool

    def __str__(self) -> str:
        way = "as published" if self.published else "by independent draws of its orders"
        return f"{self.initialisation} {way}"


def is_made(plan: Plan) -> bool:
    """Has the program a construction, and can it be made at the plan's width?"""
    made = plan.program.construction
    return made is not None and ROOM * _rank(plan) <= plan.width <= largest_width(made.name)


def arrays(plan: Plan, draws: Draws) -> Mapping[str, Tensor]:
    """The tensors that the construction decides, by name: A, B, and the weight and the sample that it looked at.

    None where the program has no construction. The sample that it has seen is that of the training, unless this draws a
    new one at every step. Raises BudgetError for a width at which it is not made.
    """
    made = plan.program.construction
    if made is None:
        return {}
    if not is_made(plan):
        raise BudgetError(
            f"{made.name} is not constructed at width {plan.width} and rank {_rank(plan)}",
            where=f"program {plan.program.name}",
            hint=f"take widths from {ROOM} times the rank to {largest_width(made.name)}, or independent factors",
        )
    layer = Layer(plan.width, _rank(plan), draws.seeds, multiplier=plan.power(made.multiplier))
    a, b = construct(made.name, layer)
    found = {"A": a, "B": b}
    if "weight" in vars(layer):
        found["W*"] = layer.weight
    if "inputs" in vars(layer):
        found["Z"] = found["Z seen"] = layer.inputs[:, 0]
    return {name: _repeated(array, draws) for name, array in found.items()}


def as_published(program: Program, widths: Sequence[int], settings: Settings) -> Settings:
    """The settings, with the construction where it can be made at every width: one start at all of them."""
    plans = (Plan(program, width, settings.sizes) for width in widths)
    return replace(settings, published=all(map(is_made, plans)))


def how_started(program: Program, settings: Settings) -> RunStart | None:
    """Which of the two was run; None for a program without a construction."""
    made = program.construction
    return None if made is None else RunStart(made.name, settings.published)


def numbers(plan: Plan) -> int:
    """About how many numbers a repetition takes to make it."""
    made = plan.program.construction
    return WORK * plan.width**2 if made is not None and isfinite(largest_width(made.name)) else 0


def _rank(plan: Plan) -> int:
    (a,) = (leaf for leaf in plan.storage.leaves if leaf.name == "A")
    return plan.shape(a.shape)[0]


def _repeated(array: Tensor, draws: Draws) -> Tensor:
    """One for each seed and learning rate, in the run's own kind of numbers."""
    there = array.to(draws.device, draws.dtype).repeat(draws.copies, *[1] * (array.ndim - 1))
    return long_axis_contiguous(there) if there.ndim == 3 else there
