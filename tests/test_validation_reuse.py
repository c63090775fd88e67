"""What a step takes over from the last one: products that are carried along, and arrays that are written over."""

import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

from oracle.grids import RECIPES  # noqa: E402 - after the check that torch is there

from gamma_calc import lora  # noqa: E402
from gamma_calc.calculus.dims import Dim  # noqa: E402
from gamma_calc.calculus.premises import Premises  # noqa: E402
from gamma_calc.calculus.value import Contribution, Value  # noqa: E402
from gamma_calc.language.change import change  # noqa: E402
from gamma_calc.language.expression import Array, Expression  # noqa: E402
from gamma_calc.language.forms import GradientOnly  # noqa: E402
from gamma_calc.language.initialisation import iid  # noqa: E402
from gamma_calc.language.leaves import data, parameter  # noqa: E402
from gamma_calc.language.optimiser import Optimiser  # noqa: E402
from gamma_calc.language.program import Program, internal, output  # noqa: E402
from gamma_calc.optimisers.adam import adam  # noqa: E402
from gamma_calc.optimisers.decayed import decayed  # noqa: E402
from gamma_calc.optimisers.sgd import sgd  # noqa: E402
from gamma_calc.optimisers.sign import sign  # noqa: E402
from validation import Settings, measure_cell  # noqa: E402
from validation.arrays.draws import Draws  # noqa: E402
from validation.executor.carried import Carried, carried  # noqa: E402
from validation.executor.cell import Cell  # noqa: E402
from validation.executor.execute import TrainingRun  # noqa: E402
from validation.executor.graph import Graph  # noqa: E402
from validation.executor.plan import Plan  # noqa: E402
from validation.executor.storage import StoragePlan, storage_plan  # noqa: E402

N, R = Dim("n", 1), Dim("r", 0)
RULES = {"adam": adam(), "adam with epsilon": adam("-1"), "sgd": sgd(), "sign": sign()}


def tied(rule: str) -> Program:
    """One weight on the way in and, turned, on the way out; its loss is read by a vector that stays the same."""
    a, z, w = parameter("A", R, N, init=iid("-1/2"), rate="-1"), data("Z", N), data("w", N)
    h = a @ z
    return Program("tied", w @ (a.T @ h), RULES[rule], [internal("h", h), output("back", a.T @ h)])


def layer(rule: str, **facts: Any) -> Program:
    return lora(init="AB", **facts).substitute({"eta": "-1"}).replaced(optimiser=RULES[rule])


def drawn(kind: str, number: int) -> Program:
    return RECIPES[kind](number).program()


PROGRAMS: dict[str, Callable[[], Program]] = {
    **{f"tied, {rule}": partial(tied, rule) for rule in RULES},
    **{f"one sample, {rule}": partial(layer, rule) for rule in RULES},
    **{f"squared error, {rule}": partial(layer, rule, loss="vector") for rule in RULES},
    **{f"fresh samples, {rule}": partial(layer, rule, loss="vector", fresh=True) for rule in RULES},
    **{f"{kind} {number}": partial(drawn, kind, number) for kind in RECIPES for number in range(0, 60, 3)},
}


def measured(make: Callable[[], Program]) -> Cell:
    return measure_cell(make(), 64, range(4), Settings(steps=4))


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Cell]:
    """A cell of which nothing is carried along or, with ``carry``, nothing is written over."""

    def run(make: Callable[[], Program], *, carry: bool = False) -> Cell:
        with monkeypatch.context() as changed:
            changed.setattr(StoragePlan, "turns", {})
            if not carry:
                changed.setattr("validation.executor.wanted.carried", lambda *_: {})
            return measured(make)

    return run


def share(cell: Cell) -> Any:
    """How much of each quantity is along the gradient of the loss."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.nan_to_num(cell.aligned / cell.sizes, nan=0.0, posinf=0.0)


@pytest.mark.parametrize("name", PROGRAMS)
def test_values_are_the_same_but_for_rounding(name: str, without: Callable[..., Cell]) -> None:
    """Exact zeros stay exact, and what is written over changes no digit at all."""
    ours, carrying, plain = measured(PROGRAMS[name]), without(PROGRAMS[name], carry=True), without(PROGRAMS[name])
    np.testing.assert_array_equal(ours.sizes, carrying.sizes)
    np.testing.assert_array_equal(ours.aligned, carrying.aligned)
    np.testing.assert_allclose(ours.sizes, plain.sizes, rtol=1e-10, atol=0)
    np.testing.assert_allclose(share(ours), share(plain), rtol=0, atol=1e-10)


# -- products that are carried along --------------------------------------------------------------------------------


def names(program: Program) -> set[str]:
    plan = storage_plan(program)
    return {str(plan.graph.operations[place].node) for place in plan.carried}


@pytest.mark.parametrize(
    ("program", "products"),
    [
        (lora(init="A", optimiser="sign"), {"A Z", "B' (-1 w)"}),
        (lora(init="A", optimiser="adam", loss="vector"), {"A Z"}),
        (lora(init="A", optimiser="adam", fresh=True), set()),
        (lora(init="A").replaced(optimiser=decayed(adam(), 0)), set()),
    ],
    ids=["one sample", "error that changes", "fresh samples", "weight decay"],
)
def test_products_with_what_stays_the_same_are_carried(program: Program, products: set[str]) -> None:
    assert names(program) == products


def test_a_matrix_that_is_drawn_as_it_is_seen_is_not_carried() -> None:
    """It must see every vector in its turn: its draws are numbered."""
    graph = Graph()
    graph.add(parameter("W", N, N, init=iid("-1/2"), rate="-1") @ data("Z", N))
    assert not carried(graph, [])
    graph.add(parameter("A", R, N, init=iid("-1/2"), rate="-1") @ data("Z", N))
    assert len(carried(graph, [])) == 1
    assert not carried(graph, ["A"])


def test_what_a_step_takes_back_cancels_exactly() -> None:
    start, change = torch.full((3,), 1 / 3), torch.full((3,), 1e20)
    there = Carried(start).after(change)
    assert torch.equal(there.value, change)
    assert torch.equal(there.after(-change).value, start)


# -- parameters that move while their updates are made ---------------------------------------------------------------


def moving(program: Program) -> set[str]:
    plan = storage_plan(program)
    return {name for name in plan.gradients if plan.moved_as_made(name) is not None}


@pytest.mark.parametrize(
    ("program", "parameters"),
    [
        (layer("adam with epsilon"), {"A"}),
        (layer("adam with epsilon", loss="vector"), {"A"}),
        (layer("adam with epsilon", fresh=True), set()),
        (layer("adam"), set()),
        (layer("sign"), set()),
        (tied("adam with epsilon"), set()),
    ],
    ids=["one sample", "error that changes", "fresh samples", "outer products", "signs", "used turned"],
)
def test_a_parameter_moves_as_its_update_is_made_where_nothing_else_is_asked(
    program: Program, parameters: set[str]
) -> None:
    """B's update meets A Z, which changes."""
    assert moving(program) == parameters


def test_an_update_that_is_watched_is_there_as_a_whole() -> None:
    a, z, w = parameter("A", R, N, init=iid("-1/2"), rate="-1"), data("Z", N), data("w", R)
    plain = Program("a layer", w @ (a @ z), adam("-1"), [output("A Z", a @ z)])
    assert moving(plain) == {"A"}
    update = change(a)
    assert update is not None
    watched = Program("a layer", w @ (a @ z), adam("-1"), [output("A Z", a @ z), internal("dA", update)])
    assert moving(watched) == set()


@pytest.mark.parametrize("loss", ["linear", "vector"])
@pytest.mark.parametrize("one_by_one", [False, True])
def test_moving_at_once_changes_nothing_but_rounding(
    loss: str, one_by_one: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make() -> Program:
        return layer("adam with epsilon", loss=loss)

    if one_by_one:
        monkeypatch.setattr("validation.arrays.update.AT_ONCE", 1)
    ours = measured(make)
    monkeypatch.setattr(StoragePlan, "moved_as_made", lambda *_: None)
    whole = measured(make)
    np.testing.assert_allclose(ours.sizes, whole.sizes, rtol=1e-10, atol=0)
    np.testing.assert_allclose(share(ours), share(whole), rtol=0, atol=1e-10)


def test_no_number_of_a_repetition_that_moves_alone_depends_on_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("validation.arrays.update.AT_ONCE", 1)
    program = layer("adam with epsilon", loss="vector")
    together = measure_cell(program, 64, range(4), Settings(steps=4))
    alone = measure_cell(program, 64, [2], Settings(steps=4))
    np.testing.assert_array_equal(together.sizes[:, 2:3], alone.sizes)


# -- arrays that are written over -----------------------------------------------------------------------------------


class Same(GradientOnly):
    """What it is given, as the same array; the executor knows nothing of it."""

    def __init__(self, x: Expression) -> None:
        self.arguments, self.shape = (x,), x.shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        raise NotImplementedError

    def numeric(self, *arrays: Array) -> Array:
        return arrays[0]

    def rebuild(self, *arguments: Expression) -> Expression:
        return Same(*arguments)

    def notation(self) -> str:
        return f"same({self.arguments[0]})"


@dataclass(frozen=True, slots=True)
class Keeping(Optimiser):
    """Descends along the first gradient, which it keeps as it was given: as it is, or passed on by an operation."""

    passed: Callable[[Expression], Expression]
    name = "keeping"

    def optimiser_input(
        self, parameter: Expression, gradient: Expression, tensors: Mapping[str, Expression]
    ) -> Expression:
        return self.passed(gradient)

    def orders(self, memory: Value, gradient: Value, site: str | None) -> tuple[Value, Value]:
        raise NotImplementedError

    def numeric(self, memory: Any, gradient: Array, step: int, width: int) -> tuple[Any, Array]:
        kept = gradient if memory is None else memory
        return kept, kept


@pytest.mark.parametrize("passed", [lambda gradient: gradient, Same], ids=["as it is", "passed on"])
def test_what_an_optimiser_keeps_is_not_written_over(
    without: Callable[..., Cell], passed: Callable[[Expression], Expression]
) -> None:
    """A vector's gradient is an array that a product makes, and an optimiser is given that array."""

    def make() -> Program:
        v, z = parameter("v", N, init=iid("-1/2"), rate="-1/2"), data("Z", N)
        u = parameter("u", R, N, init=iid("-1/2"), rate="-1/2")
        return Program("a vector", (u @ v) @ (u @ z), Keeping(passed), [internal("v", v), output("u v", u @ v)])

    assert storage_plan(make()).turns
    np.testing.assert_array_equal(measured(make).sizes, without(make, carry=True).sizes)


def test_a_step_is_written_over_the_last_ones() -> None:
    """None of the arrays is let go, so none can be where another was."""
    draws = Draws("steps", 64, (0, 1), 1, torch.float64, torch.device("cpu"))
    run = TrainingRun(Plan(layer("sign"), 64, {}), draws, torch.ones(2, dtype=torch.float64))
    steps = [run.take_step(step)[1] for step in range(1, 6)]
    places = steps[0].keys() & run.storage.turns.keys()
    assert len(places) == 5
    for place in places:
        assert len({step[place].data_ptr() for step in steps}) == run.storage.turns[place]


PAGES = """
import resource, torch
from gamma_calc import lora
from validation.arrays.draws import Draws
from validation.executor.execute import TrainingRun
from validation.executor.plan import Plan

draws = Draws("pages", 16, (0, 1), 1, torch.float64, torch.device("cpu"))
TrainingRun(Plan(lora(init="A").substitute({"eta": -1}), 16, {}), draws, torch.ones(2, dtype=torch.float64))
for step in range(6):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    vectors = [torch.ones(2**20) for _ in range(6)]
    del vectors
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators have other rules")
def test_what_a_step_frees_is_kept_for_the_next_one() -> None:
    """Six vectors have 6144 pages, which the system clears each time where it is given them back."""
    found = subprocess.run([sys.executable, "-c", PAGES], check=True, capture_output=True, text=True)
    assert int(found.stdout) < 512
