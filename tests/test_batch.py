"""Batches: of a few samples, the orders of one; of N = n^beta independent ones, a law of its own."""

import json
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from command import run

from gamma_calc import Dim, Program, data, derive, iid, lora, maximum, minimum, order, output, parameter, zero
from gamma_calc.catalogue.lora_xs import lora_xs
from gamma_calc.catalogue.matrix import matrix
from gamma_calc.catalogue.toy import toy
from gamma_calc.catalogue.vera import vera
from gamma_calc.errors import GammaError, OrderError, ProgramError
from gamma_calc.exponents import Region, where
from gamma_calc.language.expression import Expression
from gamma_calc.language.program import internal, other
from gamma_calc.operations import inner, outer
from gamma_calc.operations.spectral_power import spectral_power
from gamma_calc.optimisers import OPTIMISERS
from validation import validate
from validation.evidence.runs.batch_law import POINTS, BatchPoint
from validation.evidence.runs.batch_sweep import section
from validation.statistics.verdict import Verdict


@pytest.mark.parametrize("optimiser", ["sign", "adam"])
@pytest.mark.parametrize("loss", ["linear", "readout"])
@pytest.mark.parametrize("init", ["A", "B", "AB"])
def test_a_few_samples_have_the_orders_of_one(init: str, loss: str, optimiser: str) -> None:
    one, few = (derive(lora(init, optimiser=optimiser, loss=loss, batch=batch)) for batch in (1, 3))
    for name in ("Z_A", "B", "Z_B", "delta1", "delta2"):
        assert one.orders[name] == few.orders[name], name
    assert one.conditions["stable"].region == few.conditions["stable"].region


@pytest.mark.parametrize("loss", ["linear", "scalar", "vector"])
@pytest.mark.parametrize("init", ["A", "B", "eva"])
def test_two_samples_stand_for_every_fixed_number(init: str, loss: str) -> None:
    """As columns of one matrix, where there is no other way to write them, they have the same orders."""
    columns, *written = (derive(lora(init, loss=loss, batch=batch)) for batch in ("fixed", 2, 3))
    for found in written:
        assert {name: str(size) for name, size in found.orders.items()} == {
            name: str(size) for name, size in columns.orders.items()
        }
        assert found.conditions["stable"].region == columns.conditions["stable"].region


def test_a_loss_of_a_function_takes_a_fixed_number_of_samples() -> None:
    fixed, three = (lora(loss="readout", batch=batch) for batch in ("fixed", 3))
    assert "a batch of a fixed number of independent samples whose losses add; the first is watched" in fixed.notes
    assert {n: str(o) for n, o in derive(fixed).orders.items()} == {n: str(o) for n, o in derive(three).orders.items()}


def test_the_losses_of_the_samples_add_and_the_first_is_watched() -> None:
    program = lora(batch=2)
    assert str(program.loss) == "-w (W* Z + B (A Z)) + -w2 (W* Z2 + B (A Z2))"
    assert str(program.quantities["Z_A"].node) == "A Z"
    assert "a batch of 2 samples whose losses add; the first is watched" in program.notes


def test_a_batch_of_none_is_refused() -> None:
    with pytest.raises(ProgramError) as caught:
        lora(batch=0)
    assert str(caught.value) == "0 samples in a batch; give a whole number from 1 to 1000"


def _growing(init: str, scaling: str = "1") -> Program:
    return lora(init, scaling=scaling, rank="growing", batch="growing", optimiser="sign")


SCALED = {"1": "0", "alpha/sqrt(r)": "-rho/2", "alpha/r": "-rho"}


@pytest.mark.parametrize("scaling", SCALED)
def test_init_a_is_stable_by_what_is_coherent_and_what_is_random_over_the_rank(scaling: str) -> None:
    """Z_A is eta n N^-1/2, or eta n^1/2 by the other samples; B sums it to r N^-1/2 or r^1/2."""
    found = (
        derive(lora("A", scaling=scaling, rank="growing", batch="growing", optimiser="sign"))
        .conditions["stable"]
        .region
    )
    s = order(SCALED[scaling])
    moved = 2 * order("eta") + s + maximum(1 - order("beta/2"), order("1/2"))
    linear = order("eta") + s
    over_the_rank = maximum(order("rho - beta/2"), order("rho/2"))
    by_hand = where(moved + over_the_rank, "<=", 0) & where(linear + over_the_rank, "<=", 0)
    domain = where(0, "<=", order("beta")) & where(0, "<=", order("rho")) & where(order("rho"), "<=", 1)
    assert found == by_hand & domain


def test_the_knee_in_the_rank_is_where_rank_and_batch_are_equal() -> None:
    law = derive(_growing("A", "alpha/r")).conditions["stable"].region.sup("eta")[0].value
    assert law == minimum(minimum(order("beta/4 + rho/4 - 1/2"), order("beta/2 - 1/2")), order("rho/4 - 1/4"))


def test_init_b_is_stable_by_its_first_step() -> None:
    """delta1 = s eta n N^-1/2 for B of variance 1/r, as long as the coherent part leads."""
    found = derive(_growing("B"), eta="-3/4", rho=0, beta="1/2")
    assert str(found.orders["delta1"]) == "0"
    assert derive(_growing("B"), eta="-1/2", rho=0, beta=1).conditions["stable"].region.is_everything


@pytest.mark.parametrize("optimiser", ["sign", "adam"])
def test_full_fine_tuning_follows_the_square_root_of_the_batch(optimiser: str) -> None:
    region = derive(matrix(optimiser=optimiser, batch="growing")).conditions["stable"].region
    assert region.sup("eta")[0].value == minimum(order("beta/2 - q"), order("-q/2"))


@pytest.mark.parametrize("init", ["A", "B", "AB", "pissa", "lora-one"])
@pytest.mark.parametrize("loss", ["linear", "vector"])
def test_a_batch_of_fixed_size_has_the_orders_of_one_sample(init: str, loss: str) -> None:
    at = {"eta": "-1"} if loss == "vector" else {}
    one, fixed = (derive(lora(init, optimiser="sign", loss=loss, batch=b).substitute(at)) for b in ("one", "fixed"))
    assert one.conditions["stable"].region == fixed.conditions["stable"].region
    assert {name: str(size) for name, size in one.orders.items()} == {k: str(v) for k, v in fixed.orders.items()}


def test_growing_at_beta_zero_is_one_sample() -> None:
    for init in ("A", "B", "pissa"):
        one, many = (lora(init, optimiser="sign", batch=b) for b in ("one", "growing"))
        assert derive(many, beta=0).conditions["stable"].region == derive(one).conditions["stable"].region


@pytest.mark.parametrize("build", [partial(lora, "A"), partial(lora, "B"), vera, lora_xs])
def test_at_c_zero_every_adapter_has_the_law_of_one_sample(build: Callable[..., Program]) -> None:
    one, alike = (build(optimiser="sign", **its) for its in ({}, {"batch": "growing", "common": 0}))
    found, wanted = ([part.value for part in derive(p).conditions["stable"].region.sup("eta")] for p in (alike, one))
    assert found == wanted


@pytest.mark.parametrize(("common", "edge"), [("1/8", "-7/16"), ("1/4", "-3/8"), ("1", "-3/8")])
def test_a_part_in_common_leads_from_one_sample_to_many(common: str, edge: str) -> None:
    """At N = n^(1/2) the part n^(-2c) of the gradient is above N^-1/2 of a sample's own until c = 1/8."""
    found = derive(lora("A", optimiser="sign", batch="growing", common=common), beta="1/2")
    assert found.conditions["stable"].region == Region(f"eta <= {edge}")


@pytest.mark.parametrize(
    ("open_", "values", "message"),
    [
        ({"batch": "growing"}, {"beta": -1}, "beta=-1 is outside the domain; the domain is beta >= 0"),
        ({"batch": "growing", "rank": "growing"}, {"eta": -1, "rho": 2}, "eta=-1, rho=2 is outside the domain"),
    ],
)
def test_a_batch_or_a_rank_that_there_is_not_is_refused(
    open_: dict[str, str], values: dict[str, int], message: str
) -> None:
    with pytest.raises(OrderError, match=message):
        derive(lora(**open_), **values)  # type: ignore[arg-type]


def test_a_part_in_common_is_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    asked = "derive --init A --optimizer sign --batch growing --at eta=-7/16,beta=1/2 --common"
    assert "a part of order n^(-1/8) is common to all" in " ".join(run(capsys, f"{asked}=1/8").out.split())
    refused = run(capsys, f"{asked}=-1/8")
    assert refused.code == 2
    assert refused.err.endswith("a part in common of order n^(1/8); give a number from 0 on, such as 1/4\n")
    assert "one sample has no part in common" in run(capsys, "derive --common 1/8").err


def test_samples_that_share_a_part_of_order_one_are_one_sample() -> None:
    """Inputs and error signals with a common part n^-c: at c = 0 the law of one sample whatever their number."""
    assert derive(_shared(0)).conditions["stable"].region.sup("eta")[0].value == order("-1/2")


@pytest.mark.parametrize(("beta", "edge"), [("1/2", "-3/8"), ("1", "-1/4"), ("3/2", "-1/4")])
def test_samples_that_share_a_part_far_below_are_many(beta: str, edge: str) -> None:
    assert derive(_shared(1), beta=beta, eta=edge).conditions["stable"].region.is_everything
    above = order(edge) + order("1/16")
    assert derive(_shared(1), beta=beta, eta=above).conditions["stable"].region.is_empty


def test_a_sample_that_no_step_saw_meets_the_random_part_alone() -> None:
    found = derive(_shared(None), eta="-1/4", beta=1).orders
    assert (str(found["Z_A"]), str(found["A x"])) == ("1/4", "1/4")
    found = derive(_shared(None), eta="-1/2", beta="1/2").orders
    assert (str(found["Z_A"]), str(found["A x"])) == ("1/4", "0")


def _shared(c: int | None) -> Program:
    """A layer whose inputs, and whose error signals, have a part n^-c in common; none where c is None."""
    n, r, N = Dim("n", 1), Dim("r", 0), Dim("N", "beta")
    every, x = data("1", N), data("x", n)
    Z: Expression = data("Z", n, N)
    w: Expression = data("w", n, N)
    if c is not None:
        Z, w = (own + n**-c * outer(data(f"{own} all", n), every) for own in (Z, w))
    A = parameter("A", r, n, init=iid("-1/2"), rate="eta")
    B = parameter("B", n, r, init=zero, rate="eta")
    Z_A = A @ Z
    Z_B = B @ Z_A
    watch = [internal("Z_A", Z_A), output("Z_B", Z_B), other("A x", A @ x)]
    loss = -(N**-1 * inner(w, Z_B))
    return Program("samples with a common part", loss, OPTIMISERS["sign"], watch, domain="0 <= beta <= 2")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch": "many"}, "unknown batch 'many'"),
        (
            {"batch": "growing", "loss": "readout", "optimiser": "muon"},
            "program lora: what muon makes of tanh",
        ),
        ({"batch": "growing", "init": "orthogonal", "optimiser": "sgd"}, "what sgd leaves of B A = 0, the start of"),
        ({"batch": "growing", "init": "orthogonal", "rank": "growing"}, "what adam (epsilon 0) leaves of B A = 0"),
    ],
)
def test_what_does_not_know_a_batch_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(GammaError) as caught:
        lora(**arguments)
    assert str(caught.value).startswith(message)


def test_the_programs_of_a_batch_run_as_they_are_derived() -> None:
    """The law with rank and batch, measured at a point where every part of it matters."""
    at = {"eta": "-3/8", "rho": "1/4", "beta": "1/2"}
    program = _growing("A", "alpha/r").substitute(at)
    found = validate(program, widths=(64, 128, 256, 512), seeds=4, most_seeds=16, steps=2)
    assert not [row for row in found.rows if row.verdict.value == "refuted"]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_the_law_by_hand_is_the_derived_one(point: BatchPoint) -> None:
    law = derive(point.program, **point.at).conditions["stable"].region.sup("eta")
    assert {str(part.value) for part in law} == {point.expected}


def test_the_page_of_the_law_has_every_point_as_it_is_derived() -> None:
    law, _, _ = Path("docs/results/batch.md").read_text(encoding="utf-8").partition("\n## ")
    rows = law.splitlines()
    told = [tuple(cell.strip() for cell in row.split("|")[1:4]) for row in rows if row.startswith("| ")]
    assert told[2:] == [(point.name, point.expected, point.expected) for point in POINTS]


def test_a_comparison_has_columns_of_width_rank_and_batch(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, "compare --init A,B --batch growing").out
    few, many = out.split("Largest stable learning rate near a fixed rank, where ")[1:]
    assert "  A      n^-1/2   r^1/4          keep it        r^-1/4   N^1/4\n" in few
    assert "  A      n^-1/4   r^1/4          keep it        r^-1/4   keep it\n" in many
    assert "  B      n^-1/2   r^1            r^1/2          keep it  keep it\n" in many


def test_the_data_of_a_comparison_hold_the_power_of_the_batch(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(capsys, "compare --init A,B --batch growing --format json").out)["B"]["largest_rate"]
    assert {key: found["N < n"]["alpha/r"][key] for key in "nrN"} == {"n": "-1", "r": "1", "N": "1/2"}
    assert found["N < n"]["alpha/r"]["sixteenfold"]["N"] == 4
    assert found["N > n"]["alpha/r"]["N"] == "0"


@pytest.mark.parametrize("name", ["muon", "shampoo"])
@pytest.mark.parametrize(("p", "q", "beta", "size"), [
    ("1", "1", "1/2", "0"),  # Z = U Z'Z / (d_out d_in)^(1/2): entries 1/d_out^(1/2) d_in^(1/2)
    ("1", "1", "3/2", "0"),  # an orthogonal matrix keeps lengths
    ("1", "1/2", "1/4", "-1/4"),
    ("1/2", "1", "1/4", "1/4"),
    ("1/2", "1", "3/4", "1/8"),  # more samples than rows: (n N)^(-1/2) U Z'Z, of which a sample sees n^(1/2) N^(-1/2) u
])  # fmt: skip
def test_the_singular_values_of_a_batch_are_of_one_order(name: str, p: str, q: str, beta: str, size: str) -> None:
    found = derive(matrix(optimiser=name, batch="growing"), eta=0, p=p, q=q, beta=beta)
    assert found.orders["Z_W"] == order(size)
    assert found.exact("Z_W")


@pytest.mark.parametrize("name", ["muon", "shampoo"])
def test_the_singular_values_of_a_sum_of_products_are_refused(name: str) -> None:
    with pytest.raises(ProgramError, match="more than one product"):
        derive(lora(optimiser=name, batch="growing"), eta=0, beta="1/2")


@pytest.mark.parametrize("size", ["0", "-1", "-5"])
def test_a_part_that_is_small_everywhere_has_singular_values_of_its_own(size: str) -> None:
    """The polar factor has both products at full size, so the smaller one may not be left out before."""
    n, N = Dim("n", 1), Dim("N", "1/4")
    W = parameter("W", n, n, init=zero, rate="0")
    (U, Z), (V, Y) = ([data(name, n, N) for name in names] for names in ("UZ", "VY"))
    loss = -(N**-1 * inner(U, W @ Z)) - n**size * (N**-1 * inner(V, W @ Y))
    with pytest.raises(ProgramError, match="more than one product"):
        derive(Program("two batches", loss, OPTIMISERS["muon"], [output("y", W @ Y)]))


def test_the_singular_values_of_a_batch_are_measured() -> None:
    program = matrix(optimiser="muon", batch="growing").substitute({"p": "1", "q": "1/2", "beta": "1/2"})
    found = validate(program.substitute({"eta": "-1/4"}), widths=(64, 144, 324, 729), seeds=8, steps=2)
    assert found.verdict is Verdict.CONFIRMED


def test_of_one_sample_every_power_of_the_singular_values_is_that_of_a_vector_pair() -> None:
    torch.manual_seed(0)
    u, w = torch.randn(7, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    rank_one = torch.outer(u, w)
    made = spectral_power(data("G", Dim("n", 1), Dim("m", 1)), Fraction(1, 4)).numeric(rank_one)
    torch.testing.assert_close(made, rank_one / (u.norm() * w.norm()) ** 0.5)
    assert not spectral_power(data("G", Dim("n", 1), Dim("m", 1)), Fraction(1, 2)).numeric(0 * rank_one).any()


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("init", ["A", "B"])
def test_one_number_a_sample_gives_the_law_of_one_sample_where_there_is_one(init: str, fresh: bool) -> None:
    options: dict[str, Any] = {"loss": "scalar", "rank": "growing", "scaling": "alpha/r", "fresh": fresh}
    one = derive(lora(init, **options), rho="1/4")
    fixed = derive(lora(init, batch="fixed", **options), rho="1/4")
    for few in (derive(lora(init, batch="growing", **options), rho="1/4", beta=0), fixed):
        assert few.orders["Z_B"] == one.orders["Z_B"]
        assert few.conditions["stable"].region == one.conditions["stable"].region


@pytest.mark.parametrize(("init", "edge"), [("A", "-3/8"), ("B", "-1/2")])
def test_one_readout_for_all_samples_makes_one_direction_of_them(init: str, edge: str) -> None:
    found = derive(lora(init, loss="scalar", rank="growing", scaling="alpha/r", batch="growing"), rho="1/4", beta="1/2")
    assert found.conditions["stable"].region == where("eta", "<=", edge)


def test_a_scalar_error_asks_of_open_samples_and_ranks_what_a_linear_loss_does() -> None:
    known = "beta >= 0 & 4*eta + 2*rho <= beta - 2 & 2*eta + rho <= -1/2 & 0 <= rho <= 1"
    found = derive(lora("A", loss="scalar", rank="growing", batch="growing"))
    assert found.settled == found.program.region
    assert found.conditions["stable"].region == Region.parse(known)


def test_the_toy_on_a_batch_by_hand() -> None:
    assert str(derive(toy("1", batch="growing")).conditions["stable"].region) == "beta >= 0 & 2*eta <= beta - 1"
    assert derive(toy("2", batch="fixed")).conditions["stable"].region == derive(toy("2")).conditions["stable"].region


def test_the_public_sweep_stands_beside_the_law_on_its_page() -> None:
    page = (Path(__file__).parents[1] / "docs" / "results" / "batch.md").read_text()
    assert page.endswith("\n".join(section()) + "\n")


def test_a_start_without_a_law_in_the_rank_leaves_the_tables_alone(capsys: pytest.CaptureFixture[str]) -> None:
    told = run(capsys, "compare --init A,orthogonal --batch growing")
    assert told.code == 0
    table, _, unknown = told.out.partition("Largest stable learning rate not known")
    assert "A      n^-1/2   r^1/4" in table
    assert "orthogonal  target lora: what adam (epsilon 0) leaves of B A = 0" in unknown
