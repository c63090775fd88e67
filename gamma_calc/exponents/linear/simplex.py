"""The simplex method in whole numbers: a point of linear constraints or the rows that exclude each other, the optimum.

Each constraint has a slack, the value of its form, which may not be negative (of an equality: is zero). The slacks
that are free to move are written in those that are zero. Where one comes out negative, another one is moved to mend
it; where none can, the equation itself is the proof. The first by number is taken each time, so no round comes again
(Bland).

    >>> x = Affine.variable("x")
    >>> tableau = Tableau([(x, ">="), (-x + 1, ">=")])
    >>> tableau.conflict(), tableau.raised(x * 2), tableau.point
    (None, {1: Fraction(2, 1)}, {'x': Fraction(1, 1)})
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Final

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.constraint import LinearConstraint
from gamma_calc.exponents.linear.watch import look

Weights = dict[int, Fraction]
Key = int | str  # a slack by number, or a name

CONSTANT: Final = ""  # no name is called so
ZERO: Final = Fraction(0)
ONE: Final = Fraction(1)


@dataclass(frozen=True, slots=True)
class Equation:
    """A form of slacks and of names, each times a whole number, over one positive number that all are divided by."""

    numbers: dict[Key, int]
    unit: int

    def __getitem__(self, key: Key) -> Fraction:
        return Fraction(self.numbers.get(key, 0), self.unit)

    @property
    def slacks(self) -> Iterator[tuple[int, int]]:
        """The slacks it is written in, with numbers of the sign that their weights have."""
        return ((key, number) for key, number in self.numbers.items() if isinstance(key, int))

    @property
    def name(self) -> str | None:
        """A name that it is written in."""
        return next((key for key in self.numbers if isinstance(key, str) and key != CONSTANT), None)

    def solved_for(self, into: Key, out: Key) -> Equation:
        """The equation out = row, solved for something that the row is written in."""
        weight = self.numbers[into]
        sign = 1 if weight > 0 else -1
        made = {key: -sign * number for key, number in self.numbers.items() if key != into}
        made[out] = sign * self.unit
        return _shortest(made, sign * weight)

    def put(self, key: Key, row: Equation) -> Equation:
        """The same with a row put for one of the things that it is written in."""
        share = self.numbers.get(key)
        if share is None:
            return self
        made = {one: number * row.unit for one, number in self.numbers.items() if one != key}
        _add(made, row.numbers, share)
        return _shortest(made, self.unit * row.unit)


def _add(numbers: dict[Key, int], others: dict[Key, int], times: int) -> None:
    for key, number in others.items():
        total = numbers.get(key, 0) + times * number
        if total or key == CONSTANT:
            numbers[key] = total
        else:
            numbers.pop(key, None)


def _whole(number: Fraction, unit: int) -> int:
    return number.numerator * (unit // number.denominator)


def _shortest(numbers: dict[Key, int], unit: int) -> Equation:
    shared = gcd(unit, *numbers.values())
    return Equation(numbers if shared == 1 else {key: n // shared for key, n in numbers.items()}, unit // shared)


class Tableau:
    """The slacks of some constraints, strict ones taken with their boundary, as they were last solved."""

    def __init__(self, constraints: Sequence[LinearConstraint]) -> None:
        self.solved: dict[Key, Equation] = {}
        self.fixed = frozenset(i for i, (_, relation) in enumerate(constraints) if relation == "=")
        order = sorted(range(len(constraints)), key=lambda i: (i not in self.fixed, i))
        for index in order:
            self.solved[index] = self._of(constraints[index][0])
        for index in order:
            self._free_of_names(index)

    def _of(self, form: Affine) -> Equation:
        """A form in what is not solved for."""
        parts = [(weight, self.solved.get(name) or Equation({name: 1}, 1)) for name, weight in form.terms]
        unit = lcm(form.constant.denominator, *(weight.denominator * row.unit for weight, row in parts))
        made: dict[Key, int] = {CONSTANT: _whole(form.constant, unit)}
        for weight, row in parts:
            _add(made, row.numbers, _whole(weight / row.unit, unit))
        return _shortest(made, unit)

    def _free_of_names(self, index: int) -> None:
        """The equation of a slack, solved for a name that is in it."""
        name = self.solved[index].name
        if name is not None:
            self._exchange(index, name)

    def _exchange(self, out: Key, into: Key) -> None:
        """What was solved for becomes zero, and what was zero is solved for."""
        look()
        made = self.solved.pop(out).solved_for(into, out)
        self.solved = {key: row.put(into, made) for key, row in self.solved.items()}
        self.solved[into] = made

    @property
    def point(self) -> dict[str, Fraction]:
        """Where the names stand now; those left out are free."""
        return {name: row[CONSTANT] for name, row in self.solved.items() if isinstance(name, str)}

    # -- a point that satisfies all -------------------------------------------------------------------------------

    def conflict(self) -> Weights | None:
        """Move to a point that satisfies the constraints, None; or the weights with which they exclude each other."""
        while (index := self._violated()) is not None:
            row = self.solved[index]
            sign = 1 if row.numbers[CONSTANT] < 0 else -1
            helps = [j for j, number in row.slacks if j not in self.fixed and sign * number > 0]
            if not helps:
                return {index: Fraction(sign)} | {j: -sign * row[j] for j, _ in row.slacks}
            self._exchange(index, min(helps))
        return None

    def _violated(self) -> int | None:
        constants = ((index, row.numbers[CONSTANT]) for index, row in self.solved.items() if isinstance(index, int))
        wrong = (index for index, value in constants if value < 0 or (value and index in self.fixed))
        return min(wrong, default=None)

    # -- the largest value ----------------------------------------------------------------------------------------

    def raised(self, form: Affine) -> Weights | None:
        """Move to where a form is largest: the weights with which the constraints bound it; None if nothing does.

        Only where the constraints are satisfied already.
        """
        while True:
            value = self._of(form)
            if value.name is not None:
                return None
            rising = [j for j, number in value.slacks if j not in self.fixed and number > 0]
            if not rising:
                return {j: -value[j] for j, _ in value.slacks}
            enters = min(rising)
            leaves = self._first_at_zero(enters)
            if leaves is None:
                return None
            self._exchange(leaves, enters)

    def _first_at_zero(self, moved: int) -> int | None:
        """Which slack is zero first when one grows; None if none ever is."""
        limits = []
        for index, row in self.solved.items():
            slope = row.numbers.get(moved, 0) if isinstance(index, int) else 0
            if isinstance(index, int) and (slope < 0 or (slope and index in self.fixed)):
                limits.append((Fraction(row.numbers[CONSTANT], abs(slope)), index))
        return min(limits)[1] if limits else None

    def ray(self, form: Affine) -> dict[str, Fraction]:
        """A direction in which a form that nothing bounds grows, found after ``raised`` says so."""
        value = self._of(form)
        free = value.name
        if free is not None:
            way: dict[Key, Fraction] = {free: Fraction(1 if value.numbers[free] > 0 else -1)}
        else:
            rising = (j for j, number in value.slacks if j not in self.fixed and number > 0)
            way = {min(j for j in rising if self._first_at_zero(j) is None): ONE}
        moved = {name: row for name, row in self.solved.items() if isinstance(name, str)}
        ((key, step),) = way.items()
        found = {name: row[key] * step for name, row in moved.items() if key in row.numbers}
        return found | ({key: step} if isinstance(key, str) else {})


def total_of(weights: Weights, count: int) -> tuple[Fraction, ...]:
    """The weights of all constraints in turn."""
    return tuple(weights.get(index, ZERO) for index in range(count))
