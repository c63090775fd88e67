"""Independent oracles: the published recursions on plain numbers, and exact values of a program's expressions.

None stands for the order of what is identically zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice
from math import prod
from random import Random
from typing import Any

import numpy as np

from gamma_calc.language.expression import Expression, Time, walk
from gamma_calc.language.leaves import Change, Leaf, Parameter, Snapshot
from gamma_calc.operations.scale import Scale

Number = Fraction | None


def plus(*terms: Number) -> Number:
    """The order of a product: the sum of the orders, zero if one factor is."""
    known = [t for t in terms if t is not None]
    return sum(known, Fraction(0)) if len(known) == len(terms) else None


def top(*terms: Number) -> Number:
    """The order of a sum: the largest, zero if all terms are."""
    return max((t for t in terms if t is not None), default=None)


def lora_recursion(
    z0: Number, b0: Number, a: Fraction, b: Fraction, *, s: Fraction = Fraction(0), rho: Fraction = Fraction(0)
) -> Iterator[dict[str, Number]]:
    """The orders after step 1, 2, ... of a LoRA layer with z0 = order of A0 Z, under sign-like updates.

    LoRA+ (arXiv 2402.12354), proof of theorem 1, with a gate for each factor that receives no gradient. A growing rank
    adds rho/2 where the random B0 is contracted and rho elsewhere; with both factors random at the start it needs rho =
    0, since the signs in the two factors then agree only by and by.
    """
    z, drawn, moved = z0, b0, None
    while True:
        B = top(plus(drawn, rho / 2), plus(moved, rho))
        dz = a + 1 if B is not None else None
        db = b if z is not None else None
        now = {"delta1": plus(s, B, dz), "delta2": plus(s, db, z, rho), "delta3": plus(s, db, dz, rho)}
        z, moved = top(z, dz), top(moved, db)
        B = top(plus(drawn, rho / 2), plus(moved, rho))
        yield now | {"Z_A": z, "B": top(drawn, moved), "Z_B": plus(s, B, z)}


def toy_recursion(u: Number, b: Number, rate_a: Fraction, rate_b: Fraction) -> Iterator[dict[str, Number]]:
    """The orders after step 1, 2, ... of f = b (a'x) under gradient descent with an error of order one.

    LoRA+ (arXiv 2402.12354), section 3.1: u moves by eta_a b |x|^2 and b by eta_b u.
    """
    while True:
        du, db = plus(rate_a + 1, b), plus(rate_b, u)
        now = {"delta1": plus(b, du), "delta2": plus(db, u), "delta3": plus(db, du)}
        u, b = top(u, du), top(b, db)
        yield now | {"u": u, "b": b, "f": plus(u, b)}


def first(steps: Iterator[dict[str, Number]], count: int) -> list[dict[str, Number]]:
    return list(islice(steps, count))


@dataclass(frozen=True, slots=True)
class Exact:
    """A reader of expressions in exact rationals: random tensors, each drawn once, and the base n = 4.

    A parameter goes from its start by one random amount until the last step, and by another in it.
    """

    random: Random
    sizes: dict[str, int]
    drawn: dict[str, Any] = field(default_factory=dict)

    def value(self, expression: Expression | None) -> Any:
        assert expression is not None
        found: dict[int, Any] = {}
        for node in walk([expression]):
            arguments = [found[id(a)] for a in node.arguments]
            if isinstance(node, Scale):
                arguments.append(node.coefficient * Fraction(2) ** (2 * node.power.exponent.rational))
            found[id(node)] = self._leaf(node) if isinstance(node, Leaf) else node.numeric(*arguments)
        return found[id(expression)]

    def _leaf(self, leaf: Leaf) -> Any:
        match leaf:
            case Parameter():
                return self._at(leaf, Time.NOW)
            case Snapshot(parameter, time):
                return self._at(parameter, time)
            case Change(parameter, since, until):
                return self._at(parameter, until) - self._at(parameter, since)
        return self._draw(leaf, leaf.name)

    def _at(self, parameter: Parameter, time: Time) -> Any:
        added = {Time.START: 0, Time.PREVIOUS: 1, Time.NOW: 2}[time]
        return sum(self._draw(parameter, f"{parameter.name} {part}") for part in range(added + 1))

    def _draw(self, leaf: Leaf, name: str) -> Any:
        if name not in self.drawn:
            shape = (1, *(self.sizes[dim.name] for dim in leaf.shape))
            entries = [Fraction(self.random.randint(-9, 9), self.random.randint(1, 5)) for _ in range(prod(shape))]
            self.drawn[name] = np.array(entries, dtype=object).reshape(shape)
        return self.drawn[name]
