"""Feasibility and optima of linear constraints, exactly and with a proof of every answer.

Bounds on single directions are compared directly. Everything else is done by the simplex method, whose last equations
are the multipliers of a proof. So whatever it answers is checked.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from gamma_calc.errors import CertificateError
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.bounds import Bound, DirectionBounds, bounds_by_direction
from gamma_calc.exponents.linear.certificate import Infeasible, Optimal, Unbounded
from gamma_calc.exponents.linear.constraint import LinearConstraint, holds, names_of
from gamma_calc.exponents.linear.simplex import Tableau, total_of
from gamma_calc.exponents.linear.watch import look

GAP: Final = ">"  # how far inside strict constraints a point is; no exponent is called so
_ZERO: Final = Fraction(0)
_ONE: Final = Fraction(1)


def common_point(constraints: tuple[LinearConstraint, ...]) -> dict[str, Fraction] | None:
    """A point that satisfies every constraint, or None if a checked proof says that there is none.

    >>> x = Affine.variable("x")
    >>> common_point(((x, ">"), (-x, ">")))
    >>> common_point(((x - 1, ">="), (-x + 1, ">=")))
    {'x': Fraction(1, 1)}
    """
    answer = decide(constraints)
    return None if isinstance(answer, Infeasible) else answer


def decide(constraints: tuple[LinearConstraint, ...]) -> dict[str, Fraction] | Infeasible:
    """A point that satisfies every constraint, or the proof that there is none."""
    look()
    quick = _decide_by_bounds(constraints)
    if quick is not None:
        return quick
    found = _solved(constraints)
    if not isinstance(found, Infeasible) and not all(holds(constraint, found) for constraint in constraints):
        raise CertificateError("a point from the solver breaks a constraint")
    return found


def largest(form: Affine, constraints: tuple[LinearConstraint, ...]) -> Optimal | Unbounded | Infeasible:
    """The supremum of a form over the constraints; if they conflict, a smallest set that does.

    >>> x = Affine.variable("x")
    >>> best = largest(x * 2, ((-x + 1, ">"),))
    >>> best.value, best.attained
    (Fraction(2, 1), False)
    """
    start = decide(constraints)
    if isinstance(start, Infeasible):
        return irreducible(start)
    interior_point = dict.fromkeys(form.variables, _ZERO) | start
    bounds = bounds_by_direction(constraints)
    if all(len(line.direction) == 1 for line in bounds):
        return _optimum_in_a_box(form, constraints, bounds, interior_point)
    return _optimum(form, constraints, interior_point)


def irreducible(proof: Infeasible) -> Infeasible:
    """The proof for an irreducible subsystem: no constraint can be left out of it. Its multipliers are whole."""
    proof = proof.scaled_to_integers()
    index = 0
    while index < len(proof.constraints):
        answer = decide(proof.constraints[:index] + proof.constraints[index + 1 :])
        if isinstance(answer, Infeasible):
            proof = answer.scaled_to_integers()  # those before this one are needed, and keep their places
        else:
            index += 1
    return proof


# -- bounds on single directions --------------------------------------------------------------------------------------


def _decide_by_bounds(constraints: tuple[LinearConstraint, ...]) -> dict[str, Fraction] | Infeasible | None:
    """The answer, where constant constraints, two parallel constraints or a box give it."""
    for index, constraint in enumerate(constraints):
        if not constraint[0].terms and not holds(constraint, {}):
            return _proof(constraints, {index: _ONE if constraint[0].constant <= 0 else -_ONE})
    bounds = bounds_by_direction(constraints)
    for line in bounds:
        conflict = line.conflict()
        if conflict:
            low, high = conflict
            return _proof(constraints, {low.index: 1 / low.scale, high.index: -1 / high.scale})
    if all(len(line.direction) == 1 for line in bounds):
        return {line.direction[0][0]: line.between() for line in bounds}
    return None


def _optimum_in_a_box(
    form: Affine,
    constraints: tuple[LinearConstraint, ...],
    bounds: list[DirectionBounds],
    interior_point: dict[str, Fraction],
) -> Optimal | Unbounded:
    """Each variable at its own bound."""
    sides = {line.direction[0][0]: line for line in bounds}
    ends: dict[str, tuple[Fraction, Bound]] = {}
    for name, slope in form.terms:
        line = sides.get(name)
        bound = line and (line.high if slope > 0 else line.low)
        if not bound:
            return Unbounded(form, constraints, interior_point, {name: _ONE if slope > 0 else -_ONE})
        ends[name] = slope, bound
    weights = {bound.index: -slope / bound.scale for slope, bound in ends.values()}
    best = interior_point | {name: bound.value for name, (_, bound) in ends.items()}
    return Optimal(form, constraints, form.at(best), _spread(constraints, weights), best, interior_point)


def _proof(constraints: tuple[LinearConstraint, ...], weights: dict[int, Fraction]) -> Infeasible:
    return Infeasible(constraints, _spread(constraints, weights))


def _spread(constraints: tuple[LinearConstraint, ...], weights: dict[int, Fraction]) -> tuple[Fraction, ...]:
    return tuple(weights.get(index, _ZERO) for index in range(len(constraints)))


# -- the simplex method ------------------------------------------------------------------------------------------------


def _solved(constraints: tuple[LinearConstraint, ...]) -> dict[str, Fraction] | Infeasible:
    """A point, as far inside the strict constraints as a distance of one; or the weights that refute it."""
    gap = Affine.variable(GAP)
    spread: list[LinearConstraint] = [(form - gap, ">=") if rel == ">" else (form, rel) for form, rel in constraints]
    tableau = Tableau([*spread, (-gap + 1, ">=")])
    weights = tableau.conflict()
    if weights is None:
        most = tableau.raised(gap)
        assert most is not None, "the distance is bounded"
        weights = most if tableau.point[GAP] <= 0 else None
    if weights is not None:
        return Infeasible(constraints, total_of(weights, len(constraints)))
    return {name: tableau.point.get(name, _ZERO) for name in names_of(constraints)}


def _optimum(
    form: Affine, constraints: tuple[LinearConstraint, ...], interior_point: dict[str, Fraction]
) -> Optimal | Unbounded:
    tableau = Tableau(constraints)
    if tableau.conflict() is not None:
        raise CertificateError("constraints with a point have none with their boundary")
    weights = tableau.raised(form)
    if weights is None:
        return Unbounded(form, constraints, interior_point, tableau.ray(form))
    best = interior_point | tableau.point
    value = form.at(best)
    # The weak constraints reach the value. Either a point has it too, or a bound with a strict constraint forbids it.
    reached = (
        best
        if all(holds(constraint, best) for constraint in constraints)
        else decide((*constraints, (form - value, "=")))
    )
    if isinstance(reached, Infeasible):
        *strict, last = reached.multipliers
        return Optimal(form, constraints, value, tuple(w / last for w in strict), best, interior_point)
    return Optimal(
        form, constraints, value, total_of(weights, len(constraints)), interior_point | reached, interior_point
    )
