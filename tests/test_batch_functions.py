"""Functions of every entry of a batch: what they keep of it, what is refused, and what is a bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from functools import partial

import pytest
import torch
from oracle import rules
from oracle.comparison import rows
from oracle.simulator import runs
from oracle.slopes import slopes

from gamma_calc import Dim, Program, data, derive, frozen, iid, lora, mlp, order, output, parameter, zero
from gamma_calc.calculus.diagrams import direction_of
from gamma_calc.calculus.direction import (
    Diagram,
    GivenVector,
    MatrixDiagram,
    MatrixEntry,
    MatrixProduct,
    Outer,
    RandomMatrix,
    Vertex,
)
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.value import ZERO, Value
from gamma_calc.catalogue.mlp import Adapter
from gamma_calc.derivation.derivation import Derivation
from gamma_calc.errors import ProgramError
from gamma_calc.language.expression import Expression
from gamma_calc.operations import inner, outer, relu, tanh
from gamma_calc.operations.batch_function import MEAN, ChangeOfFunction, FunctionOfMatrix, MatrixHadamard
from gamma_calc.operations.tanh import SECH2, TANH
from gamma_calc.optimisers import OPTIMISERS
from validation import validate
from validation.statistics.verdict import Verdict

n, N = Dim("n", 1), Dim("N", "beta")
Z, W = data("Z", n, N), frozen("W", n, n)
W_Z = MatrixProduct((RandomMatrix("W", n, n), RandomMatrix("Z", n, N)))
U_V = Outer(GivenVector("u"), GivenVector("v"))
INSIDE = [
    ("A", "sign", "-3/8", "1/4"),
    ("A", "adam", "-3/8", "1/2"),
    ("A", "sign", "-1/4", "1"),
    ("B", "sign", "-3/4", "1/2"),
    ("B", "adam", "-1/2", "1"),
    ("AB", "sgd", "0", "1/2"),
    ("A", "sgd", "0", "5/4"),
]


@pytest.mark.parametrize(("init", "optimiser", "eta", "beta"), INSIDE)
def test_a_readout_of_what_stays_bounded_has_the_orders_of_a_linear_one(
    init: str, optimiser: str, eta: str, beta: str
) -> None:
    """Its slope is of order one everywhere, and its rest comes with what is linear."""
    one, other = (
        derive(lora(init, optimiser=optimiser, loss=loss, batch="growing"), eta=eta, beta=beta)
        for loss in ("readout", "scalar")
    )
    for name in ("Z_A", "A", "B", "Z_B", "delta1", "delta2", "delta3"):
        assert one.orders[name] == other.orders[name], name


def test_the_slope_of_a_function_turns_a_weight_along_itself() -> None:
    """By hand: P adds E = n^0 U to what tanh is of, the slope has W Z E in it, and U E W Z Z' is n W."""
    found = derive(rules.turned_along_itself())
    assert [str(found.at_step(step)["dq"]) for step in (1, 2)] == ["-3/2", "-1"]


@pytest.mark.parametrize(("phi", "size"), [(relu, "-1/4"), (tanh, "-3/4")])
def test_an_even_part_has_a_mean_that_all_samples_share(phi: Callable[[Expression], Expression], size: str) -> None:
    assert str(derive(rules.readout_of_a_batch(phi)).at_step(1)["g"]) == size


@pytest.mark.parametrize(
    ("make", "at"),
    [
        (partial(mlp, "mup", depth=2, activation="tanh"), {}),
        (partial(mlp, "mup", depth=2, activation="relu"), {}),
        (partial(mlp, "ntk", activation="tanh"), {}),
        (partial(lora, "A", optimiser="sign", loss="readout"), {"eta": "-1/2"}),
        (partial(lora, "B", optimiser="adam", loss="readout"), {"eta": "-1"}),
    ],
    ids=["tanh", "relu", "three weights", "A", "B"],
)
def test_at_one_sample_the_orders_are_those_of_vectors(make: Callable[..., Program], at: dict[str, str]) -> None:
    found, wanted = derive(make(batch="growing"), beta=0, **at), derive(make(batch="one"), **at)
    assert dict(found.orders) == dict(wanted.orders)


def test_a_change_is_no_larger_than_what_it_is_a_change_of() -> None:
    assert str(_moved(tanh, "1/2").at_step(1)["dq"]) == "0"


def test_the_slope_of_what_has_saturated_is_a_bound() -> None:
    found = _moved(tanh, "1/2")
    marks = {(mark.quantity, mark.step) for mark in found.bounds}
    assert {("dq", 1), ("q", 2)} <= marks
    assert ("q", 1) not in marks
    assert not _moved(tanh, "0").bounds


def _moved(phi: Callable[[Expression], Expression], size: str) -> Derivation:
    """P moves what phi is of by so much."""
    few = Dim("N", "1/2")
    P = parameter("P", n, n, init=iid("-1/2"), rate=size)
    made = phi(P @ data("Z", n, few))
    loss = -(n**-1 * inner(data("U", n, few), made))
    return derive(Program("moved", loss, OPTIMISERS["sgd"], [output("q", made)]))


# -- with exponents open -----------------------------------------------------------------------------------------------

A_ADAM = "beta >= 0 & 4*eta <= beta - 2 & eta <= -1/4"
B_ADAM = "beta >= 0 & 2*eta <= beta - 2 & eta <= -1/2"
A_SGD = "beta >= 0 & 2*eta <= beta & eta <= 1"
B_SGD = "beta >= 0 & 2*eta <= beta & eta <= beta - 1/2 & eta <= 1"


@pytest.mark.parametrize(
    ("init", "optimiser", "stable"),
    [("A", "adam", A_ADAM), ("B", "adam", B_ADAM), ("A", "sgd", A_SGD), ("B", "sgd", B_SGD)],
)
def test_a_readout_of_a_growing_batch_is_told_with_exponents_open(init: str, optimiser: str, stable: str) -> None:
    """The regions are those of a linear loss: the slope is of order one where the output is bounded."""
    found = derive(lora(init, optimiser=optimiser, loss="readout", batch="growing"))
    assert str(found.conditions["stable"].region) == stable
    assert found.settled == found.conditions["stable"].region


@pytest.mark.parametrize(
    ("init", "optimiser", "points"),
    [
        ("A", "adam", [("-1/4", "17/16"), ("-1/4", "3/2"), ("-1/4", "3"), ("-3/8", "1/2"), ("-1", "1"), ("-1/2", "0")]),
        ("B", "sgd", [("1/2", "1"), ("1", "3"), ("-1/4", "1/4"), ("-1", "2")]),
    ],
)
def test_orders_of_a_readout_are_those_of_its_points(init: str, optimiser: str, points: list[tuple[str, str]]) -> None:
    """At the edge of what is bounded and inside it, with fewer samples than entries and with more."""
    program = lora(init, optimiser=optimiser, loss="readout", batch="growing")
    found = derive(program)
    for eta, beta in points:
        there = derive(program, eta=eta, beta=beta)
        assert there.conditions["stable"].region.is_everything
        for name, size in there.orders.items():
            assert found.orders[name].substitute({"eta": eta, "beta": beta}) == size, (name, eta, beta)


def test_where_each_step_cuts_off_a_little_more_nothing_is_claimed() -> None:
    """Where 2 eta - beta is above zero orders grow by it at every step, so that no number of steps finds this edge."""
    program = lora("A", optimiser="sgd", loss="readout", batch="growing")
    found = derive(program)
    assert found.undecided.contains({"eta": Fraction(17, 32), "beta": Fraction(1)})
    assert (found.undecided & found.settled).is_empty
    assert derive(program, eta="17/32", beta="1").settled.is_empty


@pytest.mark.long
def test_a_readout_with_a_growing_rank_is_told_at_a_given_rank() -> None:
    program = lora("A", loss="readout", rank="growing", scaling="alpha/r", batch="growing")
    assert str(derive(program, rho="1/2").conditions["stable"].region) == A_ADAM
    assert str(derive(program, beta="1/2").conditions["stable"].region) == "eta <= -3/8 & 0 <= rho <= 1"


def test_functions_of_a_batch_in_a_deep_network_are_told_with_a_rate_open() -> None:
    found = derive(mlp("mup-adam", depth=3, activation="tanh", lr="shared", batch="growing"))
    assert str(found.conditions["stable"].region) == "beta >= 0 & eta <= -1"


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimiser", ["muon", "shampoo", "riemannian-sgd"])
def test_rules_that_read_more_than_sizes_are_refused(optimiser: str) -> None:
    with pytest.raises(ProgramError, match=f"what {optimiser}.* makes of tanh.* is not known, a function of a batch"):
        lora("A", optimiser=optimiser, loss="readout", batch="growing")


def test_a_sign_of_single_entries_is_refused() -> None:
    P = parameter("P", n, N, init=zero, rate="0")
    loss = -inner(data("U", n, N), tanh(P + Z))
    with pytest.raises(ProgramError, match="what sign makes of tanh"):
        Program("entries", loss, OPTIMISERS["sign"], [output("P", P)])
    Program("entries", loss, OPTIMISERS["sgd"], [output("P", P)])


def test_a_function_beside_a_mask_is_refused() -> None:
    """tanh(n^(1/2) relu(Y) + V) is tanh(V) at half of the entries."""
    for made in (n ** "1/2" * relu(Z) + W @ Z, relu(Z)):
        with pytest.raises(ProgramError, match="that has the mask of relu"):
            tanh(made)
    tanh(W @ relu(Z))


@pytest.mark.parametrize(("size", "known"), [("1/4", False), ("-1/4", True)])
def test_masks_that_all_samples_share_are_refused(size: str, known: bool) -> None:
    """relu(n^(1/4) u 1' + W Z) is zero in half of its rows."""
    shared = n**size * outer(data("u", n), data("1", N))
    V = parameter("V", n, n, init=iid("-1/2"), rate="0")
    loss = -(n**-1 * inner(data("U", n, N), V @ relu(shared + W @ Z)))
    program = Program("shared", loss, OPTIMISERS["sign"], [output("V", V)])
    if known:
        derive(program, beta="1/2")
        return
    with pytest.raises(ProgramError, match="where what its samples share leads"):
        derive(program, beta="1/2")


def test_beside_a_mean_an_odd_function_keeps_products_of_two() -> None:
    """tanh(1 + u + v) has a part along u * v."""
    alone = Value({W_Z: order(0), U_V: order(0)})
    for x, products in ((alone, 0), (alone.plus(Value({MEAN: order(0)})), 1)):
        made = {c.direction for c in FunctionOfMatrix(TANH, Z).orders((x,), Premises())}
        assert made >= {W_Z, U_V}
        assert sum(isinstance(direction, MatrixDiagram) for direction in made) == products


def test_masks_of_finitely_many_samples_are_refused_under_signs() -> None:
    """As columns, that is, as they have a part in common."""
    with pytest.raises(ProgramError, match="what sign makes of relu"):
        mlp(activation="relu", batch="fixed", common="1/4", optimiser="sign")
    mlp(activation="relu", batch="fixed", optimiser="sign")


def test_what_functions_of_vectors_make_small_is_refused() -> None:
    b = parameter("b", n, init=zero, rate="0")
    loss = -inner(data("U", n, N), tanh(relu(b + data("x", n)) * Z))
    with pytest.raises(ProgramError, match=r"the rows of a batch times relu.* are not known"):
        derive(Program("rows", loss, OPTIMISERS["sgd"], [output("b", b)]), beta="1/2")


def test_a_function_without_a_slope_is_refused() -> None:
    made = FunctionOfMatrix(SECH2, Z)
    with pytest.raises(ProgramError, match="has no derivative"):
        made.pull_back(Z)
    with pytest.raises(ProgramError, match="the change of tanh' of a batch is not known"):
        made.change_parts((Z,), (W @ Z,))[0].expression.overcounted((ZERO, ZERO))


# -- both readings -----------------------------------------------------------------------------------------------------


def test_the_numbers_are_those_of_every_entry() -> None:
    x, y = torch.randn(2, 3, 4, 5).double()
    assert torch.equal(FunctionOfMatrix(TANH, Z).numeric(x), x.tanh())
    assert torch.equal(MatrixHadamard(Z, Z).numeric(x, y), x * y)
    assert torch.allclose(ChangeOfFunction(TANH, Z, Z).numeric(x, y), (x + y).tanh() - x.tanh())


def test_orders_of_a_readout_are_measured() -> None:
    program = lora("A", optimiser="sign", loss="readout", batch="growing").substitute({"eta": "-3/8", "beta": "1/2"})
    found = validate(program, widths=(64, 128, 256, 512), seeds=8, steps=2)
    assert found.verdict is not Verdict.REFUTED


# -- squares in a product ----------------------------------------------------------------------------------------------


def test_parts_that_stand_twice_between_the_same_indices_go() -> None:
    """(W Z) * (W Z) * (u w') is u w', and of three (W Z) one is left."""
    m, k = Dim("m", 1), Dim("k", "1/2")
    i, s = Vertex(0, n), Vertex(1, k)
    V, X = RandomMatrix("V", n, m), RandomMatrix("X", m, k)
    paths = [(MatrixEntry(V, i, Vertex(j, m)), MatrixEntry(X, Vertex(j, m), s)) for j in (2, 3, 4)]
    u = MatrixEntry(GivenVector("u"), i, Vertex(5, Dim("1", 0)))
    twice = direction_of(Diagram((*paths[0], *paths[1], u), (i, s)))
    assert twice == Outer(GivenVector("u"), GivenVector("1"))
    assert direction_of(Diagram((*paths[0], *paths[1], *paths[2]), (i, s))) == MatrixProduct((V, X))


@pytest.mark.parametrize(
    ("name", "activation", "optimiser"),
    [
        ("mup", "tanh", "sgd"),
        ("mup-adam", "tanh", "adam"),
        ("ntk", "relu", "sgd"),
        ("sp", "tanh", "adam"),
        ("ntk-adam", "relu", "adam"),
    ],
)
def test_functions_of_functions_of_a_few_samples_are_written_one_by_one(
    name: str, activation: str, optimiser: str
) -> None:
    """As columns their products have no end where a step moves what a function is of by order one."""
    few, one = (mlp(name, activation=activation, optimiser=optimiser, batch=batch) for batch in ("fixed", "one"))
    assert few.notes[-1] == "a batch of a fixed number of independent samples whose losses add; the first is watched"
    found, alone = derive(few), derive(one)
    assert {n: str(o) for n, o in found.orders.items()} == {n: str(o) for n, o in alone.orders.items()}
    assert found.conditions["stable"].region == alone.conditions["stable"].region


@pytest.mark.parametrize(("depth", "axes"), [(2, ["n", "N"]), (3, ["n"])])
def test_a_function_of_no_other_has_its_samples_as_columns(depth: int, axes: list[str]) -> None:
    first = mlp("mup", depth=depth, activation="tanh", batch="fixed").quantities["h1"].node
    assert [dim.name for dim in first.shape] == axes


def test_samples_written_one_by_one_share_their_adapters() -> None:
    adapters = {2: Adapter("-1/2", "-inf", "-1", "-1")}
    few, one = (mlp("ntk", activation="relu", adapters=adapters, batch=batch) for batch in ("fixed", "one"))
    assert [p.name for p in few.parameters] == [p.name for p in one.parameters]


@pytest.mark.long
@pytest.mark.parametrize(
    ("optimiser", "depth"), [("adam", 2), ("sign", 3), ("lion", 3)], ids=["two weights", "sign", "lion"]
)
def test_two_samples_stand_for_five_under_rules_that_divide_by_masks(
    optimiser: str, depth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five in the simulator, beside what is derived of two."""
    make = partial(mlp, "mup-adam", depth=depth, activation="relu", optimiser=optimiser, batch="fixed")
    found = derive(make())
    monkeypatch.setattr("gamma_calc.catalogue.mlp.SEVERAL", 5)
    measured = slopes(dict(runs(make(), (64, 128, 256, 512), seeds=48, steps=2)))
    those = Counter(row.verdict for row in rows(found, measured))
    assert those["right"] > 18
    assert those["below"] == those["above"] == 0
