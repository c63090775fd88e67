"""Random deep networks: three to eight weights, linear, relu or tanh, in any parametrisation, in and out of stability.

A recipe is data, drawn from a seed (``deep_recipe``). Half of them start as published and have rates near the published
ones; the others have multipliers, entries and rates of their own, so that features grow or vanish with depth and step.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from gamma_calc import Program, mlp
from gamma_calc.catalogue.abc_parametrisations import ABC, PARAMETRISATIONS, abc

DEPTHS: Final = range(3, 9)
ACTIVATIONS: Final = ("linear", "relu", "tanh")
OPTIMISERS: Final = ("sgd", "sgd", "sign", "adam", "lion")
OFFSETS: Final = ("-1/2", "-1/4", "0", "0", "0", "1/4", "1/2")  # of a rate's exponent from the published one
MULTIPLIERS: Final = ("-1/2", "0", "0", "1/2")
ENTRIES: Final = ("0", "1/2", "1/2", "1")
RATES: Final = ("-1/2", "0", "1/2", "1", "3/2")

Triple = tuple[Fraction, Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class DeepRecipe:
    """A network as data: its parametrisation in numbers, and what it is a variation of."""

    family: str
    a: Triple
    b: Triple
    c: Triple
    depth: int
    activation: str
    optimiser: str
    steps: int

    def program(self) -> Program:
        given = abc("drawn", self.a, self.b, self.c)
        return mlp(given, depth=self.depth, activation=self.activation, optimiser=self.optimiser)

    def __str__(self) -> str:
        a, b, c = (", ".join(map(str, triple)) for triple in (self.a, self.b, self.c))
        return (
            f"{self.family}: {self.activation}, {self.depth} weights, a = ({a}), b = ({b}), c = ({c}), "
            f"{self.optimiser}, {self.steps} steps"
        )


def deep_recipe(seed: int) -> DeepRecipe:
    """The recipe of a number: the same one every time."""
    draw = random.Random(f"deep network {seed}")  # noqa: S311 - a test case, not a secret
    family, a, b, c = draw.choice([_published, _any])(draw)
    rule = draw.choice(OPTIMISERS)
    return DeepRecipe(family, a, b, c, draw.choice(DEPTHS), draw.choice(ACTIVATIONS), rule, draw.choice([1, 2, 2]))


def _published(draw: random.Random) -> tuple[str, Triple, Triple, Triple]:
    known: ABC = draw.choice(list(PARAMETRISATIONS.values()))
    moved = [Fraction(one) + Fraction(draw.choice(OFFSETS)) for one in known.c]
    return known.name, _exact(known.a), _exact(known.b), (moved[0], moved[1], moved[2])


def _any(draw: random.Random) -> tuple[str, Triple, Triple, Triple]:
    a, b, c = (_exact([draw.choice(values) for _ in range(3)]) for values in (MULTIPLIERS, ENTRIES, RATES))
    return "any", a, b, c


def _exact(those: object) -> Triple:
    one, two, three = map(Fraction, those)  # type: ignore[call-overload]
    return one, two, three
