"""Regions as sets: every operation agrees with what it says about single points."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamma_calc.errors import OrderError
from gamma_calc.exponents import (
    EVERYTHING,
    MINUS_INFINITY,
    NOTHING,
    Affine,
    Order,
    Region,
    maximum,
    order,
    same_on,
    simplify,
    where,
)
from gamma_calc.exponents.linear import solver
from gamma_calc.exponents.linear.constraint import LinearConstraint, Relation, holds
from gamma_calc.exponents.regions import union
from gamma_calc.exponents.regions.polyhedron import Polyhedron

Pieces = list[list[LinearConstraint]]
Point = dict[str, Fraction]
GRID = [Fraction(n, 2) for n in range(-4, 5)]
COARSE = GRID[::2]
SLOW = settings(max_examples=40)


@st.composite
def affine_forms(draw: st.DrawFn, names: str) -> Affine:
    return Affine.build(
        {name: Fraction(draw(st.integers(-2, 2))) for name in names}, Fraction(draw(st.integers(-4, 4)), 2)
    )


def rows(names: str) -> st.SearchStrategy[LinearConstraint]:
    relations: list[Relation] = [">", ">=", ">=", "="]
    return st.tuples(affine_forms(names), st.sampled_from(relations))


def unions(names: str) -> st.SearchStrategy[Pieces]:
    return st.lists(st.lists(rows(names), max_size=3), max_size=3)


def orders(names: str) -> st.SearchStrategy[Order]:
    part = st.lists(affine_forms(names), min_size=1, max_size=3).map(lambda forms: maximum(*forms))
    return st.one_of(part, st.builds(lambda a, b: a - b, part, part), st.just(MINUS_INFINITY))


def region(pieces: Pieces) -> Region:
    found = NOTHING
    for piece in pieces:
        found |= Region.of(piece)
    return found


def member(pieces: Pieces, point: Point) -> bool:
    return any(all(holds(row, point) for row in piece) for piece in pieces)


def grid(names: str) -> Iterator[Point]:
    for values in product(GRID if len(names) < 3 else COARSE, repeat=len(names)):
        yield dict(zip(names, values, strict=True))


def witnesses(names: str, *regions: Region) -> Iterator[Point]:
    """The grid, and a point inside every piece, which may be thinner than the grid."""
    yield from grid(names)
    for found in regions:
        for piece in found.polyhedra:
            yield dict.fromkeys(names, Fraction(0)) | piece.interior_point


@pytest.mark.parametrize("names", ["x", "xy", "xyz"])
def test_the_algebra_is_the_algebra_of_sets(names: str) -> None:
    @SLOW
    @given(unions(names), unions(names))
    def law(p: Pieces, q: Pieces) -> None:
        a, b = region(p), region(q)
        both, either, rest, outside = a & b, a | b, a - b, ~a
        for point in witnesses(names, a, b, both, either, rest, outside):
            in_a, in_b = member(p, point), member(q, point)
            assert (point in a) == in_a
            assert (point in both) == (in_a and in_b)
            assert (point in either) == (in_a or in_b)
            assert (point in rest) == (in_a and not in_b)
            assert (point in outside) == (not in_a)

    law()


@SLOW
@given(unions("xy"), unions("xy"))
def test_inclusion_equality_and_emptiness_are_those_of_sets(p: Pieces, q: Pieces) -> None:
    a, b = region(p), region(q)
    assert (a <= b) == (a - b).is_empty
    assert (a == b) == ((a - b).is_empty and (b - a).is_empty)
    assert a & b <= a <= a | b
    assert ~~a == a
    assert ~(a | b) == ~a & ~b
    assert (a | ~a).is_everything
    assert (a & ~a).is_empty
    if a <= b:
        assert all(point in b for point in witnesses("xy", a) if point in a)
    if a == b:
        assert hash(a) == hash(b)


@SLOW
@given(st.lists(rows("xyz"), max_size=5), st.data())
def test_equal_polyhedra_are_equal_objects(given_rows: list[LinearConstraint], data: st.DataObject) -> None:
    piece = Polyhedron.build(given_rows)
    scaled = [
        (form * data.draw(st.integers(1, 3)), relation) for form, relation in data.draw(st.permutations(given_rows))
    ]
    implied: list[LinearConstraint] = [(form + form, ">=") for form, relation in given_rows]
    again = Polyhedron.build([*scaled, *implied])
    assert again == piece
    if piece is not None:
        assert Polyhedron.build(piece.constraints) == piece
        assert piece.contains(piece.interior_point)


@SLOW
@given(unions("x"))
def test_one_dimension_is_told_in_disjoint_intervals(pieces: Pieces) -> None:
    found = region(pieces)
    for index, one in enumerate(found.polyhedra):
        for other in found.polyhedra[index + 1 :]:
            assert Region((one, other)).polyhedra == (Region((one,)) | Region((other,))).polyhedra
            assert Polyhedron.build([*one.constraints, *other.constraints]) is None


@SLOW
@given(unions("xyz"))
def test_a_shadow_is_where_the_rest_can_be_completed(pieces: Pieces) -> None:
    found = region(pieces)
    shadow = found.eliminate("x")
    assert "x" not in shadow.variables
    assert found <= shadow
    assert shadow == found.project("y", "z")
    for point in witnesses("yz", shadow):
        assert (point in shadow) == (not found.substitute(point).is_empty)


@SLOW
@given(unions("xy"), affine_forms("y"))
def test_substitution_is_evaluation_later(pieces: Pieces, form: Affine) -> None:
    found = region(pieces)
    put = found.substitute({"x": form})
    for point in grid("y"):
        assert (point in put) == (point | {"x": form.at(point)} in found)


@SLOW
@given(orders("xy"), orders("xy"), st.sampled_from(["<=", "<", "="]))
def test_orders_are_compared_point_by_point(left: Order, right: Order, relation: str) -> None:
    found = {"<=": left <= right, "<": left < right, "=": where(left, "=", right)}[relation]
    for point in witnesses("xy", found):
        a, b = left.at(point), right.at(point)
        if a is None or b is None:
            expected = {"<=": a is None, "<": a is None and b is not None, "=": a is None and b is None}[relation]
        else:
            expected = {"<=": a <= b, "<": a < b, "=": a == b}[relation]
        assert (point in found) == expected


def test_minus_infinity_is_below_everything() -> None:
    finite = order("eta")
    assert where(MINUS_INFINITY, "<=", finite).is_everything
    assert where(MINUS_INFINITY, "<", finite).is_everything
    assert where(finite, "<=", MINUS_INFINITY).is_empty
    assert where(MINUS_INFINITY, "<=", MINUS_INFINITY).is_everything
    assert where(MINUS_INFINITY, "<", MINUS_INFINITY).is_empty
    assert where(MINUS_INFINITY, "=", MINUS_INFINITY).is_everything
    assert where(finite, "=", MINUS_INFINITY).is_empty


@SLOW
@given(orders("xy"), unions("xy"))
def test_a_simplified_order_is_the_same_on_its_domain(value: Order, pieces: Pieces) -> None:
    domain = region(pieces)
    short = simplify(value, domain)
    assert len(short.above) <= len(value.above)
    assert same_on(value, short, domain)
    for point in witnesses("xy", domain):
        assert point not in domain or short.at(point) == value.at(point)


@SLOW
@given(orders("xy"), orders("xy"), unions("xy"))
def test_agreement_on_a_domain_is_agreement_at_its_points(left: Order, right: Order, pieces: Pieces) -> None:
    domain = region(pieces)
    if same_on(left, right, domain):
        assert all(left.at(point) == right.at(point) for point in witnesses("xy", domain) if point in domain)
    else:
        apart = domain & ((left < right) | (right < left))
        assert apart.polyhedra
        assert left.at(inner := dict.fromkeys("xy", Fraction(0)) | apart.polyhedra[0].interior_point) != right.at(inner)


def test_the_kink_of_an_order_goes_where_the_domain_ends() -> None:
    domain = Region.parse("0 <= rho <= 1")
    assert str(simplify(order("max(rho, rho/2)"), domain)) == "rho"
    assert str(simplify(order("max(rho, rho/2, 1/2)"), domain)) == "max(1/2, rho)"
    assert str(simplify(order("min(rho, rho/2)"), domain)) == "rho/2"


def test_neighbours_merge_and_strangers_do_not() -> None:
    assert len(Region.parse("x < 0 | x = 0 | x > 0").polyhedra) == 1
    assert len(Region.parse("x < 0 | x > 0").polyhedra) == 2
    assert len(Region.parse("0 <= x <= 1 & 0 <= y <= 1 | 1 <= x <= 2 & 0 <= y <= 1").polyhedra) == 1
    assert len(Region.parse("0 <= x <= 1 & 0 <= y <= 1 | 1 <= x <= 2 & 0 <= y <= 2").polyhedra) == 2
    assert len(Region.parse("x + y < 0 & x = 0 | x + y >= 0 & x = 0").polyhedra) == 1


def test_a_corner_that_is_cut_off_has_one_form() -> None:
    one = Region.parse("x >= 0 & y >= 0 & 2*x + y > 0 & x + 3*y > 0")
    assert str(one) == "x >= 0 & x + y > 0 & y >= 0"
    assert one.polyhedra == Region.parse("x >= 0 & y >= 0 & 5*x + 7*y > 0").polyhedra


def test_implied_equalities_are_made_explicit() -> None:
    assert str(Region.parse("eta_A + eta_B <= -1 & eta_A >= -1 & eta_B >= 0")) == "eta_A = -1 & eta_B = 0"
    assert Region.parse("x + y >= 1 & x <= 0 & y < 1").is_empty


def test_everything_and_nothing() -> None:
    assert EVERYTHING.is_everything
    assert NOTHING.is_empty
    assert ~NOTHING == EVERYTHING
    assert Region.parse("x <= y | x >= y").is_everything
    assert hash(Region.parse("x <= 0 & y <= 0 | x <= 0 & y > 0")) == hash(Region.parse("x <= 0"))


def test_a_point_may_say_too_much_but_not_too_little() -> None:
    found = Region.parse("eta + rho <= 0")
    assert {"eta": -1, "rho": "1/2", "sigma": 5} in found
    with pytest.raises(OrderError, match=r"^the point leaves rho open; give each a value$"):
        assert {"eta": 0} in found


def test_a_region_is_no_truth_value() -> None:
    message = "^a region is neither true nor false; ask .is_empty, .is_everything or 'point in region'$"
    with pytest.raises(OrderError, match=message):
        bool(order("eta") <= order("0"))


def test_threads_share_the_solver() -> None:
    texts = [f"x + y <= {n} & x - y <= 1 & 2*x + {n + 1}*y >= -{n} | x = y" for n in range(24)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(Region.parse, texts))
    assert [str(found) for found in together] == [str(Region.parse(text)) for text in texts]


def test_boxes_and_intervals_need_no_search(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(rows: tuple[LinearConstraint, ...]) -> None:
        pytest.fail(f"a search for {rows}")

    monkeypatch.setattr(solver, "_solved", refuse)
    found = Region.parse("max(eta, 5*eta + 2) <= 0 & 0 <= rho <= 1 | eta = 7")
    assert str(found) == "eta <= -2/5 & 0 <= rho <= 1 | eta = 7"
    assert str(found.largest("eta + 0*rho")) == "7"
    assert (found - found).is_empty
    assert str(found.eliminate("rho")) == "eta <= -2/5 | eta = 7"


def test_what_lies_in_the_holes_is_not_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cutting it first makes pieces of pieces, which go one by one."""
    square = Region("0 <= x <= 1 & 0 <= y <= 1").polyhedra
    halves = Region("x + y >= 1 & x <= 2 & y <= 2 | x + y < 1 & x > -1 & y > -1").polyhedra
    cut: list[Polyhedron] = []

    def difference(those: list[Polyhedron], _: Polyhedron) -> tuple[Polyhedron, ...]:
        cut.extend(those)
        return ()

    monkeypatch.setattr(union, "difference", difference)
    assert union.without(square, halves) == ()
    assert cut == []
