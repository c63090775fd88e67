"""Feasibility and optima of linear constraints, exactly and with a proof of every answer.

Bounds on single directions are compared directly. Everything else is a question for a point, put to the search: the
system itself for a solution, its dual for the multipliers of a proof. So whatever the search answers is checked.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from gamma_calc.errors import CertificateError
from gamma_calc.exponents.linear.affine import Affine, sum_affine
from gamma_calc.exponents.linear.bounds import Bound, Line, lines
from gamma_calc.exponents.linear.certificate import Infeasible, Optimal, Unbounded
from gamma_calc.exponents.linear.constraint import Row, closed, holds, names_of
from gamma_calc.exponents.linear.search import search

_ZERO: Final = Fraction(0)
_ONE: Final = Fraction(1)


def common_point(rows: tuple[Row, ...]) -> dict[str, Fraction] | None:
    """A point that satisfies every row, or None if a checked proof says that there is none.

    >>> x = Affine.variable("x")
    >>> common_point(((x, ">"), (-x, ">")))
    >>> common_point(((x - 1, ">="), (-x + 1, ">=")))
    {'x': Fraction(1, 1)}
    """
    answer = decide(rows)
    return None if isinstance(answer, Infeasible) else answer


def decide(rows: tuple[Row, ...]) -> dict[str, Fraction] | Infeasible:
    """A point that satisfies every row, or the proof that there is none."""
    quick = _decide_by_bounds(rows)
    if quick is not None:
        return quick
    point = search(rows)
    if point is None:
        return _refutation(rows)
    if not all(holds(row, point) for row in rows):
        raise CertificateError("a point from the solver breaks a row")
    return point


def largest(form: Affine, rows: tuple[Row, ...]) -> Optimal | Unbounded | Infeasible:
    """The supremum of a form over the rows; if they clash, a smallest set of rows that does.

    >>> x = Affine.variable("x")
    >>> best = largest(x * 2, ((-x + 1, ">"),))
    >>> best.value, best.attained
    (Fraction(2, 1), False)
    """
    start = decide(rows)
    if isinstance(start, Infeasible):
        return shrunk(start)
    inside = dict.fromkeys(form.variables, _ZERO) | start
    bounds = lines(rows)
    if all(len(line.direction) == 1 for line in bounds):
        return _optimum_in_a_box(form, rows, bounds, inside)
    return _optimum(form, rows, inside)


def shrunk(proof: Infeasible) -> Infeasible:
    """A proof from which no row can be left out, with whole multipliers."""
    proof = proof.scaled_to_integers()
    index = 0
    while index < len(proof.rows):
        answer = decide(proof.rows[:index] + proof.rows[index + 1 :])
        if isinstance(answer, Infeasible):
            proof = answer.scaled_to_integers()  # the rows before this one are needed, so they keep their places
        else:
            index += 1
    return proof


# -- bounds on single directions --------------------------------------------------------------------------------------


def _decide_by_bounds(rows: tuple[Row, ...]) -> dict[str, Fraction] | Infeasible | None:
    """The answer, where constant rows, two parallel rows or a box give it."""
    for index, row in enumerate(rows):
        if not row[0].terms and not holds(row, {}):
            return _proof(rows, {index: _ONE if row[0].constant <= 0 else -_ONE})
    bounds = lines(rows)
    for line in bounds:
        conflict = line.conflict()
        if conflict:
            low, high = conflict
            return _proof(rows, {low.index: 1 / low.scale, high.index: -1 / high.scale})
    if all(len(line.direction) == 1 for line in bounds):
        return {line.direction[0][0]: line.between() for line in bounds}
    return None


def _optimum_in_a_box(
    form: Affine, rows: tuple[Row, ...], bounds: list[Line], inside: dict[str, Fraction]
) -> Optimal | Unbounded:
    """Each variable at its own bound."""
    sides = {line.direction[0][0]: line for line in bounds}
    ends: dict[str, tuple[Fraction, Bound]] = {}
    for name, slope in form.terms:
        line = sides.get(name)
        bound = line and (line.high if slope > 0 else line.low)
        if not bound:
            return Unbounded(form, rows, inside, {name: _ONE if slope > 0 else -_ONE})
        ends[name] = slope, bound
    weights = {bound.index: -slope / bound.scale for slope, bound in ends.values()}
    best = inside | {name: bound.value for name, (_, bound) in ends.items()}
    return Optimal(form, rows, form.at(best), _spread(rows, weights), best, inside)


def _proof(rows: tuple[Row, ...], weights: dict[int, Fraction]) -> Infeasible:
    return Infeasible(rows, _spread(rows, weights))


def _spread(rows: tuple[Row, ...], weights: dict[int, Fraction]) -> tuple[Fraction, ...]:
    return tuple(weights.get(index, _ZERO) for index in range(len(rows)))


# -- the search and its dual ------------------------------------------------------------------------------------------


def _refutation(rows: tuple[Row, ...]) -> Infeasible:
    """Multipliers that add the rows up to a contradiction, scaled so that its size is one."""
    weights = _weights(rows)
    constant = sum_affine(w * form.constant for w, (form, _) in zip(weights, rows, strict=True))
    strict = sum_affine(w for w, (_, relation) in zip(weights, rows, strict=True) if relation == ">")
    contradiction: tuple[Row, ...] = ((-constant, ">="), (strict - constant - 1, "="))
    found = search((*_dual(rows, Affine()), *contradiction))
    if found is None:
        raise CertificateError("the solver calls a system unsatisfiable and finds no proof of it")
    return Infeasible(rows, _values(weights, found))


def _optimum(form: Affine, rows: tuple[Row, ...], inside: dict[str, Fraction]) -> Optimal | Unbounded:
    """One search for a point of the closed rows and multipliers whose bound it reaches."""
    boundary = tuple(closed(row) for row in rows)
    weights = _weights(rows)
    bound = sum_affine(w * row.constant for w, (row, _) in zip(weights, rows, strict=True)) + form.constant
    found = search((*boundary, *_dual(rows, form), (bound - form, "=")))
    if found is None:
        return Unbounded(form, rows, inside, _ray(form, rows))
    best = inside | {name: found[name] for name in inside if name in found}
    value = form.at(best)
    # The closed rows reach the value. Either a point of the rows has it too, or a bound with a strict row forbids it.
    reached = best if all(holds(row, best) for row in rows) else decide((*rows, (form - value, "=")))
    if isinstance(reached, Infeasible):
        *strict, last = reached.multipliers
        return Optimal(form, rows, value, tuple(w / last for w in strict), best, inside)
    return Optimal(form, rows, value, _values(weights, found), inside | reached, inside)


def _ray(form: Affine, rows: tuple[Row, ...]) -> dict[str, Fraction]:
    slopes = tuple(closed((Affine(row.terms), relation)) for row, relation in rows)
    ray = decide((*slopes, (Affine(form.terms) - 1, "=")))
    if isinstance(ray, Infeasible):
        raise CertificateError("the solver finds neither an optimum nor a way to infinity")
    return ray


def _weights(rows: tuple[Row, ...]) -> list[Affine]:
    """One unknown multiplier per row, under names that no exponent can have."""
    return [Affine.variable(str(index)) for index in range(len(rows))]


def _values(weights: list[Affine], found: dict[str, Fraction]) -> tuple[Fraction, ...]:
    return tuple(found.get(weight.variables[0], _ZERO) for weight in weights)


def _dual(rows: tuple[Row, ...], form: Affine) -> tuple[Row, ...]:
    """Multipliers of fitting sign with form + sum of the weighted rows free of variables."""
    weights = _weights(rows)
    signs: tuple[Row, ...] = tuple((w, ">=") for w, (_, relation) in zip(weights, rows, strict=True) if relation != "=")
    cancel = [
        sum_affine(w * row.coefficient(name) for w, (row, _) in zip(weights, rows, strict=True))
        + form.coefficient(name)
        for name in names_of((*rows, (form, "=")))
    ]
    return (*signs, *((equation, "=") for equation in cancel))
