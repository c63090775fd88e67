"""Orders told by a run at the largest rates, against derivations at points below them, and where nothing is told."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamma_calc import Dim, Program, Region, data, derive, iid, mlp, output, parameter
from gamma_calc.derivation.derivation import Derivation
from gamma_calc.engine.below_largest import told_below
from gamma_calc.engine.fixed_point import Trajectory
from gamma_calc.engine.stable_set import StableSet
from gamma_calc.engine.step_orders import StepOrders, steps
from gamma_calc.exponents import Order, Scope, nowhere_above, order
from gamma_calc.language.expression import Expression
from gamma_calc.language.program import Quantity, Role, other
from gamma_calc.operations.relu import relu
from gamma_calc.operations.tanh import tanh
from gamma_calc.optimisers.names import by_name

LOWER = st.sampled_from([Fraction(0), Fraction(1, 8), Fraction(1, 2), Fraction(3)])
NETWORKS = {
    ("relu", "sgd"): ("mup", "0", "0", "0"),
    ("tanh", "sgd"): ("mup", "0", "0", "0"),
    ("relu", "adam"): ("mup-adam", "-1/2", "-1", "-1/2"),
    ("tanh", "sign"): ("mup-adam", "-1/2", "-1", "-1/2"),
}


def network(activation: str, optimiser: str, depth: int) -> Program:
    init, *_ = NETWORKS[activation, optimiser]
    return mlp(init, depth=depth, activation=activation, optimiser=optimiser, lr="per-layer")


def largest_rates(activation: str, optimiser: str, depth: int) -> dict[str, Fraction]:
    """Of embedding, hidden weights and readout."""
    _, first, hidden, last = NETWORKS[activation, optimiser]
    return {f"eta_{i}": Fraction(first if i == 1 else last if i == depth else hidden) for i in range(1, depth + 1)}


def told_on(program: Program, where: Region) -> Trajectory | None:
    """What is told of a program on a set, whatever it says of what lies in it."""
    (polyhedron,) = where.polyhedra
    scope = Scope.of(polyhedron)
    return told_below(program, StableSet(frozenset({Role.OUTPUT}), scope, scope), next(steps(program, scope)))


def up_to(rates: dict[str, Fraction]) -> Region:
    return Region(" & ".join(f"{name} <= {value}" for name, value in rates.items()))


def is_told(answer: Derivation) -> bool:
    return bool(answer.step_orders[-1].states_at)


@pytest.mark.parametrize(("activation", "optimiser"), NETWORKS)
@pytest.mark.parametrize("depth", [8, 16])
def test_deep_networks_are_stable_up_to_their_largest_rates(activation: str, optimiser: str, depth: int) -> None:
    answer = derive(network(activation, optimiser, depth))
    rates = largest_rates(activation, optimiser, depth)
    assert answer.conditions["stable"].region == up_to(rates)
    assert answer.trajectory.stable_set is not None
    assert answer.trajectory.stable_set.is_exact
    assert answer.conditions["feature_learning"].region == up_to(rates) & Region(f"eta_1 = {rates['eta_1']}")
    moved = [f"eta_{i} - ({rates[f'eta_{i}']})" for i in range(1, 4)]
    assert answer.orders["dh3"] == order(f"max({', '.join(moved)})")
    assert answer.orders["h3"] == order(0)
    assert not answer.exact("dh3")


def orders_at(step: StepOrders, point: dict[str, Fraction]) -> dict[str, Order]:
    return {name: size.substitute(point) for name, size in step.orders.items()}


@pytest.mark.parametrize(("activation", "optimiser"), NETWORKS)
@settings(max_examples=3)
@given(lower=st.lists(LOWER, min_size=7, max_size=7))
def test_no_order_below_is_larger(activation: str, optimiser: str, lower: list[Fraction]) -> None:
    program = network(activation, optimiser, 7)
    rates = largest_rates(activation, optimiser, 7)
    point = {name: rate - less for (name, rate), less in zip(rates.items(), lower, strict=True)}
    told, there = derive(program), derive(program.substitute(point))
    assert is_told(told)
    for now, step in enumerate(there.step_orders):
        most = orders_at(told.step_orders[min(now, len(told.step_orders) - 1)], point)
        assert [name for name, size in step.orders.items() if not nowhere_above(size, most[name])] == []


@pytest.mark.parametrize(("activation", "optimiser"), [("relu", "sgd"), ("tanh", "sign")])
def test_a_shallow_network_is_told_as_a_whole_derivation_has_it(activation: str, optimiser: str) -> None:
    program = network(activation, optimiser, 3)
    whole = derive(program)
    found = told_on(program, up_to(largest_rates(activation, optimiser, 3)))
    assert found is not None
    assert not is_told(whole)
    assert {name: found.steps[-1].size(name) for name in program.quantities} == {
        name: whole.orders[name] for name in program.quantities
    }


@pytest.mark.parametrize("optimiser", ["sgd", "adam"])
def test_where_functions_show_no_more_than_chance_nothing_needs_to_be_told(optimiser: str) -> None:
    answer = derive(mlp("sp", depth=6, activation="relu", optimiser=optimiser, lr="per-layer"))
    assert not is_told(answer)


def test_what_is_not_bounded_at_the_point_is_not_told() -> None:
    program = network("relu", "sgd", 3)
    assert told_on(program, Region("eta_1 <= 0 & eta_2 <= 0 & eta_3 <= 1/4")) is None
    assert told_on(program, Region("eta_1 + eta_2 <= 0 & eta_3 <= 0")) is None


N = Dim("n", 1)
U = parameter("u", N, init=iid(0), rate="eta")
X = parameter("x", N, init=iid(0), rate="eta")
Y = parameter("y", N, init=iid("-1/2"), rate="eta")
LARGE = parameter("large", N, init=iid("1/2"), rate="eta")
READ = data("v", N)


@pytest.mark.parametrize(
    ("made", "largest", "told"),
    [
        (tanh(U), "1", True),
        (tanh(U), "2", False),  # what the function is of grows
        (tanh(X * X), "1", False),  # a power
        (relu(X + Y), "1", True),
        (relu(relu(X) + Y), "1", False),  # Y is all there is where a mask is off
        (tanh(LARGE), "0", False),  # few entries bend
    ],
    ids=["a function", "a larger argument", "a power", "a sum", "behind a mask", "saturated"],
)
@pytest.mark.parametrize("watched", [output, other], ids=["a value and its change", "a value"])
def test_what_does_not_fall_as_fast_is_not_told(
    made: Expression, largest: str, told: bool, watched: Callable[[str, Expression], tuple[Quantity, ...]]
) -> None:
    f = N**-1 * (READ @ made)
    program = Program("one layer", -f, by_name("sgd"), [watched("f", f)])
    assert (told_on(program, Region(f"eta <= {largest}")) is not None) is told


def test_a_trace_is_that_of_the_largest_rates() -> None:
    answer = derive(network("relu", "sgd", 8))
    trace = answer.trace("dh2", "dh2.aligned", step=3)
    assert dict(trace.rates) == dict.fromkeys(answer.program.variables, Fraction(0))
    assert "Derivation after step 3 at eta_1 = 0, eta_2 = 0" in str(trace)
    assert trace.steps[-1].order == order(0)
    assert derive(mlp("sp", depth=3, lr="per-layer")).trace("f").rates == ()
