"""Published tables of whole networks: abc-parametrisations of a deep linear one, adapters on two layers."""

from functools import cache

import pytest

from gamma_calc import Order, Region, deep_linear, derive, lora, order, stacked
from gamma_calc.catalogue.abc_parametrisations import ABC, PARAMETRISATIONS, abc
from gamma_calc.derivation.derivation import Derivation
from gamma_calc.exponents import same_on

H = "1/2"


@cache
def network(name: str, optimiser: str) -> Derivation:
    return derive(deep_linear(PARAMETRISATIONS[name], optimiser=optimiser))


# Parametrisation and optimiser; then the orders of the last hidden layer's change, of f and of its change.
NETWORKS = [
    ("sp", "sgd", "-1/2", "0", "0"),
    ("ntk", "sgd", "-1/2", "0", "0"),
    ("mup", "sgd", "0", "0", "0"),
    ("ntk-adam", "adam", "-1/2", "0", "0"),
    ("mup-adam", "adam", "0", "0", "0"),
    ("ntk-adam", "sign", "-1/2", "0", "0"),
    ("sp", "adam", "0", "1/2", "1/2"),
    ("sp", "sign", "0", "1/2", "1/2"),
]


@pytest.mark.parametrize(("name", "optimiser", "hidden", "f", "change"), NETWORKS)
def test_deep_linear_networks(name: str, optimiser: str, hidden: str, f: str, change: str) -> None:
    """Kernel or operator regime (-1/2) and feature learning (0). arXiv 2011.14522, table 1; arXiv 2308.01814.

    The standard parametrisation under sign updates of 1/n moves its hidden layers at order one, as remark 2.2.7 of the
    second paper says, but its logits by n^(1/2), so it is not stable: the readout is aligned with what the layers add.
    """
    found = network(name, optimiser)
    assert [found.orders[q] for q in ("dh2", "f", "df")] == [order(hidden), order(f), order(change)]
    assert found.conditions["stable"].empty == (f == H)
    learns = hidden == f == "0" == change
    assert found.conditions["feature_learning"].empty != learns
    assert found.settled.is_everything


def rate_of_change(p: ABC) -> Order:
    """-r of arXiv 2011.14522, section 3, with one exponent c: the order of the last hidden layer's change."""
    (a1, a, a_out), (_, _, b_out), (c, _, _) = ([order(e) for e in row] for row in (p.a, p.b, p.c))
    gradient = min((a_out + b_out).rational, (2 * a_out + c).rational)
    return order(1 - c.rational - gradient - min((2 * a1 + 1).rational, (2 * a).rational))


STABLE_NETWORKS = [
    PARAMETRISATIONS["sp"],
    PARAMETRISATIONS["ntk"],
    abc("sp, slower", (0, 0, 0), (0, H, H), ("3/2", "3/2", "3/2")),
    abc("small readout", (0, 0, H), (0, H, H), (1, 1, 1)),
    abc("between", (0, "1/4", H), (0, "1/4", H), (1, 1, 1)),
    abc("ntk, slower", (0, H, H), (0, 0, 0), ("1/3", "1/3", "1/3")),
]


@pytest.mark.parametrize("parametrisation", STABLE_NETWORKS, ids=lambda p: p.name)
def test_the_exponent_r_of_the_dichotomy(parametrisation: ABC) -> None:
    """Hidden features move as n^-r: kernel regime for r > 0. arXiv 2011.14522, theorem on the dynamical dichotomy."""
    found = derive(deep_linear(parametrisation))
    assert found.orders["dh2"] == rate_of_change(parametrisation)
    assert found.conditions["feature_learning"].empty


def test_the_exponent_r_is_zero_for_mup_and_minus_one_for_an_unscaled_standard_parametrisation() -> None:
    assert rate_of_change(PARAMETRISATIONS["mup"]) == network("mup", "sgd").orders["dh2"] == 0
    found = derive(deep_linear(abc("sp, rate 1", (0, 0, 0), (0, H, H), (0, 0, 0))))
    assert found.at_step(1)["dh2"] == order(H)  # the readout has not moved yet
    assert found.at_step(2)["dh2"] == rate_of_change(abc("sp, rate 1", (0, 0, 0), (0, H, H), (0, 0, 0))) == 1
    assert found.conditions["stable"].empty


def test_the_standard_parametrisation_is_stable_up_to_one_over_n() -> None:
    """Under SGD with n^-c the shallow network is stable exactly for c >= 1, and never learns features there.

    arXiv 2011.14522, theorem 4.1.
    """
    found = derive(deep_linear(abc("sp", (0, 0, 0), (0, H, H), ("c", "c", "c")), hidden_layers=0))
    assert found.conditions["stable"].region == Region.parse("c >= 1")
    assert (found.orders["dh1"] < 0) >= found.conditions["stable"].region


def test_the_mean_field_network_learns_features_and_starts_at_zero() -> None:
    """One hidden layer with a readout n^-1 and rate n: f = n^(-1/2) at the start, all changes of order one."""
    found = derive(deep_linear(abc("mean field", (0, 0, 1), (0, 0, 0), (-1, -1, -1)), hidden_layers=0))
    assert found.at_step(0)["f"] == order("-1/2")
    assert [found.orders[name] for name in ("h1", "dh1", "f", "df")] == [0, 0, 0, 0]


@pytest.mark.parametrize(("optimiser", "rate"), [("sgd", "2*theta"), ("sign", "theta"), ("adam", "theta")])
@pytest.mark.parametrize("name", ["sp", "ntk"])
def test_a_scale_can_be_moved_from_the_entries_to_the_multiplier(name: str, optimiser: str, rate: str) -> None:
    """(a, b, c) and (a + theta, b - theta, c - 2 theta) are one network under SGD, c - theta under sign updates.

    arXiv 2011.14522, section 3, and arXiv 2308.01814, section 2; for every theta, which drops out of all orders.
    """
    p = PARAMETRISATIONS[name]
    shifted = abc(
        "shifted", [f"{e} + theta" for e in p.a], [f"{e} - theta" for e in p.b], [f"{e} - {rate}" for e in p.c]
    )
    plain, moved = (derive(deep_linear(q, optimiser=optimiser)) for q in (p, shifted))
    assert dict(plain.orders) == dict(moved.orders)


@pytest.mark.parametrize("s", ["1/4", "1/2"])
def test_the_family_between_mup_and_the_operator_regime(s: str) -> None:
    """Hidden changes n^-s, f and its change of order one: the uniform parametrisations of arXiv 2308.01814.

    They need a_out + c_out = 1; with the printed r_out = 1 the readout would not move.
    """
    between = abc("between", ("-1/2", 0, H), (H, H, f"1/2 - {s}"), (f"1/2 + {s}", f"1 + {s}", H))
    found = derive(deep_linear(between, optimiser="adam"))
    assert found.orders["dh2"] == -order(s)
    assert found.orders["df"] == 0


# Adapters on two layers, one rate: what the second one has beyond a layer of its own.
SECOND_LAYER = {
    "A": {
        "Z_A2": "max(0, eta + 1, 3*eta + 2)",
        "Z_B2": "max(eta, 2*eta + 1, 4*eta + 2)",
        "delta1_2": "max(2*eta + 1, 4*eta + 2)",
        "delta2_2": "max(eta, 2*eta + 1, 4*eta + 2)",
        "delta3_2": "max(2*eta + 1, 4*eta + 2)",
    },
    "B": {
        "Z_A2": "max(eta + 1, 2*eta + 2, 3*eta + 2)",
        "Z_B2": "max(eta + 1, 2*eta + 2, 4*eta + 2)",
        "delta1_2": "max(eta + 1, 2*eta + 2, 4*eta + 2)",
        "delta2_2": "max(2*eta + 1, 3*eta + 2, 4*eta + 2)",
        "delta3_2": "max(2*eta + 1, 3*eta + 2, 4*eta + 2)",
    },
}


@pytest.mark.parametrize("init", ["A", "B", "AB"])
def test_adapters_on_two_layers_share_the_edges_of_one(init: str) -> None:
    """Within the stable range every quantity of either layer is that of a single adapter, and so are the regions."""
    two, one = derive(stacked(init)), derive(lora(init))
    for name in ("stable", "internally_stable", "feature_learning", "efficient"):
        assert two.conditions[name].region == one.conditions[name].region
    stable = one.conditions["stable"].region
    for name in ("Z_A", "Z_B", "dZ_B"):
        assert two.orders[f"{name}1"] == one.orders[name]
        assert same_on(two.orders[f"{name}2"], one.orders[name], stable)
    for name in ("delta1", "delta2", "delta3"):
        assert two.orders[f"{name}_1"] == one.orders[name]
        assert same_on(two.orders[f"{name}_2"], one.orders[name], stable)


@pytest.mark.parametrize("init", SECOND_LAYER)
def test_the_second_adapter_sees_the_first_ones_output(init: str) -> None:
    """From Init[B] above its edge the input of layer 2 is dominated by the first adapter: coherent terms 2 eta + 2."""
    found = derive(stacked(init))
    assert {name: found.orders[name] for name in SECOND_LAYER[init]} == {
        name: order(text) for name, text in SECOND_LAYER[init].items()
    }


def test_the_first_adapters_gradient_goes_through_the_second_ones_factors() -> None:
    """It holds A2' B2' w beside W2' w: from Init[B] above -1/2 this path outgrows the other, and Z_B1 loses alignment.

    A path through the random B2 brings no more than a single adapter's own random B0 does, up to that point.
    """
    two, one = derive(stacked("B")), derive(lora("B"))
    first = next(p for p in two.program.parameters if p.name == "A1")
    assert "A2' (B2'" in str(two.gradient_of(first))
    up_to = Region.parse("eta <= -1")
    assert same_on(two.orders["Z_B1.aligned"], one.orders["Z_B.aligned"], up_to)
    assert two.orders["Z_B1.aligned"] != one.orders["Z_B.aligned"]
