"""The simplex method in fractions: a point of linear constraints or the rows that exclude each other, and the optimum.

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

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.constraint import LinearConstraint
from gamma_calc.exponents.linear.watch import look

Row = dict[int | str, Fraction]  # a form of slacks by number and of names; its constant stands under CONSTANT
Weights = dict[int, Fraction]

CONSTANT: Final = ""
ZERO: Final = Fraction(0)
ONE: Final = Fraction(1)


class Tableau:
    """The slacks of some constraints, strict ones taken with their boundary, as they were last solved."""

    def __init__(self, constraints: Sequence[LinearConstraint]) -> None:
        self.solved: dict[int | str, Row] = {}
        self.fixed = frozenset(i for i, (_, relation) in enumerate(constraints) if relation == "=")
        order = sorted(range(len(constraints)), key=lambda i: (i not in self.fixed, i))
        for index in order:
            self.solved[index] = self._of(constraints[index][0])
        for index in order:
            self._free_of_names(index)

    def _of(self, form: Affine) -> Row:
        """A form in what is not solved for."""
        made: Row = {CONSTANT: form.constant}
        for name, weight in form.terms:
            _add(made, self.solved.get(name, {name: ONE}), weight)
        return made

    def _free_of_names(self, index: int) -> None:
        """The equation of a slack, solved for a name that is in it."""
        name = next((key for key in self.solved[index] if isinstance(key, str) and key != CONSTANT), None)
        if name is not None:
            self._exchange(index, name)

    def _exchange(self, out: int | str, into: int | str) -> None:
        """What was solved for becomes zero, and what was zero is solved for."""
        look()
        row = self.solved.pop(out)
        weight = row.pop(into)
        made = {key: -value / weight for key, value in row.items()}
        made[out] = 1 / weight
        for other in self.solved.values():
            share = other.pop(into, None)
            if share is not None:
                _add(other, made, share)
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
            sign = 1 if row[CONSTANT] < 0 else -1
            helps = [j for j, w in row.items() if isinstance(j, int) and j not in self.fixed and sign * w > 0]
            if not helps:
                return {index: Fraction(sign)} | {j: -sign * w for j, w in row.items() if isinstance(j, int)}
            self._exchange(index, min(helps))
        return None

    def _violated(self) -> int | None:
        wrong = (
            index
            for index, row in self.solved.items()
            if isinstance(index, int) and (row[CONSTANT] < 0 or (index in self.fixed and row[CONSTANT]))
        )
        return min(wrong, default=None)

    # -- the largest value ----------------------------------------------------------------------------------------

    def raised(self, form: Affine) -> Weights | None:
        """Move to where a form is largest: the weights with which the constraints bound it; None if nothing does.

        Only where the constraints are satisfied already.
        """
        while True:
            value = self._of(form)
            if any(isinstance(key, str) and key != CONSTANT for key in value):
                return None
            rising = [j for j, w in value.items() if isinstance(j, int) and j not in self.fixed and w > 0]
            if not rising:
                return {j: -w for j, w in value.items() if isinstance(j, int)}
            enters = min(rising)
            leaves = self._first_at_zero(enters)
            if leaves is None:
                return None
            self._exchange(leaves, enters)

    def _first_at_zero(self, moved: int) -> int | None:
        """Which slack is zero first when one grows; None if none ever is."""
        limits = []
        for index, row in self.solved.items():
            slope = row.get(moved, ZERO) if isinstance(index, int) else ZERO
            if isinstance(index, int) and (slope < 0 or (slope and index in self.fixed)):
                limits.append((row[CONSTANT] / abs(slope), index))
        return min(limits)[1] if limits else None

    def ray(self, form: Affine) -> dict[str, Fraction]:
        """A direction in which a form that nothing bounds grows, found after ``raised`` says so."""
        value = self._of(form)
        free = next((key for key in value if isinstance(key, str) and key != CONSTANT), None)
        if free is not None:
            way: dict[int | str, Fraction] = {free: Fraction(1 if value[free] > 0 else -1)}
        else:
            rising = (j for j, w in value.items() if isinstance(j, int) and j not in self.fixed and w > 0)
            way = {min(j for j in rising if self._first_at_zero(j) is None): ONE}
        moved = {name: row for name, row in self.solved.items() if isinstance(name, str)}
        ((key, step),) = way.items()
        found = {name: row[key] * step for name, row in moved.items() if key in row}
        return found | ({key: step} if isinstance(key, str) else {})


def _add(row: Row, other: Row, weight: Fraction) -> None:
    for key, value in other.items():
        total = row.get(key, ZERO) + value * weight
        if total or key == CONSTANT:
            row[key] = total
        else:
            row.pop(key, None)


def total_of(weights: Weights, count: int) -> tuple[Fraction, ...]:
    """The weights of all constraints in turn."""
    return tuple(weights.get(index, ZERO) for index in range(count))
