"""What is stable below a point at which it is, against whole derivations, and where the lemma does not speak."""

import json
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamma_calc import Dim, Program, Region, data, derive, iid, lora, output, parameter
from gamma_calc.catalogue.mlp import mlp
from gamma_calc.derivation.unfinished import StepsSoFar
from gamma_calc.engine.largest_point import rates_only_add, stable_up_to
from gamma_calc.engine.stable_run import on_stable_set
from gamma_calc.engine.step_orders import StepOrders
from gamma_calc.errors import TimeUp
from gamma_calc.exponents import nowhere_above
from gamma_calc.language.program import Role
from gamma_calc.operations.tanh import tanh
from gamma_calc.optimisers.names import by_name

OUTPUTS = frozenset({Role.OUTPUT})


def up_to(program: Program, largest: str) -> Region:
    return Region(" & ".join(f"{name} <= {largest}" for name in program.variables))


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh"])
def test_it_is_the_stable_set_of_a_whole_derivation(activation: str) -> None:
    program = mlp("mup", depth=3, activation=activation, optimiser="sgd", lr="per-layer")
    stable = derive(program).conditions["stable"].region
    found = stable_up_to(program, OUTPUTS, stable)
    assert found is not None
    assert found.region == stable == up_to(program, "0")
    assert found.largest == dict.fromkeys(program.variables, Fraction(0))
    assert stable_up_to(program, OUTPUTS, up_to(program, "1/4")) is None


@pytest.mark.parametrize("depth", [8, 64])
def test_deep_networks_have_an_answer(depth: int) -> None:
    program = mlp("mup", depth=depth, activation="relu", optimiser="sgd", lr="per-layer")
    assert stable_up_to(program, OUTPUTS, up_to(program, "0")) is not None


@settings(max_examples=25)
@given(st.lists(st.fractions(-2, 0, max_denominator=8), min_size=4, max_size=4))
def test_no_order_is_larger_below(rates: list[Fraction]) -> None:
    program = mlp("mup", depth=4, activation="tanh", optimiser="sgd", lr="per-layer")
    largest = derive(program.substitute(dict.fromkeys(program.variables, 0))).step_orders
    below = derive(program.substitute(dict(zip(program.variables, rates, strict=True)))).step_orders
    for high, low in zip(largest, below, strict=False):
        assert [name for name in program.quantities if not nowhere_above(low.size(name), high.size(name))] == []


def test_a_region_without_a_largest_point_is_not_asked() -> None:
    program = mlp("mup", depth=3, optimiser="sgd", lr="per-layer")
    assert stable_up_to(program, OUTPUTS, Region("eta_1 + eta_2 <= 0 & eta_3 <= 0")) is None
    assert stable_up_to(program, OUTPUTS, Region("eta_1 < 0 & eta_2 <= 0 & eta_3 <= 0")) is None


def test_what_a_function_is_of_must_not_grow() -> None:
    """The larger u is, the less of it tanh shows: more of a rate may be less of an order, and nothing is said."""
    n = Dim("n", 1)
    u = parameter("u", n, init=iid(0), rate="eta")
    f = n**-1 * (data("v", n) @ tanh(u))
    program = Program("one vector", -f, by_name("sgd"), [output("f", f)])
    assert rates_only_add(program)
    assert stable_up_to(program, OUTPUTS, Region("eta <= 1")) is not None
    assert stable_up_to(program, OUTPUTS, Region("eta <= 2")) is None


@pytest.mark.parametrize(
    "program",
    [
        mlp("mup-adam", lr="per-layer"),
        lora("A", optimiser="sgd", fresh=True),
        lora("A", optimiser="sgd", rank="growing"),
        lora("A", optimiser="sgd", batch="fixed"),
        lora("A", optimiser="riemannian-sgd"),
    ],
    ids=["divides", "fresh samples", "an axis", "samples", "reads more than sizes"],
)
def test_where_the_lemma_does_not_speak(program: Program) -> None:
    assert not rates_only_add(program)
    assert stable_up_to(program, OUTPUTS, up_to(program, "-4")) is None


def test_it_is_told_when_time_is_up() -> None:
    """After the first step, which is the last one that is known."""
    program = mlp("mup", depth=6, activation="relu", optimiser="sgd", lr="per-layer")
    record = StepsSoFar(program)

    def show(step: StepOrders) -> None:
        record.add(step)
        if len(record.steps) == 2:
            raise TimeUp("enough")

    with suppress(TimeUp):
        on_stable_set(program, OUTPUTS, show)
    found = json.loads(record.unfinished.to_json())["stable"]["inner"]
    assert found["largest"] == dict.fromkeys(program.variables, "0")
    assert Region(found["region"]) == up_to(program, "0")
    assert found["orders"]["dh5"] == found["orders"]["df"] == "0"
    assert "and where it is stable; nothing else is claimed" in record.unfinished.summary
    assert "bounded at every step, as it is where all rates are largest" in str(record.unfinished)
