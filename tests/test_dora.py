"""DoRA: rows of trained length around a LoRA layer, derived and measured; and the two operations it needs."""

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from gamma_calc import (
    Dim,
    Program,
    Region,
    data,
    derive,
    frozen,
    iid,
    lora,
    order,
    output,
    parameter,
)
from gamma_calc.calculus.direction import ONES, Direction
from gamma_calc.catalogue.dora import dora
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.gradient import gradients
from gamma_calc.engine.state import State
from gamma_calc.errors import ProgramError, ShapeError
from gamma_calc.exponents import Order, nowhere_above
from gamma_calc.language.expression import Expression, walk
from gamma_calc.operations import relu
from gamma_calc.operations.divide import Divide, divide
from gamma_calc.operations.outer import outer
from gamma_calc.operations.row_length import RowLength, row_length
from gamma_calc.operations.rows import RowDot
from gamma_calc.operations.scale import Scale
from gamma_calc.optimisers.names import by_name

N = Dim("n", 1)
W = frozen("W", N, N)
Z = data("Z", N)


def components(expression: Expression) -> dict[Direction, Order]:
    return dict(Evaluation(dora(), State(0, {})).value(expression).components)


# -- in exponents --------------------------------------------------------------------------------------------------


def test_one_rate_serves_the_direction_and_not_the_magnitude() -> None:
    """The largest stable rate is that of LoRA, and m moves by no more than it; no shared rate trains both fully."""
    found = derive(dora())
    stable = found.conditions["stable"].region
    assert stable == derive(lora(init="A")).conditions["stable"].region
    assert found.orders["m - m[0]"] == order("eta")
    assert found.conditions["efficient"].region.is_empty


def test_a_rate_of_order_one_for_m_trains_both() -> None:
    found = derive(dora(magnitude=0))
    assert str(found.conditions["stable"].region) == "eta <= -1/2"
    assert str(found.conditions["efficient"].region) == "eta = -1/2"


def test_the_largest_rate_of_m_is_of_order_one() -> None:
    found = derive(dora(magnitude="eta_m").substitute({"eta": "-1/2"}))
    assert str(found.conditions["stable"].region) == "eta_m <= 0"
    assert str(found.conditions["efficient"].region) == "eta_m = 0"


@pytest.mark.parametrize(
    ("scaling", "largest"),
    [("1", "2*eta + rho <= -1"), ("alpha/r", "eta <= -1/2"), ("alpha/sqrt(r)", "4*eta + rho <= -2")],
)
def test_at_a_growing_rank_the_largest_rate_is_that_of_lora(scaling: str, largest: str) -> None:
    found = derive(dora(rank="growing", scaling=scaling)).conditions["stable"].region
    assert found == Region(f"{largest} & 0 <= rho <= 1")
    assert found == derive(lora("default", rank="growing", scaling=scaling)).conditions["stable"].region


def test_from_b_at_random_the_rank_drops_out() -> None:
    assert derive(dora("B", rank="growing")).conditions["stable"].region == Region("eta <= -1 & 0 <= rho <= 1")


@pytest.mark.parametrize("eta", ["-1", "-3/4", "-1/2"])
def test_the_factors_move_as_those_of_lora(eta: str) -> None:
    one, two = (derive(program.substitute({"eta": eta})).orders for program in (dora(), lora()))
    assert [name for name in ("A", "B", "Z_A", "Z_B") if one[name] != two[name]] == []


# -- the operations ------------------------------------------------------------------------------------------------


def test_rows_of_a_random_matrix_have_one_length() -> None:
    assert components(row_length(W)) == {ONES: order(0)}
    assert components(row_length(frozen("V", N, N, entry=0))) == {ONES: order("1/2")}


def test_lengths_are_those_of_all_rows_and_of_an_update() -> None:
    update = outer(data("u", N, entry="-1/4"), data("v", N))
    found = components(row_length(W + update))
    assert found.pop(ONES) == order(0)
    ((moved, size),) = found.items()
    assert (str(moved), size) == ("abs(rows o)", order("1/4"))


def test_rows_meet_coherently_where_the_update_is_what_they_made() -> None:
    """<W_i, (u w')_i> is u_i (W w)_i: with u = W w a square, which has a mean."""
    assert components(RowDot(W, outer(W @ Z, Z))) == {ONES: order(0)}
    assert ONES not in components(RowDot(W, outer(data("u", N), Z)))


def test_rows_of_independent_matrices_meet_by_chance() -> None:
    (size,) = components(RowDot(W, frozen("V", N, N))).values()
    assert size == order("-1/2")


def test_division_keeps_directions() -> None:
    big = row_length(frozen("V", N, N, entry=0))
    assert components(divide(Z, big)) == {d: o - Fraction(1, 2) for d, o in components(Z).items()}


U, V = data("u", N), data("v", N)
LENGTHS = row_length(W + outer(N ** "1/4" * U, V))  # 1 + n^(3/4) |u_i|


@pytest.mark.parametrize(
    ("x", "size"), [(U, "-3/4"), (U * V, "-3/4"), (relu(U), "-3/4"), (V, "0"), (W @ V, "0")], ids=str
)
def test_what_is_small_where_rows_are_short_is_divided_by_all_of_their_length(x: Expression, size: str) -> None:
    """u / |u| has one size; of what does not know of u a bound is told: it is divided by what every row has."""
    quotient = divide(x, LENGTHS)
    evaluation = Evaluation(dora(), State(0, {}))
    assert evaluation.value(quotient).order == order(size)
    assert evaluation.overcounted(quotient).is_empty == (size == "-3/4")


def _over_moved_rows() -> Program:
    """x over the lengths of rows that one step moves by n^eta u w'."""
    moved = parameter("V", N, N, init=iid("-1/2"), rate="eta")
    quotient = output("q", divide(data("x", N), row_length(moved)))
    return Program("rows", -(data("u", N) @ (moved @ data("w", N))), by_name("sgd"), [quotient])


def test_rows_that_an_update_outgrows_unequally_divide_by_what_each_has() -> None:
    """Where |u_i| is below n^-1/2 a row is as it was drawn: 1 / max(1, n^1/2 |u_i|) has size n^-1/4."""
    found = derive(_over_moved_rows(), eta=0)
    assert found.orders["q"] == 0
    assert {(bound.quantity, bound.step) for bound in found.bounds} == {("q", 1), ("dq", 1)}
    below = derive(_over_moved_rows(), eta="-1/2")
    assert below.orders["q"] == 0
    assert not below.bounds
    widths = 2 ** np.arange(8, 21, 4)
    entries = np.random.default_rng(0).standard_normal((64, widths[-1]))
    sizes = [np.sqrt(np.mean(1 / (1 + n * entries[:, :n] ** 2))) for n in widths]
    assert np.polyfit(np.log(widths), np.log(sizes), 1)[0] == pytest.approx(-1 / 4, abs=0.02)


def test_beyond_its_edge_dora_is_told_by_bounds() -> None:
    """The lengths have outgrown W*. A loss-aligned order is not made small by a gradient that counts for too much."""
    assert derive(dora(), eta="-1/2").exact("Z_out", step=2)
    beyond = derive(dora(optimiser="sgd"), eta="-1/2")
    assert {"Z_out", "delta1"} <= {bound.quantity for bound in beyond.bounds}
    assert all(nowhere_above(order("1/2"), step.projection("B")) for step in beyond.step_orders[3:6])


def test_rows_of_updates_alone_are_not_divided_by() -> None:
    with pytest.raises(ProgramError, match="rows that may be short; add a matrix that is drawn"):
        components(divide(V, row_length(outer(U, Z))))


def test_sums_of_lengths_that_move_are_not_divided_by() -> None:
    moved = parameter("V", N, N, init=iid("-1/2"), rate="eta")
    quotient = divide(data("x", N), row_length(moved) + row_length(W))
    with pytest.raises(ProgramError, match="a sum of lengths that move; divide by lengths of one matrix"):
        Program("rows", -(data("u", N) @ (moved @ data("w", N))), by_name("sgd"), [output("q", quotient)])


def test_division_by_what_may_be_zero_is_refused() -> None:
    y = data("y", N)
    narrow = row_length(frozen("B", N, Dim("r", 0)))  # a row of finitely many entries may be short
    for small in (y, y * y, row_length(W) + relu(y), row_length(W) * y, narrow):
        with pytest.raises(ProgramError, match="may be zero"):
            divide(Z, small)
    assert components(divide(Z, row_length(W) + 2 * row_length(W))) == components(Z)


def test_shapes_are_checked() -> None:
    with pytest.raises(ShapeError, match="give a matrix"):
        row_length(Z)
    with pytest.raises(ShapeError, match="a divisor for each of its rows"):
        divide(Z, data("y"))


def test_no_gradient_goes_through_a_length() -> None:
    """That of A and B goes through W* Z + B A Z alone."""
    loss = dora().loss
    of_node = gradients(loss)
    (length,) = (node for node in walk([loss]) if isinstance(node, RowLength))
    (whole,) = length.arguments
    assert id(length) in of_node
    assert id(whole) not in of_node


# -- in numbers ----------------------------------------------------------------------------------------------------


def run(node: Expression, given: dict[int, Any]) -> Any:
    """The value of an expression whose leaves are given."""
    if id(node) in given:
        return given[id(node)]
    values = [run(a, given) for a in node.arguments]
    return values[0] * float(node.coefficient) if isinstance(node, Scale) else node.numeric(*values)


def test_changes_sum_exactly() -> None:
    torch = pytest.importorskip("torch")
    x, d = torch.randn(2, 3, 5, 7, dtype=torch.float64)
    y, e = torch.randn(2, 3, 5, dtype=torch.float64)
    D, E, length = frozen("D", N, N), data("e", N), row_length(W)
    given = {id(W): x, id(D): d, id(Z): y, id(E): e}
    longer, long = (x + d).norm(dim=-1), x.norm(dim=-1)

    (of_length,) = length.change_parts((W,), (D,))
    torch.testing.assert_close(run(of_length.expression, given), longer - long)
    parts = divide(Z, length).change_parts((Z, length), (E, of_length.expression))
    torch.testing.assert_close(sum(run(p.expression, given) for p in parts), (y + e) / longer - y / long)


def test_the_derivative_of_a_quotient() -> None:
    torch = pytest.importorskip("torch")
    u, x, y = (torch.rand(3, 2, 6, dtype=torch.float64) + 1).requires_grad_()
    U, X, Y = data("U", N), data("X", N), data("Y", N)
    wanted = torch.autograd.grad((u * x / y).sum(), (x, y))
    for made, gradient in zip(Divide(X, Y).pull_back(U), wanted, strict=True):
        assert made is not None
        torch.testing.assert_close(run(made, {id(U): u, id(X): x, id(Y): y}), gradient)


def measure(program: Program, eta: str, names: Iterable[str], **settings: Any) -> None:
    """After the second step, from which on every exponent is that of later ones; at rank one B A is soon small."""
    pytest.importorskip("torch")
    from validation import validate

    found = validate(program, {"eta": eta}, steps=2, only=[(name, 2) for name in names], sizes={"r": 1}, **settings)
    assert [str(row) for row in found.rows if row.verdict.value != "confirmed"] == []


POINTS = [(dora(), "-1"), (dora(), "-1/2"), (dora(magnitude=0), "-1/2")]


NAMES = ["-1", "-1/2", "m at 0"]
LATE = {"Z_B", "Z_out"}  # at -1/2: Z_A at the start still shows in them, at any width that runs in a test


@pytest.mark.parametrize(("program", "eta"), POINTS, ids=NAMES)
def test_how_far_the_parameters_move(program: Program, eta: str) -> None:
    measure(program, eta, ("B", "m - m[0]", "delta2"), widths=(64, 128, 256, 512), seeds=16)


@pytest.mark.long
@pytest.mark.parametrize(("program", "eta"), POINTS, ids=NAMES)
def test_every_size_is_measured_as_derived(program: Program, eta: str) -> None:
    names = program.quantities if eta == "-1" else program.quantities.keys() - LATE
    measure(program, eta, names, widths=(128, 256, 512, 1024), seeds=64, most_seeds=1024)


@pytest.mark.long
@pytest.mark.parametrize(("scaling", "eta"), [("alpha/r", "-1/2"), ("1", "-3/4")])
def test_no_size_at_a_growing_rank_is_refuted(scaling: str, eta: str) -> None:
    pytest.importorskip("torch")
    from validation import validate

    program = dora(rank="growing", scaling=scaling)
    found = validate(program, {"eta": eta, "rho": "1/2"}, steps=2, widths=(64, 128, 256, 512), seeds=8)
    rows = [row for row in found.rows if row.step == 2]
    assert [str(row) for row in rows if row.verdict.value == "refuted"] == []
    assert {row.quantity for row in rows if row.verdict.value == "confirmed"} >= {"B", "m - m[0]", "Z_B", "delta1"}
