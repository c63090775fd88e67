"""Proofs: what is found is right, whatever found it, and what is wrong is refused."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gamma_calc.errors import CertificateError
from gamma_calc.exponents import Infeasible, Optimal, Unbounded
from gamma_calc.exponents.linear import solver
from gamma_calc.exponents.linear.affine import Affine, sum_affine
from gamma_calc.exponents.linear.constraint import LinearConstraint, Relation, holds, weak
from gamma_calc.exponents.linear.simplex import Tableau
from gamma_calc.exponents.linear.solver import common_point, decide, irreducible, largest

NAMES = ("x", "y", "z")
RELATIONS: list[Relation] = [">", ">=", "="]
HALF = Fraction(1, 2)
x, y, z = (Affine.variable(name) for name in NAMES)


@st.composite
def forms(draw: st.DrawFn, names: tuple[str, ...] = NAMES) -> Affine:
    numbers = st.fractions(-2, 2, max_denominator=2)
    return Affine.build({name: draw(numbers) for name in names}, draw(numbers))


@st.composite
def systems(draw: st.DrawFn, names: tuple[str, ...] = NAMES) -> tuple[LinearConstraint, ...]:
    rows = st.tuples(forms(names), st.sampled_from(RELATIONS))
    return tuple(draw(st.lists(rows, min_size=1, max_size=5)))


@st.composite
def conflicts(draw: st.DrawFn) -> Infeasible:
    """A system whose rows, weighted at random, leave the last one no room; as the solver refutes it."""
    rows = draw(systems())
    weights = [draw(st.integers(0, 3)) for _ in rows]
    total = sum_affine(form * w for (form, _), w in zip(rows, weights, strict=True))
    last: LinearConstraint = (-total - draw(st.integers(0, 1)), ">")
    answer = decide(tuple(draw(st.permutations([*rows, last]))))
    assert isinstance(answer, Infeasible)
    return answer


def box(names: tuple[str, ...], size: int) -> tuple[LinearConstraint, ...]:
    sides = [Affine.variable(name) * sign + size for name in names for sign in (1, -1)]
    return tuple((side, ">=") for side in sides)


def solved(forms: tuple[Affine, ...], names: tuple[str, ...]) -> dict[str, Fraction] | None:
    """The one common zero of as many forms as names, by elimination on plain numbers."""
    table = [[*(form.coefficient(name) for name in names), -form.constant] for form in forms]
    for column in range(len(names)):
        pivot = next((i for i in range(column, len(table)) if table[i][column]), None)
        if pivot is None:
            return None
        table[column], table[pivot] = table[pivot], table[column]
        table[column] = [value / table[column][column] for value in table[column]]
        for i, line in enumerate(table):
            if i != column:
                table[i] = [a - line[column] * b for a, b in zip(line, table[column], strict=True)]
    return {name: line[-1] for name, line in zip(names, table, strict=True)}


def corners(rows: tuple[LinearConstraint, ...], names: tuple[str, ...]) -> list[dict[str, Fraction]]:
    """Every corner of a bounded system with its boundary, by brute force."""
    points = [solved(chosen, names) for chosen in combinations([form for form, _ in rows], len(names))]
    return [point for point in points if point is not None and all(holds(weak(row), point) for row in rows)]


def centre(points: list[dict[str, Fraction]]) -> dict[str, Fraction]:
    """A point inside the set whose corners these are: it touches only the sides that hold everywhere as equalities."""
    return {name: sum((p[name] for p in points), Fraction(0)) / len(points) for name in points[0]}


@given(systems())
def test_feasibility_agrees_with_enumerated_corners(rows: tuple[LinearConstraint, ...]) -> None:
    bounded = rows + box(NAMES, 3)
    points = corners(bounded, NAMES)
    feasible = bool(points) and all(holds(row, centre(points)) for row in bounded)
    found = common_point(bounded)
    assert (found is not None) == feasible
    if found is not None:
        assert all(holds(row, found) for row in bounded)


@given(forms(("x", "y")), systems(("x", "y")))
def test_an_optimum_is_the_best_corner(form: Affine, rows: tuple[LinearConstraint, ...]) -> None:
    bounded = rows + box(("x", "y"), 3)
    points = corners(bounded, ("x", "y"))
    best = largest(form, bounded)
    if not points or not all(holds(row, centre(points)) for row in bounded):
        assert isinstance(best, Infeasible)
        return
    assert isinstance(best, Optimal)
    assert best.value == max(form.at(point) for point in points)
    face = [point for point in points if form.at(point) == best.value]
    assert best.attained == all(holds(row, centre(face)) for row in bounded)


@given(forms(), systems())
def test_every_answer_of_an_unbounded_system_is_proved(form: Affine, rows: tuple[LinearConstraint, ...]) -> None:
    answer = largest(form, rows)
    answer.check()
    if isinstance(answer, Unbounded):
        far = {name: answer.point[name] + 1000 * answer.ray.get(name, 0) for name in answer.point}
        assert all(holds(row, far) for row in rows)
        assert form.at(far) > form.at(answer.point)
    if isinstance(answer, Optimal):
        near = {name: value + (answer.interior_point[name] - value) / 1000 for name, value in answer.point.items()}
        assert all(holds(row, near) for row in rows)
        assert common_point((*rows, (form - answer.value, ">"))) is None


@given(conflicts())
def test_a_shrunk_conflict_needs_each_of_its_rows(conflict: Infeasible) -> None:
    small = irreducible(conflict)
    assert set(small.constraints) <= set(conflict.constraints)
    assert all(m.denominator == 1 and m for m in small.multipliers)
    for index in range(len(small.constraints)):
        assert common_point(small.constraints[:index] + small.constraints[index + 1 :]) is not None


def test_a_program_that_other_exact_solvers_get_wrong() -> None:
    rows: tuple[LinearConstraint, ...] = ((y + 2, "="), (x - y - HALF, ">="), (x + y + HALF, ">="))
    best = largest(-(x + y), rows)
    assert isinstance(best, Optimal)
    assert (best.value, best.attained) == (HALF, True)


def test_a_strict_corner_is_approached() -> None:
    best = largest(x + y, ((-x - y + 1, ">"), (x - y, "=")))
    assert isinstance(best, Optimal)
    assert best.value == 1
    assert best.attained is False


def test_a_strict_row_may_leave_the_optimum_alone() -> None:
    best = largest(x + y, ((-x - y + 1, ">="), (x, ">"), (y, ">"), (x - y, ">=")))
    assert isinstance(best, Optimal)
    assert best.value == 1
    assert best.attained is True


def test_a_name_that_no_row_mentions_is_unbounded() -> None:
    rows: tuple[LinearConstraint, ...] = ((x + y, ">="), (-x - y, ">="))
    assert isinstance(largest(z, rows), Unbounded)
    assert isinstance(largest(x + y, rows), Optimal)


# -- tampering --------------------------------------------------------------------------------------------------------

WEAK: tuple[LinearConstraint, ...] = ((x - 1, ">="), (-x, ">="))
CLASH = Infeasible(WEAK, (Fraction(1), Fraction(1)))
ABOVE: tuple[LinearConstraint, ...] = ((-x - y + 1, ">="), (x, ">"))
ONE_ZERO = {"x": Fraction(1), "y": Fraction(0)}
BEST = Optimal(x + y, ABOVE, Fraction(1), (Fraction(1), Fraction(0)), ONE_ZERO, ONE_ZERO)
OPEN: tuple[LinearConstraint, ...] = ((-x + 1, ">"),)
NEAR = Optimal(x, OPEN, Fraction(1), (Fraction(1),), {"x": Fraction(1)}, {"x": Fraction(0)})
GROWS = Unbounded(y, ((x - y, "="), (x, ">=")), {"x": HALF, "y": HALF}, {"x": Fraction(1), "y": Fraction(1)})

FORGERIES: list[Callable[[], object]] = [
    lambda: replace(CLASH, multipliers=(Fraction(1), Fraction(2))),
    lambda: replace(CLASH, multipliers=(Fraction(0), Fraction(0))),
    lambda: replace(CLASH, multipliers=(Fraction(-1), Fraction(-1))),
    lambda: replace(CLASH, multipliers=(Fraction(1),)),
    lambda: replace(CLASH, constraints=((x, ">="), (-x, ">="))),
    lambda: replace(BEST, value=Fraction(2)),
    lambda: replace(BEST, value=Fraction(1, 2)),
    lambda: replace(BEST, form=x),
    lambda: replace(BEST, multipliers=(Fraction(1), Fraction(1))),
    lambda: replace(BEST, point={"x": Fraction(1), "y": Fraction(1)}),
    lambda: replace(BEST, point={"x": Fraction(0), "y": Fraction(1)}),
    lambda: replace(BEST, interior_point={"x": Fraction(0), "y": Fraction(0)}),
    lambda: replace(NEAR, interior_point={"x": Fraction(1)}),
    lambda: replace(NEAR, point={"x": Fraction(0)}),
    lambda: replace(GROWS, ray={"x": Fraction(1), "y": Fraction(2)}),
    lambda: replace(GROWS, ray={"x": Fraction(-1), "y": Fraction(-1)}),
    lambda: replace(GROWS, form=-y),
    lambda: replace(GROWS, point={"x": Fraction(-1), "y": Fraction(-1)}),
]


@pytest.mark.parametrize("forge", FORGERIES)
def test_a_tampered_proof_is_refused(forge: Callable[[], object]) -> None:
    with pytest.raises(CertificateError, match=r"^a proof does not check: .*; please report"):
        forge()


def test_an_open_contradiction_may_add_up_to_zero() -> None:
    assert Infeasible(((x, ">"), (-x, ">=")), (Fraction(1), Fraction(1))).total == 0


@given(conflicts(), st.data())
def test_a_changed_multiplier_breaks_a_refutation(proof: Infeasible, data: st.DataObject) -> None:
    used = [index for index, (form, _) in enumerate(proof.constraints) if form.terms]
    assume(used)
    changed = list(proof.multipliers)
    changed[data.draw(st.sampled_from(used))] += data.draw(st.integers(1, 5))
    with pytest.raises(CertificateError, match="the variables do not cancel"):
        replace(proof, multipliers=tuple(changed))


# -- a solver that errs -----------------------------------------------------------------------------------------------

SKEW: tuple[LinearConstraint, ...] = ((x + y, ">="), (x - y, ">="), (x * 3 + y - 1, ">="))


def test_a_wrong_point_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver, "_solved", lambda _: {"x": Fraction(-1), "y": Fraction(0)})
    with pytest.raises(CertificateError, match="a point from the solver breaks a constraint"):
        decide(SKEW)


def test_a_wrong_verdict_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tableau, "conflict", lambda _: {0: Fraction(1)})
    with pytest.raises(CertificateError, match="the variables do not cancel"):
        decide(SKEW)
    with pytest.raises(CertificateError, match="the variables do not cancel"):
        largest(x + y, SKEW)


def test_wrong_weights_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tableau, "raised", lambda _, __: {0: Fraction(1)})
    with pytest.raises(CertificateError, match="do not add up to the bound"):
        largest(-x * 3 - y, SKEW)
