"""Vectors that multiply every sample of a batch: diagrams, and the adapters that have such vectors."""

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice

import pytest
import torch

from gamma_calc import Dim, Program, data, derive, frozen, iid, lora, order, output, parameter, sign, zero
from gamma_calc.calculus.diagrams import _canonical, _shortened, diagram_overlap, direction_of, products, raw
from gamma_calc.calculus.direction import (
    Diagram,
    GivenVector,
    MatrixDiagram,
    MatrixEntry,
    MatrixProduct,
    RandomMatrix,
    VectorDiagram,
    Vertex,
)
from gamma_calc.catalogue.adalora import adalora
from gamma_calc.catalogue.dora import dora
from gamma_calc.catalogue.vera import vera
from gamma_calc.engine.evaluate import Evaluation
from gamma_calc.engine.run import start
from gamma_calc.engine.step_orders import steps
from gamma_calc.errors import ProgramError, ShapeError
from gamma_calc.exponents import Order, Region, largest
from gamma_calc.language.expression import Expression
from gamma_calc.language.structure import structure
from gamma_calc.operations import inner
from gamma_calc.operations.rows import RowDot, ScaledRows
from gamma_calc.optimisers import OPTIMISERS
from validation import validate

N, R, S = Dim("n", 1), Dim("r", "1/2"), Dim("N", "1/4")
U, X, V = RandomMatrix("U", N, S), RandomMatrix("X", N, S), RandomMatrix("V", N, S)
B = RandomMatrix("B", N, R)

# -- what a diagram is worth ---------------------------------------------------------------------------------------


def _random_diagram(seed: int) -> Diagram:
    """Edges of a few matrices between vertices of their axes, no vertex marked."""
    draw = random.Random(seed)  # noqa: S311 - for shapes, not for secrets
    axes = {dim: [Vertex(2 * i + j, dim) for i in range(3)] for j, dim in enumerate((N, S))}
    letters = (U, X)
    edges = tuple(
        MatrixEntry(letter, draw.choice(axes[N]), draw.choice(axes[S]))
        for letter in draw.choices(letters, k=draw.randint(2, 6))
    )
    return Diagram(edges, ())


def _all_pairings(edges: list[MatrixEntry]) -> Iterator[list[tuple[MatrixEntry, MatrixEntry]]]:
    """Every way to pair some edges of one matrix, whether or not they share a vertex."""
    if not edges:
        yield []
        return
    first, *rest = edges
    yield from _all_pairings(rest)
    for i, other in enumerate(rest):
        if other.letter == first.letter:
            yield from ([(first, other), *more] for more in _all_pairings(rest[:i] + rest[i + 1 :]))


def _worth(diagram: Diagram, pairs: list[tuple[MatrixEntry, MatrixEntry]]) -> Order:
    """The vertices left by pairs: whole where all edges are gone, else by half."""
    classes = {vertex: vertex for edge in diagram.edges for vertex in edge.ends}

    def joined(one: Vertex, two: Vertex) -> None:
        here, there = classes[one], classes[two]
        classes.update({vertex: here for vertex, of in classes.items() if of == there})

    for one, two in pairs:
        joined(one.outer, two.outer)
        joined(one.inner, two.inner)
    rest = list(diagram.edges)
    for pair in pairs:
        for edge in pair:
            rest.remove(edge)
    busy = {classes[vertex] for edge in rest for vertex in edge.ends}
    left = set(classes.values())
    return sum((v.dim.exponent / (2 if v in busy else 1) for v in left), start=order(0))


@pytest.mark.parametrize("seed", range(60))
def test_pairs_of_edges_that_share_a_vertex_are_enough(seed: int) -> None:
    diagram = _random_diagram(seed)
    found = largest(gain + raw(shorter) for shorter, gain in _shortened(diagram, across=False))
    assert found == largest(_worth(diagram, pairs) for pairs in _all_pairings(list(diagram.edges)))


def test_one_diagram_has_one_name() -> None:
    """Whatever numbers its vertices have and in whatever order its edges come."""
    i, s, k, t = Vertex(0, N), Vertex(1, S), Vertex(2, R), Vertex(3, S)
    edges = [MatrixEntry(U, i, s), MatrixEntry(X, i, s), MatrixEntry(B, i, k), MatrixEntry(U, i, t)]
    once = _canonical(Diagram(tuple(edges), (i, k)))
    for seed in range(8):
        draw = random.Random(seed)  # noqa: S311 - for shapes, not for secrets
        numbers = draw.sample(range(20), 4)
        new = {v: Vertex(number, v.dim) for v, number in zip((i, s, k, t), numbers, strict=True)}
        moved = [MatrixEntry(e.letter, new[e.outer], new[e.inner]) for e in edges]
        draw.shuffle(moved)
        assert _canonical(Diagram(tuple(moved), (new[i], new[k]))) == once


def test_a_diagram_that_is_a_way_is_a_word() -> None:
    i, s, j = Vertex(4, N), Vertex(2, S), Vertex(7, N)
    way = Diagram((MatrixEntry(X, j, s), MatrixEntry(U, i, s)), (i, j))
    assert direction_of(way) == MatrixProduct((U, X.T))


def test_a_diagonal_returns_through_what_made_it() -> None:
    """D_v U for v the diagonal of U X': on its own sample U_is^2 X_is, so X comes back by N^-1/2 of the size of v."""
    v = VectorDiagram(_diagonal(U, X))
    made = dict(products(v, U, ((N,), (N, S)), ((0, 1),), (1, 2)))
    assert made[X] == -S.exponent / 2
    (fresh,) = (d for d in made if isinstance(d, MatrixDiagram))
    assert made[fresh] == 0
    assert len(made) == 2


def _diagonal(one: RandomMatrix, two: RandomMatrix) -> Diagram:
    i, s = Vertex(0, N), Vertex(1, S)
    return _canonical(Diagram((MatrixEntry(one, i, s), MatrixEntry(two, i, s)), (i,)))


def test_overlaps_of_diagonals_are_sums_over_diagrams() -> None:
    mine, other = VectorDiagram(_diagonal(U, X)), VectorDiagram(_diagonal(U, V))
    assert diagram_overlap(mine, mine, (N,)) == 0
    assert diagram_overlap(mine, other, (N,)) == Fraction(-1, 2)
    assert diagram_overlap(mine, GivenVector("g"), (N,)) == Fraction(-1, 2)


# -- in the program language ---------------------------------------------------------------------------------------


def _orders(expression: Expression) -> dict[str, str]:
    program = Program("p", -(data("e", S) @ (parameter("T", S, S, init=iid(0), rate="eta") @ data("f", S))), sign(), ())
    value = Evaluation(program, start(program)).value(expression)
    return {str(direction): str(size) for direction, size in value.components.items()}


def test_what_rows_add_up_is_no_fact_of_them() -> None:
    """A node of which the terms were asked for is written like one of which they were not."""
    made = [ScaledRows(data("v", N), data("X", N, N) + data("Y", N, N)) for _ in range(2)]
    assert len(made[0].summands) == 2
    assert structure([made[0]]) == structure([made[1]])


def test_a_vector_times_a_matrix_multiplies_its_rows() -> None:
    made = data("v", N) * frozen("W", N, S, entry=0)
    assert isinstance(made, ScaledRows)
    assert str(made) == "v * W"
    assert _orders(made) == {"[W(0, 1) v(0)]": "0"}
    assert _orders(data("v", N) * made) == {"W": "0"}


def test_rows_of_one_matrix_meet_coherently_and_of_two_by_chance() -> None:
    W, Y = frozen("W", N, S, entry=0), frozen("Y", N, S, entry=0)
    assert _orders(RowDot(W, W)) == {"1": "1/4"}
    assert _orders(RowDot(W, Y)) == {"[W(0, 1) Y(0, 1)]": "1/8"}


def test_rows_and_a_vector_of_another_axis_are_refused() -> None:
    with pytest.raises(ShapeError, match="a matrix whose rows it multiplies"):
        data("v", S) * frozen("W", N, S)


def test_each_is_the_derivative_of_the_other() -> None:
    v, x = torch.randn(5, dtype=torch.float64), torch.randn(5, 3, dtype=torch.float64)
    u = torch.randn(5, 3, dtype=torch.float64)
    v.requires_grad_(), x.requires_grad_()
    wanted = torch.autograd.grad((u * (v[:, None] * x)).sum(), (v, x))
    node, upstream = ScaledRows(data("v", N), data("x", N, S)), data("u", N, S)
    of_v, of_x = node.pull_back(upstream)
    assert isinstance(of_v, RowDot)
    assert isinstance(of_x, ScaledRows)
    torch.testing.assert_close(of_v.numeric(u, x), wanted[0])
    torch.testing.assert_close(of_x.numeric(v, u), wanted[1])


# -- adapters ------------------------------------------------------------------------------------------------------

GROWING = {"rank": "growing", "batch": "growing", "optimiser": "sign"}


def test_vera_has_one_largest_rate_whatever_the_batch() -> None:
    """b takes the sign of <U_i, (B D_d A Z)_i>: every entry moves by the rate, and each sample weighs N^-1/2 in it."""
    found = derive(vera(**GROWING))
    assert found.conditions["stable"].region == Region("eta <= 0 & 0 <= rho <= 1 & 0 <= beta")
    assert str(found.orders["Z_B"]) == "max(eta, 2*eta)"
    assert str(found.orders["Z_B.aligned"]) == "max(eta - beta/2, 2*eta - beta/2)"
    assert derive(vera(**GROWING), eta=0, rho="1/2", beta=2).conditions["stable"].region.is_everything
    assert derive(vera(**GROWING), eta="1/16", rho="1/2", beta=2).conditions["stable"].region.is_empty


@pytest.mark.parametrize(("beta", "edge"), [("0", "-1/3"), ("1/2", "-1/4"), ("1", "-1/6"), ("3/2", "-1/6")])
def test_adalora_from_orthonormal_factors_gains_a_sixth_root(beta: str, edge: str) -> None:
    """At a fixed rank P, lambda and Q move by eta each: eta^3 n N^-1/2 while N <= n, eta^3 n^(1/2) from there on."""
    region = derive(adalora("orthonormal", optimiser="sign", batch="growing"), beta=beta).conditions["stable"].region
    assert region == Region(f"eta <= {edge}")


def test_adalora_from_gaussian_factors_does_not_see_the_batch() -> None:
    """The step of lambda alone, random over the rank and the width, is the largest."""
    found = derive(adalora(**GROWING), beta="1/2")
    assert found.conditions["stable"].region == Region("2*eta + rho <= -1 & 0 <= rho <= 1")


@pytest.mark.parametrize("loss", ["linear", "scalar", "vector"])
@pytest.mark.parametrize("build", [vera, adalora, dora])
def test_a_fixed_batch_has_the_orders_of_one_sample(build: Callable[..., Program], loss: str) -> None:
    one, fixed = (derive(build(optimiser="sign", loss=loss, batch=batch), eta="-1") for batch in ("one", "fixed"))
    assert one.conditions["stable"].region == fixed.conditions["stable"].region
    assert {name: str(size) for name, size in one.orders.items()} == {k: str(v) for k, v in fixed.orders.items()}


@pytest.mark.parametrize("build", [vera, adalora])
def test_a_growing_batch_of_one_is_one_sample(build: Callable[..., Program]) -> None:
    one, many = build(rank="growing", optimiser="sign"), build(**GROWING)
    assert derive(many, beta=0).conditions["stable"].region == derive(one).conditions["stable"].region


def test_fresh_batches_of_earlier_steps_are_told_from_the_present_one() -> None:
    """A multiplier moved by batches that are drawn anew: the present one meets the random part alone."""
    n, many = Dim("n", 1), Dim("N", "beta")
    Z, w = data("Z", n, many, fresh=True), data("w", n, many, fresh=True)
    b = parameter("b", n, init=zero, rate="eta")
    Z_B = b * (frozen("W", n, n) @ Z)
    program = Program("multiplier", -(many**-1 * inner(w, Z_B)), sign(), [output("Z_B", Z_B)], domain="0 <= beta")
    found = derive(program)
    assert (str(found.orders["Z_B"]), str(found.orders["Z_B.aligned"])) == ("eta", "eta - beta/2 - 1/2")


def test_a_diagram_has_one_vertex_for_a_fixed_axis() -> None:
    """Rows of B A with themselves: B_ik (A A')_kl B_il, of which (A A')_kl is finitely many numbers of one order."""
    rank, i = Dim("r", 0), Vertex(0, N)
    A, C, D = RandomMatrix("A", rank, N), RandomMatrix("C", N, rank), RandomMatrix("D", N, rank)
    k, j, m = Vertex(1, rank), Vertex(2, N), Vertex(3, rank)
    loop = (MatrixEntry(C, i, k), MatrixEntry(A, k, j), MatrixEntry(A, m, j), MatrixEntry(U, i, Vertex(4, S)))
    found = direction_of(Diagram((*loop, MatrixEntry(X, i, Vertex(4, S)), MatrixEntry(D, i, m)), (i,)))
    assert "A" not in str(found)
    assert {"C", "U", "X", "D"} <= set(str(found))


def test_dora_has_the_rates_of_lora_on_a_batch_too() -> None:
    """Lengths of rows hold diagonals of B A A' B', and at a fixed rank A A' is finitely many numbers."""
    at_edge = dora(optimiser="sign", batch="growing").substitute({"eta": "-3/8", "beta": "1/2"})
    _, _, second = islice(steps(at_edge), 3)
    sizes = {name: str(second.size(name)) for name in ("Z_A", "Z_B", "Z_out", "m - m[0]", "delta1", "delta2")}
    assert sizes == {"Z_A": "3/8", "Z_B": "0", "Z_out": "0", "m - m[0]": "-3/8", "delta1": "0", "delta2": "-3/8"}


@pytest.mark.long
@pytest.mark.parametrize(
    ("eta", "beta", "size"), [("-3/8", "1/2", "0"), ("-11/32", "1/2", "1/16"), ("-5/16", "3/4", "0")]
)
def test_dora_settles_in_and_out_of_the_stable_set(eta: str, beta: str, size: str) -> None:
    found = derive(dora(optimiser="sign", batch="growing"), eta=eta, beta=beta)
    assert found.orders["Z_out"] == order(size)
    assert found.conditions["stable"].region.is_everything == (size == "0")


@pytest.mark.parametrize(("eta", "beta", "size"), [("-1/4", "1", "0"), ("-1/4", "3/2", "0"), ("-3/8", "3/2", "-1/4")])
def test_dora_takes_more_samples_than_the_width(eta: str, beta: str, size: str) -> None:
    """<D, D> of B A, row by row, holds Z seven times and more: most of it is no more than what its mean shows."""
    found = derive(dora(optimiser="sign", batch="growing"), eta=eta, beta=beta)
    of_lora = derive(lora(optimiser="sign", batch="growing"), eta=eta, beta=beta)
    assert found.orders["Z_out"] == of_lora.orders["Z_B"] == order(size)
    assert [found.orders[name] for name in ("Z_A", "A", "B")] == [of_lora.orders[name] for name in ("Z_A", "A", "B")]


@pytest.mark.parametrize("optimiser", ["sign", pytest.param("sgd", marks=pytest.mark.long)])
def test_dora_on_a_batch_is_stable_where_lora_is(optimiser: str) -> None:
    """With both exponents open, for which it is run where its output is bounded."""
    one, two = (derive(of(optimiser=optimiser, batch="growing")) for of in (dora, lora))
    assert one.conditions["stable"].region == two.conditions["stable"].region


def test_the_singular_values_of_a_diagram_are_refused() -> None:
    n, many = Dim("n", 1), Dim("N", "beta")
    W, v = parameter("W", n, n, init=zero, rate="eta"), data("v", n)
    loss = -inner(data("w", n, many), v * (W @ data("Z", n, many)))
    with pytest.raises(ProgramError, match="more than one product"):
        derive(Program("p", loss, OPTIMISERS["muon"], [output("W Z", W @ data("Z", n, many))]), beta="1/2")


@pytest.mark.parametrize(
    ("program", "at", "sizes"),
    [
        (vera(**GROWING), {"eta": "-1/4", "rho": "1/2", "beta": "1/2"}, {}),
        (adalora("orthonormal", **GROWING), {"eta": "-1/4", "rho": "0", "beta": "1/2"}, {"r": 1}),
        (dora(optimiser="sign", batch="fixed"), {"eta": "-1"}, {"r": 1}),
        (dora(optimiser="sign", batch="growing"), {"eta": "-1/4", "beta": "1"}, {"r": 1}),
        (dora(optimiser="sign", batch="growing"), {"eta": "-1/4", "beta": "5/4"}, {"r": 1}),
    ],
    ids=["vera", "adalora", "dora", "dora, N = n", "dora, N above n"],
)
def test_what_was_derived_is_measured(program: Program, at: dict[str, str], sizes: dict[str, int]) -> None:
    found = validate(program.substitute(at), widths=(64, 128, 256, 512), seeds=8, most_seeds=16, steps=2, sizes=sizes)
    assert [str(row) for row in found.rows if row.verdict.value == "refuted"] == []
    assert sum(row.verdict.value == "confirmed" for row in found.rows) > len(found.rows) / 3
