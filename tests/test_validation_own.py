"""An operation and an optimiser written here, and known to no other file, run as those of the package do."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

import numpy as np  # noqa: E402 - after the checks

from gamma_calc import lora  # noqa: E402
from gamma_calc.calculus.dims import Dim  # noqa: E402
from gamma_calc.calculus.lemmas import SUM  # noqa: E402
from gamma_calc.calculus.premises import Premises  # noqa: E402
from gamma_calc.calculus.value import ZERO, Contribution, Value  # noqa: E402
from gamma_calc.catalogue.targets import TARGETS  # noqa: E402
from gamma_calc.exponents import order  # noqa: E402
from gamma_calc.language.expression import Array, Expression, Part  # noqa: E402
from gamma_calc.language.initialisation import iid, zero  # noqa: E402
from gamma_calc.language.leaves import data, parameter  # noqa: E402
from gamma_calc.language.optimiser import Optimiser  # noqa: E402
from gamma_calc.language.program import Program, output  # noqa: E402
from gamma_calc.optimisers import OPTIMISERS  # noqa: E402
from gamma_calc.optimisers.adam import Adam, adam  # noqa: E402
from validation import Settings, Verdict, measure_cell, validate  # noqa: E402
from validation.arrays.matrices import dense  # noqa: E402
from validation.executor.fast_paths import OPERATIONS, UPDATES  # noqa: E402
from validation.executor.storage import StoragePlan  # noqa: E402

N, R = Dim("n", 1), Dim("r", 0)
WIDTHS = (64, 128, 256, 512, 1024)


class Third(Expression):
    """X / 3, of a vector or a matrix, by arithmetic that arrays alone know; it returns its argument's array once."""

    def __init__(self, argument: Expression) -> None:
        self.arguments, self.shape = (argument,), argument.shape

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        for direction, size in values[0].components.items():
            yield Contribution(direction, size, SUM)

    def numeric(self, *arrays: Array) -> Array:
        assert isinstance(arrays[0], torch.Tensor)
        return torch.div(arrays[0], 3)

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        return (Third(upstream),)

    def rebuild(self, *arguments: Expression) -> Expression:
        return type(self)(*arguments)

    def change_parts(self, old: tuple[Expression, ...], change: tuple[Expression | None, ...]) -> tuple[Part, ...]:
        return tuple(Part(frozenset({0}), self.rebuild(c)) for c in change if c is not None)

    def notation(self) -> str:
        return f"third({self.arguments[0]})"


class Itself(Third):
    """The argument's own array: a view, of which nobody was told."""

    def numeric(self, *arrays: Array) -> Array:
        return arrays[0]

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        return (upstream,)


@dataclass(frozen=True, slots=True)
class Momentum(Optimiser):
    """Signs of a running mean, which are kept whole."""

    name = "momentum-sign"

    def orders(self, memory: Value, gradient: Value, site: str | None) -> tuple[Value, Value]:
        return OPTIMISERS["sign"].orders(ZERO, gradient, site)

    def numeric(self, memory: Any, gradient: Array, step: int, width: int) -> tuple[Any, Array]:
        mean = gradient if memory is None else (memory + gradient) / 2
        return mean, mean.sign()


class OwnAdam(Adam):
    """Not in the table, so by its rule and not by the kernel."""

    __slots__ = ()


def adapter(wrap: Any, optimiser: Optimiser) -> Program:
    Z, w = data("Z", N), data("w", N)
    A = parameter("A", R, N, init=iid("-1/2"), rate="-1/2")
    B = parameter("B", N, R, init=zero, rate="-1/2")
    Z_B = wrap(wrap(B) @ wrap(wrap(A) @ Z))
    return Program("own", -(w @ Z_B), optimiser, [output("Z_B", Z_B), output("C", B @ (A @ Z))])


@pytest.fixture
def same_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StoragePlan, "name", "any program")


@pytest.mark.usefixtures("same_draws")
@pytest.mark.parametrize("optimiser", [*map(OPTIMISERS.get, ("sgd", "sign", "adam")), adam("-1"), Momentum()], ids=str)
def test_an_operation_of_ones_own_trains_as_a_multiple_does(optimiser: Optimiser) -> None:
    own = measure_cell(adapter(Third, optimiser), 64, range(3), Settings(steps=3))
    ours = measure_cell(adapter(lambda x: Fraction(1, 3) * x, optimiser), 64, range(3), Settings(steps=3))
    assert np.allclose(own.sizes, ours.sizes, rtol=1e-9, atol=1e-14)
    assert own.residual.max() < 1e-12


def test_what_an_operation_of_ones_own_returns_is_kept_though_it_be_the_argument_itself() -> None:
    n = data("w", N)
    u = parameter("u", N, init=iid(0), rate="0")
    plain, own = (
        Program("p", -(n @ wrapped), OPTIMISERS["sgd"], [output("h", wrapped)]) for wrapped in (1 * u, Itself(u))
    )
    for program in (plain, own):
        found = measure_cell(program, 64, range(8), Settings(steps=2))
        change = found.sizes[0, :, 1:, found.quantities.index("dh")]
        assert np.allclose(change, change[:, :1], rtol=1e-12)  # the gradient is w at every step


def test_a_program_with_an_operation_of_ones_own_is_validated() -> None:
    found = validate(adapter(Third, OPTIMISERS["sign"]), widths=WIDTHS, seeds=16, steps=2, device="cpu")
    assert found.row("Z_B", 2).predicted == 0
    assert found.verdict is Verdict.CONFIRMED


@pytest.mark.usefixtures("same_draws")
@pytest.mark.parametrize("epsilon", ["-inf", "-1"])
def test_a_subclass_has_no_fast_path_and_the_same_numbers(epsilon: str) -> None:
    program = lora(init="AB", loss="vector").substitute({"eta": "-1/2"})
    rules = adam(order(epsilon)), OwnAdam(order(epsilon))
    ours, own = (measure_cell(program.replaced(optimiser=o), 64, range(3), Settings(steps=3)) for o in rules)
    assert type(rules[1]) not in UPDATES
    assert np.allclose(own.sizes, ours.sizes, rtol=1e-9, atol=1e-14)


KERNELS = [o for o in (*(kind() for kind in UPDATES), adam("-1"), adam("0")) if UPDATES[type(o)].kernel]


@pytest.mark.parametrize("optimiser", KERNELS, ids=str)
@pytest.mark.parametrize("shape", [(3, 50, 4), (3, 4, 50), (3, 6, 6), (3, 7)], ids=str)
def test_every_kernel_is_its_rule(optimiser: Optimiser, shape: tuple[int, ...]) -> None:
    kernel = UPDATES[type(optimiser)].kernel
    assert kernel is not None
    source, memory, kept = torch.Generator().manual_seed(0), None, None
    for step in range(1, 5):
        gradient = torch.randn(shape, generator=source, dtype=torch.float64)
        gradient[:, 0] = 0
        memory, expected = optimiser.numeric(memory, gradient.clone(), step, 64)
        kept, update = kernel(optimiser, kept, gradient, step, 64, rate=0.5)
        torch.testing.assert_close(update, expected * -0.5, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("kind", OPERATIONS, ids=lambda kind: kind.__name__)
def test_every_fast_operation_is_its_meaning(kind: type[Expression]) -> None:
    """On every operation of this kind in the catalogue, with arrays drawn for its arguments."""
    source, seen = torch.Generator().manual_seed(0), 0
    graphs = [StoragePlan(target.build()).graph for target in TARGETS.values()]
    for node in {str(op.node): op.node for graph in graphs for op in graph.operations}.values():
        if type(node) is kind:
            sizes = {d.name: i for i, d in enumerate({d for a in node.arguments for d in a.shape}, 3)}
            arrays = [
                torch.randn((2, *(sizes[d.name] for d in a.shape)), generator=source, dtype=torch.float64)
                for a in node.arguments
            ]
            constants = node.constants(lambda _: 2.0)
            fast = OPERATIONS[kind].compute(node)(*arrays, *constants)
            torch.testing.assert_close(dense(fast), node.numeric(*arrays, *constants), rtol=1e-12, atol=1e-12)
            seen += 1
    assert seen


@pytest.mark.parametrize("optimiser", ["sgd", "sign", "adam"])
def test_products_of_changes_that_are_kept_as_factors_add_up(optimiser: str) -> None:
    """The change of the rows of W* + B A holds dB dA, of which both are kept as factors."""
    program = TARGETS["dora"].build(optimiser=optimiser).substitute({"eta": "-1"})
    found = measure_cell(program, 64, range(3), Settings(steps=3))
    assert found.residual.max() < 1e-10
