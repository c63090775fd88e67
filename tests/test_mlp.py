"""Networks of any depth: against published parametrisations, against each other, and what bad input gets."""

from __future__ import annotations

import json

import pytest
from command import run

from gamma_calc import deep_linear, derive, mlp
from gamma_calc.catalogue.abc_parametrisations import PARAMETRISATIONS, abc
from gamma_calc.catalogue.mlp import ACTIVATIONS, Adapter
from gamma_calc.engine import stable_set
from gamma_calc.errors import GammaError
from gamma_calc.exponents import same_on

HIDDEN = ("h1", "dh1", "h2", "dh2", "h3", "dh3")


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", ["mup", "mup-adam"])
def test_every_layer_learns_features_in_mup(name: str, activation: str) -> None:
    found = derive(mlp(name, depth=4, activation=activation))
    assert [str(found.orders[q]) for q in (*HIDDEN, "f", "df")] == ["0"] * 8
    assert not found.conditions["feature_learning"].empty


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_no_hidden_layer_learns_features_in_ntk(activation: str) -> None:
    found = derive(mlp("ntk", depth=4, activation=activation))
    assert [str(found.orders[q]) for q in HIDDEN] == ["0", "-1/2"] * 3
    assert found.conditions["feature_learning"].why.endswith("holds nowhere")


@pytest.mark.parametrize(
    ("name", "optimiser", "largest", "depths"),
    [
        ("mup", "sgd", "0", (3, 4)),
        ("ntk", "sgd", "0", (3, 4)),
        ("sp", "sgd", "-1", (3,)),
        ("sp", "sign", "-3/2", (3, 4)),
        ("mup", "adam", "-1", (3, 4)),
    ],
)
def test_the_largest_shared_rate_is_the_same_at_every_depth(
    name: str, optimiser: str, largest: str, depths: tuple[int, ...]
) -> None:
    for depth in depths:
        stable = derive(mlp(name, depth=depth, lr="shared", optimiser=optimiser)).conditions["stable"]
        assert str(stable.largest["eta"].value) == largest, depth


@pytest.mark.parametrize(("activation", "depth"), [("tanh", 4), ("relu", 6), ("tanh", 8)])
def test_a_shared_rate_of_functions_of_functions_has_an_answer(activation: str, depth: int) -> None:
    found = derive(mlp("mup", depth=depth, activation=activation, lr="shared", optimiser="sgd"))
    assert str(found.conditions["stable"].region) == "eta <= 0"
    assert str(found.conditions["feature_learning"].region) == "eta = 0"
    assert "an exponent is open: orders are those of stable training alone" in found.assumptions


@pytest.mark.parametrize("optimiser", ["sgd", "sign"])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_a_shared_rate_has_the_orders_on_its_stable_set_that_it_has_there_of_all(
    monkeypatch: pytest.MonkeyPatch, activation: str, optimiser: str
) -> None:
    asked = mlp("mup", depth=3, activation=activation, lr="shared", optimiser=optimiser)
    everywhere = derive(asked)
    monkeypatch.setattr(stable_set, "MOST_NESTED", 1)
    inside = derive(asked)
    region = inside.conditions["stable"].region
    assert region == everywhere.conditions["stable"].region
    assert all(same_on(inside.orders[name], order, region) for name, order in everywhere.orders.items())


SP_SGD, SP_ADAM = ("0", "-1", "-1"), ("-1/2", "-3/2", "-1")


@pytest.mark.parametrize(
    ("name", "activation", "optimiser", "depth", "rates"),
    [
        ("sp", "relu", "sgd", 12, SP_SGD),
        ("sp", "tanh", "sgd", 8, SP_SGD),
        ("sp", "relu", "adam", 8, SP_ADAM),
        ("ntk", "relu", "sgd", 8, ("0", "0", "0")),
        ("mup-adam", "relu", "adam", 3, ("-1/2", "-1", "-1/2")),
        ("mup-adam", "tanh", "adam", 3, ("-1/2", "-1", "-1/2")),
        ("mup", "relu", "sgd", 3, ("0", "0", "0")),
        ("mup", "tanh", "sgd", 3, ("0", "0", "0")),
        pytest.param("mup", "relu", "sgd", 4, ("0", "0", "0"), marks=pytest.mark.long),
        pytest.param("mup", "tanh", "sgd", 4, ("0", "0", "0"), marks=pytest.mark.long),
        pytest.param("mup-adam", "tanh", "adam", 4, ("-1/2", "-1", "-1/2"), marks=pytest.mark.long),
        pytest.param("mup-adam", "relu", "adam", 4, ("-1/2", "-1", "-1/2"), marks=pytest.mark.long),
        pytest.param("sp", "relu", "sgd", 32, SP_SGD, marks=pytest.mark.long),
        pytest.param("sp", "tanh", "adam", 16, SP_ADAM, marks=pytest.mark.long),
    ],
)
def test_the_largest_rate_of_each_layer_under_an_activation(
    name: str, activation: str, optimiser: str, depth: int, rates: tuple[str, str, str]
) -> None:
    """Of the first weight, of those between, and of the readout: one point is largest in every rate."""
    stable = derive(mlp(name, depth=depth, activation=activation, lr="per-layer", optimiser=optimiser))
    found = [str(stable.conditions["stable"].largest[f"eta_{layer}"].value) for layer in range(1, depth + 1)]
    first, hidden, readout = rates
    assert found == [first, *[hidden] * (depth - 2), readout]


def test_without_skip_connections_a_matrix_comes_before_what_it_is_given_and_with_them_both_are_there() -> None:
    plain, skipped = (mlp("ntk", depth=3, residual=residual).quantities["h2"].expression for residual in (False, True))
    assert str(skipped) == f"w1 x + {plain}"


def test_two_weights_have_no_hidden_matrix_so_that_a_skip_connection_changes_nothing() -> None:
    plain, skipped = (derive(mlp(depth=2, activation="relu", residual=residual)) for residual in (False, True))
    assert plain.orders == skipped.orders


def test_the_deep_linear_network_is_the_linear_case() -> None:
    adapters = {2: Adapter("-1/2", "-inf", "-1/2", "-1/2")}
    one = deep_linear("sp", hidden_layers=2, adapters=adapters)
    assert one == mlp("sp", depth=4, adapters=adapters).replaced(name=one.name)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_adapter_under_an_activation_is_trained_in_place_of_its_weight(activation: str) -> None:
    adapters = {2: Adapter("-1/2", "-inf", "-1/2", "-1/2")}
    program = mlp(abc("still", (0, 0, 0), (0, "1/2", "1/2"), (9, 9, 9)), activation=activation, adapters=adapters)
    assert sorted(p.name for p in program.parameters) == ["A2", "B2", "w1", "w_out"]
    assert str(derive(program).orders["B2"]) == "-1"


def test_the_rule_is_the_one_that_the_rates_are_for() -> None:
    rules = {name: mlp(name).optimiser.name for name in PARAMETRISATIONS}
    assert rules == {"sp": "sgd", "ntk": "sgd", "mup": "sgd", "ntk-adam": "adam", "mup-adam": "adam"}
    assert mlp("mup-adam", optimiser="sign").optimiser.name == "sign"


@pytest.mark.parametrize("lr", ["own", "shared", "per-layer"])
def test_rates_are_the_parametrisation_s_or_open(lr: str) -> None:
    opened = {"own": (), "shared": ("eta",), "per-layer": ("eta_1", "eta_2", "eta_3", "eta_4")}
    assert mlp("mup-adam", depth=4, lr=lr).variables == opened[lr]


@pytest.mark.parametrize(
    ("made", "message"),
    [
        ({"depth": 1}, "1 weight matrices; give a whole number from 2 to 10000"),
        ({"depth": 10**4 + 1}, "10001 weight matrices; give a whole number from 2 to 10000"),
        ({"depth": True}, "True weight matrices; give a whole number from 2 to 10000"),
        ({"residual": "yes"}, "write residual=True for skip connections"),
        ({"activation": "gelu"}, "unknown activation 'gelu'; did you mean relu?"),
        ({"lr": "per-factor"}, "unknown learning-rate scheme 'per-factor'; did you mean per-layer?"),
        ({"depth": 2, "adapters": {2: Adapter(0, 0, 0, 0)}}, "an adapter on layer 2, which is no hidden layer; add"),
        ({"depth": 4, "adapters": {4: Adapter(0, 0, 0, 0)}}, "hidden layers are 2 .. 3"),
    ],
)
def test_what_is_no_network_is_refused_by_name(made: dict[str, object], message: str) -> None:
    with pytest.raises(GammaError) as caught:
        mlp(**made)  # type: ignore[arg-type]
    assert message in str(caught.value)


# -- the command line -------------------------------------------------------------------------------------------------


def test_a_deep_network_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    options = "--depth 4 --activation tanh --init mup-adam --format json"
    found = json.loads(run(capsys, f"derive mlp {options}").out)
    assert found["program"] == "tanh network of 4 weights, mup-adam"
    assert found["orders"]["dh3"] == "0"
    assert "optimiser adam (epsilon 0)" in found["assumptions"]
    assert "every h_l, before its activation, is an output, as f is: stability bounds them all" in found["assumptions"]


def test_layers_with_an_adapter_on_each(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(run(capsys, "derive stacked --layers 4 --init B --format json").out)
    assert found["conditions"]["stable"]["region"] == "eta <= -1"
    assert {f"Z_B{layer}" for layer in range(1, 5)} <= found["orders"].keys()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("derive mlp --depth 1", "target mlp: 1 weight matrices; give a whole number from 2 to 10000"),
        ("derive mlp --depth many", "--depth"),
        ("derive stacked --layers 10001", "target stacked: 10001 layers; give a whole number from 1 to 10000"),
        ("derive --depth 3", "target lora does not take --depth; it takes"),
        ("derive mlp --at eta_1=0", "unknown exponent 'eta_1'; --lr per-layer gives each weight its own rate"),
        ("derive mlp --init A", "target mlp: unknown parametrisation 'A'; known: mup, mup-adam, ntk, ntk-adam, sp"),
    ],
)
def test_what_does_not_fit_is_named_in_one_line(words: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(capsys, words)
    assert (found.code, found.out, found.err.count("\n")) == (2, "", 1)
    assert message in found.err


def test_masks_that_move_each_other_are_no_circle() -> None:
    """Each block's masks move by what the masks of the others made; measured: 55 rows right of 56, one undecided."""
    rates = {"eta_1": "-1/4", "eta_2": "-1/2", "eta_3": "-1/2", "eta_4": "-3"}
    network = mlp("mup", depth=4, activation="relu", optimiser="sgd", lr="per-layer", residual=True)
    found = derive(network, **rates)
    assert [str(found.orders[name]) for name in ("h3", "dh3", "df")] == ["0", "-1/4", "-1/4"]
    assert not found.exact("df", step=3)
