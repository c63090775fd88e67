"""Which orders may be above the truth: of which quantity, from which step on, where, and why."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import reduce
from operator import mul

import pytest

from gamma_calc import Dim, Program, adam, data, derive, frozen, iid, lora, output, parameter, sgd, zero
from gamma_calc.catalogue.mlp import mlp
from gamma_calc.derivation.derivation import Derivation
from gamma_calc.errors import UnknownName
from gamma_calc.language.expression import Expression
from gamma_calc.operations import relu, tanh
from gamma_calc.operations.elementwise import Elementwise
from gamma_calc.optimisers import OPTIMISERS

N = Dim("n", 1)


def product(count: int) -> Program:
    """A readout trained on a product of so many vectors, and read on their sum with it."""
    vectors: list[Expression] = [data(f"u{i}", N) for i in range(count)]
    c = parameter("c", N, init=zero, rate="0")
    return Program("a product", -(n_th() * (c @ reduce(mul, vectors))), sgd(), [output("g", n_th() * (c @ vectors[0]))])


def n_th() -> Expression:
    return data("s", entry=-1)


def bent() -> Program:
    """Step after step a saturated layer moves by what saturates it: where it still bends that is small."""
    W = parameter("W", N, N, init=iid("-1/2"), rate="0")
    w = data("w", N)
    h = W @ data("x", N)
    return Program("a bent layer", -(N ** "-1/2" * (w @ tanh(h))), sgd(), [output("g", N**-1 * (w @ h))])


def test_a_linear_loss_leaves_every_order_exact() -> None:
    found = derive(lora(init="A"))
    assert found.bounds == ()
    assert all(found.exact(name) for name in found.orders)


def test_products_that_are_told_apart_are_exact_and_longer_ones_are_bounds() -> None:
    assert derive(product(8)).bounds == ()
    found = derive(product(9))
    assert {bound.quantity for bound in found.bounds} >= {"g", "dg"}
    assert not found.exact("g")
    assert float(found.orders["g"]) > float(derive(product(8)).orders["g"])


def test_a_saturated_slope_times_what_saturates_it_is_a_bound_from_its_step_on() -> None:
    found = derive(bent())
    assert {bound.step for bound in found.bounds} == {2}
    assert (found.exact("g", 1), found.exact("g", 2)) == (True, False)


def trained(h: Expression) -> Derivation:
    """What comes of a readout of h that starts at zero."""
    c = parameter("c", N, init=zero, rate="0")

    return derive(Program("a readout", -(n_th() * (c @ h)), sgd(), [output("h", h)]))


@pytest.mark.parametrize("weight", [-1, Fraction(-3, 5)])
def test_a_relu_of_what_may_be_negative_everywhere_is_a_bound(weight: Fraction) -> None:
    u, v = data("u", N), data("v", N)
    for negative in (
        relu(u) * weight,
        (u * u) * weight,
        relu(u) + relu(u) * (weight - 1),
        (relu(u) * relu(v)) * weight,
    ):
        assert not trained(relu(negative)).exact("h", 0)
    for positive in (relu(u), u * u, relu(u) + relu(v) * -weight, relu(u) * weight + v):
        assert trained(relu(positive)).exact("h", 0)


def test_a_relu_of_what_has_not_moved_yet_is_exact() -> None:
    """It is zero, and no bound on what it becomes."""
    b = parameter("b", N, init=zero, rate="0")
    found = derive(Program("from zero", -(data("v", N) @ b), sgd(), [output("h", relu(b))]))
    assert (str(found.at_step(0)["h"]), found.exact("h", 0), found.exact("h", 1)) == ("-inf", True, True)


def test_a_gram_matrix_that_one_step_has_outgrown_divides_the_sign_of_that_step_by_more() -> None:
    """Where the start is the larger, or another vector is divided, nothing is marked."""
    r = Dim("r", "1/2")
    A = parameter("A", r, N, init=iid("-1/2"), rate="-1")
    exact = []
    for rate in ("0", "-1"):
        B = parameter("B", N, r, init=iid("-1/2"), rate=rate)
        z = A @ data("x", N)
        loss = -(data("v", N) @ (B @ z))
        found = derive(Program("outgrown", loss, OPTIMISERS["sign-riemannian"], [output("z", z)]))
        exact.append([found.exact("dz", step) for step in (1, 2)])
    assert exact == [[True, False], [True, True]]


def test_an_inner_product_of_a_saturated_slope_with_what_saturates_it_is_a_bound() -> None:
    """The slope is large where its argument is small, so the two have less in common than their sizes say."""
    u, b = data("u", N), parameter("b", N, init=zero, rate="-1")
    h = tanh(N ** "1/2" * (u + b))
    loss = -(data("v", N) @ h)
    found = derive(Program("in common", loss, sgd(), [output("f", N**-1 * (h @ u)), output("h", h)]))
    assert (found.exact("df", 0), found.exact("df", 1)) == (True, False)


def test_a_gram_matrix_of_several_updates_is_a_bound_where_they_outweigh_the_start() -> None:
    """Updates by two samples count each by itself, as if they were in general position."""
    r = Dim("r", "1/2")
    A, B = parameter("A", r, N, init=iid("-1/2"), rate="eta"), parameter("B", N, r, init=iid("-1/2"), rate="eta")
    x, y, v = data("x", N), data("y", N), data("v", N)
    loss = -(v @ (B @ (A @ x))) - v @ (B @ (A @ y))
    found = derive(Program("two samples", loss, OPTIMISERS["riemannian-sgd"], [output("f", B @ (A @ x))]))
    assert found.exact("f", 4, eta="-2")
    assert not found.exact("f", 4, eta="0")


def test_feedback_makes_bounds_where_it_is_and_downstream_a_step_later() -> None:
    found = derive(lora(init="B", loss="vector"))
    of_a = next(mark for mark in found.feedback if mark.parameter == "A")
    steps = {b.quantity: b.step for b in found.bounds if b.reason == str(of_a)}
    assert (steps["Z_A"], steps["A"], steps["B"]) == (of_a.step, of_a.step, of_a.step + 1)
    assert found.exact("Z_A", eta="-2")
    assert not found.exact("Z_A", eta="-1")
    assert found.exact("Z_A", of_a.step - 1, eta="-1")


def test_json_and_text_say_it() -> None:
    found = derive(product(9))
    (first, *_) = json.loads(found.to_json())["bounds"]
    assert set(first) == {"quantity", "step", "where", "reason"}
    assert "Upper bounds" in str(found)


def test_an_unknown_quantity_is_refused() -> None:
    with pytest.raises(UnknownName):
        derive(lora()).exact("Z_C")


def test_what_does_not_settle_in_time_is_said() -> None:
    """Words of W and W' grow with every step of E, at one order each where eta = 0: nothing is claimed there."""
    d = Dim("d", 0)
    E, W = parameter("E", N, d, init=iid(0), rate="eta"), frozen("W", N, N)
    loss = -(N**-1 * ((E @ data("y", d)) @ (W @ (E @ data("x", d)))))
    found = derive(Program("tied", loss, adam(), [output("f", loss)]))
    assert any("did not settle within" in text for text in found.assumptions)
    assert "".join(str(found).split()).count("asfaras15stepsdecide") == 3  # conditions, largest exponents, advice
    assert not any("did not settle" in text for text in derive(lora()).assumptions)


# -- parts that can cancel although no rule says so --------------------------------------------------------------------


def stepped(loss: Expression, *read: tuple[str, Expression], optimiser: str = "sign") -> Derivation:
    return derive(Program("cancelling", loss, OPTIMISERS[optimiser], [output(*one) for one in read]))


def test_a_sign_of_a_mask_and_what_it_masks_is_a_bound() -> None:
    """sign(2 x + n^(1/2) relu(x)) is sign(x), of mean zero."""
    x, c = data("x", N), parameter("c", N, init=zero, rate="0")
    found = stepped(-(c @ (2 * x + N ** "1/2" * relu(x))), ("g", N**-1 * (c @ relu(x))))
    assert not found.exact("g", 1)
    assert stepped(-(c @ (2 * data("y", N) + N ** "1/2" * relu(x))), ("g", N**-1 * (c @ x))).exact("g", 1)


def signs(x: Expression) -> Expression:
    """tanh that has saturated nearly everywhere."""
    return tanh(N ** "1/2" * x)


U, V, W = (data(name, N) for name in "uvw")
LEFT_OUT = {
    "the smaller constant": 2 * signs(U) + signs(V),
    "the smaller order": signs(U) + N ** "-1/4" * V,
    "the same, with a factor": W * (2 * signs(U)) + W * signs(V),
}
SHOWN = {
    "of small entries too": signs(U) + V,
    "beside a larger one of small entries": N ** "1/4" * W + 2 * signs(U) + signs(V),
    "with factors of their own": V * signs(U) + W * signs(V),
    "where the factor is small": V * signs(U) + N ** "-1/4" * W,
    "not saturated": 2 * tanh(U) + tanh(V),
}


@pytest.mark.parametrize("what", [*LEFT_OUT, *SHOWN])
def test_a_sign_of_functions_of_two_values_may_leave_all_but_one_of_them_out(what: str) -> None:
    c = parameter("c", N, init=zero, rate="0")
    found = stepped(-(c @ (LEFT_OUT | SHOWN)[what]), ("g", N**-1 * (c @ V)))
    assert found.exact("g", 1) == (what in SHOWN)


@pytest.mark.parametrize(
    ("made", "exact"),
    [
        (tanh(N ** "1/4" * tanh(N ** "1/4" * U) + N ** "-1" * V), False),
        (tanh(N ** "1/4" * tanh(N ** "1/4" * U)), False),
        (relu(tanh(N ** "1/4" * U) + N ** "-1/4" * V), False),
        (tanh(N ** "1/4" * tanh(U)), True),
        (tanh(tanh(N ** "1/4" * U) + V), True),
        (relu(tanh(N ** "1/4" * U)), True),
        (tanh(N ** "1/4" * (tanh(N ** "1/4" * U) + V)), True),
        (tanh(N ** "1/4" * (V * V) + tanh(N ** "1/4" * U)), False),  # led by a mean
    ],
    ids=str,
)
def test_a_slope_of_what_has_two_values_is_a_bound(made: Expression, exact: bool) -> None:
    """n^(1/4) tanh(n^(1/4) u) is small where n^(1/2) u is: tanh bends on a share n^(-1/2), derived n^(-1/4)."""
    p = parameter("p", N, init=zero, rate="0")
    function = made.function if isinstance(made, Elementwise) else None
    assert function is not None
    h = Elementwise(function, made.arguments[0] + p)
    assert stepped(-(W @ h), ("p", p), optimiser="sgd").exact("dp", 1) == exact


@pytest.mark.parametrize("both", [relu(data("u", N)) * relu(-data("u", N)), relu(data("u", N)) + relu(-data("u", N))])
def test_two_masks_of_one_thing_may_be_of_its_two_signs(both: Expression) -> None:
    u, v = data("u", N), data("v", N)
    of_two_signs = relu(u) * relu(-u) if "*" in str(both) else relu(u) + relu(-u)
    assert not trained(of_two_signs).exact("h", 0)
    assert trained(relu(u) * relu(v)).exact("h", 0)


def test_an_inner_product_of_two_masks_of_one_thing_is_a_bound() -> None:
    u = data("u", N)
    c = parameter("c", N, init=zero, rate="0")
    watch = [output("p", N**-1 * (relu(u) @ relu(-u))), output("q", N**-1 * (relu(u) @ relu(data("v", N))))]
    found = derive(Program("masks", -(c @ u), sgd(), watch))
    assert (found.exact("p"), found.exact("q")) == (False, True)


def test_the_square_of_what_a_step_turns_round_may_not_change() -> None:
    b = parameter("b", N, init=iid("1/2"), rate="1/2")
    h = tanh(b)
    found = stepped(-(data("v", N) @ b), ("a", h), ("p", N**-1 * (h @ h)), ("s", h * h))
    assert [found.exact(name, 1) for name in ("da", "dp", "ds")] == [True, False, False]


def test_a_relu_of_minus_a_function_of_what_is_positive_is_a_bound() -> None:
    u = data("u", N)
    assert not trained(relu(-tanh(relu(u)))).exact("h", 0)
    assert trained(relu(-tanh(u))).exact("h", 0)


def test_a_function_of_a_power_is_a_bound_where_it_saturates() -> None:
    u = data("u", N)
    assert not trained(tanh(N ** "1/2" * (u * u))).exact("h", 0)
    assert trained(tanh(u * u)).exact("h", 0)
    assert trained(tanh(N ** "1/2" * (u * data("v", N)))).exact("h", 0)


def test_what_does_not_depend_on_a_bound_is_exact() -> None:
    u, v = data("u", N), data("v", N)
    b, c = parameter("b", N, init=zero, rate="0"), parameter("c", N, init=zero, rate="0")
    loss = -(N**-1 * (b @ tanh(N ** "1/2" * (u * u)))) - N**-1 * (c @ v)
    found = derive(Program("apart", loss, sgd(), [output("f", N**-1 * (b @ v)), output("g", N**-1 * (c @ v))]))
    assert (found.exact("f"), found.exact("g")) == (False, True)
    assert {bound.quantity for bound in found.bounds} == {"f", "df", "f.aligned", "df.aligned"} & set(found.orders)


def test_where_a_bound_may_be_above_the_truth_is_asked_where_orders_are_read() -> None:
    """Elsewhere orders of masks that steps move are long: three relu weights were printed in half a minute."""
    found = derive(mlp("mup", depth=3, activation="relu", optimiser="sgd", lr="per-layer"))
    inside = found.conditions["stable"].region
    regions = [region for region in found.step_orders[2].overcounted.values() if not region.is_empty]
    assert regions
    assert all(region <= inside for region in regions)
