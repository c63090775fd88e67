"""Common points of linear constraints, from what generates the set that they close, against the simplex method."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.common_points import MOST_NAMES, inner_point
from gamma_calc.exponents.linear.constraint import LinearConstraint, Relation, holds
from gamma_calc.exponents.linear.solver import common_point

X, Y = Affine.variable("x"), Affine.variable("y")


def drawn(seed: int) -> tuple[LinearConstraint, ...]:
    """Constraints of up to three names, some of them parallel or through one point."""
    chance = random.Random(seed)  # noqa: S311 - a test case, not a secret
    names = ["x", "y", "z"][: 1 + seed % 3]
    relations: tuple[Relation, ...] = (">", ">=", ">=", "=")

    def one() -> LinearConstraint:
        form = Affine.build({name: Fraction(chance.randint(-2, 2), chance.randint(1, 2)) for name in names})
        return form + chance.randint(-1, 1), chance.choice(relations)

    return tuple(one() for _ in range(chance.randint(1, 6)))


@pytest.mark.parametrize("seed", range(200))
def test_there_is_a_point_where_the_simplex_method_finds_one(seed: int) -> None:
    constraints = drawn(seed)
    found = inner_point(constraints)
    assert (found is None) == (common_point(constraints) is None)
    assert found is None or all(holds(constraint, found) for constraint in constraints)


def test_a_point_is_inside_where_there_is_an_inside() -> None:
    assert inner_point(((X, ">="), (-X + 1, ">="))) == {"x": Fraction(1, 2)}


def test_a_boundary_that_strict_constraints_leave_out_is_empty() -> None:
    assert inner_point(((X, ">="), (-X, ">="), (X + Y, ">"), (-Y, ">="))) is None


def test_no_constraint_leaves_everything_and_a_false_one_nothing() -> None:
    assert inner_point(()) == {}
    assert inner_point(((Affine() - 1, ">="),)) is None


def test_many_names_are_left_to_the_simplex_method() -> None:
    rows: list[LinearConstraint] = [(Affine.variable(f"x{i}") - i, ">") for i in range(MOST_NAMES + 1)]
    assert inner_point(tuple(rows)) is not None
    assert inner_point((*rows, (-Affine.variable("x0"), ">="))) is None
