"""Corners and rays of a polyhedron tell which constraints fail on it by more than their boundary: all, no other.

And what the engine does with the domain of a program: which orders it reads on it, and what an answer gains.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from gamma_calc import derive, lora
from gamma_calc.engine.stable_set import domain_of
from gamma_calc.exponents import Affine, Region
from gamma_calc.exponents.linear.constraint import LinearConstraint, negations, weak
from gamma_calc.exponents.linear.solver import common_point
from gamma_calc.exponents.regions.corners import MOST_NAMES, fails_at_a_corner
from gamma_calc.exponents.regions.polyhedron import Polyhedron
from gamma_calc.language.program import Program

x, y = Affine.variable("x"), Affine.variable("y")


def forms(names: str) -> st.SearchStrategy[Affine]:
    slopes = st.fixed_dictionaries({name: st.integers(-2, 2).map(Fraction) for name in names})
    return st.builds(Affine.build, slopes, st.fractions(-3, 3, max_denominator=3))


def rows(names: str) -> st.SearchStrategy[LinearConstraint]:
    return st.tuples(forms(names), st.sampled_from((">", ">=", "=")))


@settings(max_examples=150)
@given(rows("xyz"), st.lists(rows("xyz"), max_size=4))
@example((x - 1, ">="), [(x, ">"), (y, ">=")])
@example((x, ">"), [(x, ">=")])  # fails on the boundary alone
@example((x + y, "="), [(x, ">="), (y, ">=")])
def test_a_constraint_fails_at_a_corner_just_where_it_fails_somewhere_by_more_than_its_boundary(
    asked: LinearConstraint, known: list[LinearConstraint]
) -> None:
    polyhedron = Polyhedron.build(known)
    assume(polyhedron is not None and asked[0].terms)
    assert polyhedron is not None
    outside = [common_point((*polyhedron.constraints, out)) for out in negations(weak(asked))]
    assert fails_at_a_corner(asked, polyhedron.constraints) == any(point is not None for point in outside)


def test_corners_of_many_exponents_are_not_looked_at() -> None:
    names = [f"x{number}" for number in range(MOST_NAMES + 1)]
    cube: tuple[LinearConstraint, ...] = tuple((Affine.variable(name), ">=") for name in names)
    few, many = cube[:MOST_NAMES], cube
    below: LinearConstraint = (-Affine.variable("x0") - 1, ">=")
    assert fails_at_a_corner(below, few)
    assert not fails_at_a_corner(below, many)


@pytest.mark.parametrize(
    ("one", "other"),
    [("x >= 1 & y >= 0", "x + y >= 1"), ("x >= 0 & y >= x & y <= 2", "x <= 2"), ("0 <= x <= 1 & y = x", "y < 2")],
)
def test_a_region_lies_in_another_where_no_corner_is_outside(one: str, other: str) -> None:
    assert Region(one) <= Region(other)
    assert not Region(other) <= Region(one)


@pytest.mark.parametrize(
    ("program", "names"),
    [
        (lora("A"), None),
        (lora("A", rank="growing").substitute({"eta": "-1/2"}), None),
        (lora("A", rank="growing"), {"eta", "rho"}),
        (lora("A", rank="growing", batch="growing"), {"eta", "rho", "beta"}),
    ],
    ids=["a rate", "a rank", "both", "and a batch"],
)
def test_orders_of_more_than_one_exponent_are_read_on_the_domain(program: Program, names: set[str] | None) -> None:
    found = domain_of(program)
    assert (found and set(found.names)) == names


def test_an_order_is_as_short_as_the_domain_allows() -> None:
    """With a rank of no more than n. Made everywhere, it would tell 4*eta + 2*rho + 2 apart, for ranks beyond n."""
    found = derive(lora("A", rank="growing", loss="scalar")).orders["Z.aligned"]
    assert str(found) == "max(-1/2, eta + rho, 2*eta + rho + 1) - max(0, 2*eta + rho + 1)"
