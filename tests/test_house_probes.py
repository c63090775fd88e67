"""A new operation and a new optimiser, each in one place: variables, substitution, derivation, numbers, marks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from gamma_calc import Dim, Order, Program, adam, data, derive, frozen, iid, lora, order, other, output, parameter, zero
from gamma_calc.calculus.lemmas import PRODUCT
from gamma_calc.calculus.premises import Premises
from gamma_calc.calculus.sign import normalised
from gamma_calc.calculus.value import ZERO, Contribution, Value
from gamma_calc.language.expression import Array, Expression, Rewrite
from gamma_calc.language.forms import Linear
from gamma_calc.language.optimiser import Optimiser
from gamma_calc.optimisers import by_shape, decayed, muon, sgd, sign
from validation import Verdict, validate

N, R = Dim("n", 1), Dim("r", 0)


class Tempered(Linear):
    """n^-tau x: an operation with an exponent of its own."""

    def __init__(self, argument: Expression, tau: Order) -> None:
        self.arguments, self.shape, self.tau = (argument,), argument.shape, tau

    @property
    def exponents(self) -> tuple[Order, ...]:
        return (self.tau,)

    def substituted(self, rewrite: Rewrite) -> Expression:
        return Tempered(rewrite.node(self.arguments[0]), rewrite.order(self.tau))

    def orders(self, values: tuple[Value, ...], premises: Premises) -> Iterator[Contribution]:
        for direction, size in values[0].components.items():
            yield Contribution(direction, size - self.tau, PRODUCT)

    def constants(self, power: Callable[[Order], float]) -> tuple[float, ...]:
        return (power(-self.tau),)

    def numeric(self, *arrays: Array) -> Array:
        x, factor = arrays
        return x * factor

    def pull_back(self, upstream: Expression) -> tuple[Expression | None, ...]:
        return (self.rebuild(upstream),)

    def rebuild(self, *arguments: Expression) -> Expression:
        return Tempered(arguments[0], self.tau)

    def notation(self) -> str:
        return f"n^-({self.tau}) {self.arguments[0].inside(4)}"


@dataclass(frozen=True, slots=True)
class SignOfMean(Optimiser):
    """The sign of the mean of all gradients so far."""

    name = "sign-of-mean"
    takes_signs = True

    def signed(self, memory: Value, gradient: Value) -> Value:
        return memory.plus(gradient)

    def orders(self, memory: Value, gradient: Value, site: str | None) -> tuple[Value, Value]:
        mean = self.signed(memory, gradient)
        return mean, ZERO if mean.is_zero else Value.collect(normalised(mean, site))

    def numeric(self, memory: Any, gradient: Array, step: int, width: int) -> tuple[Any, Array]:
        mean = gradient if memory is None else memory + (gradient - memory) / step
        return mean, mean.sign()


def tempered() -> Program:
    Z, W = data("Z", N), frozen("W*", N, N)
    A = parameter("A", R, N, init=iid("-1/2"), rate="eta")
    B = parameter("B", N, R, init=zero, rate="eta")
    Z_B = Tempered(B @ (A @ Z), order("tau"))
    loss = data("g", N) @ (W @ Z + Z_B)
    watch = [other("Z_A", A @ Z), output("Z_B", Z_B)]
    return Program("a temperature", loss, adam(), watch)


def test_an_operation_tells_its_exponent() -> None:
    assert tempered().variables == ("eta", "tau")
    assert tempered().substitute({"tau": "1/2"}).variables == ("eta",)
    assert str(derive(tempered(), tau=1).conditions["stable"].region) == "eta <= 0"


def test_an_operation_runs_in_numbers() -> None:
    found = validate(tempered(), at={"eta": "-1/2", "tau": "1/2"}, widths=(128, 256, 512, 1024), steps=2, seeds=8)
    assert found.verdict is Verdict.CONFIRMED, found


def test_sign_cancellations_of_a_new_optimiser_are_found() -> None:
    """As sign descent's own: two random factors that their steps outgrow tie from the third step."""
    written = lora("general", optimiser="sign", lr="per-factor", rank="growing", a0="-1/2", b0=0)
    of_sign, of_mean = (
        derive(written.replaced(optimiser=rule), rho="1/2", eta_A="-1/4", eta_B="-1/4").sign_cancellations
        for rule in (sign(), SignOfMean())
    )
    assert {(t.parameter, t.step) for t in of_sign} == {(t.parameter, t.step) for t in of_mean} != set()


def test_a_decay_is_the_order_of_a_sum() -> None:
    A = parameter("A", N, init=iid(0), rate="eta")
    program = Program("decay", data("x", N) @ A, decayed(sgd(), "-1/4"), [output("A", A)])
    assert derive(program).at_step(1)["dA"] == order("max(eta, eta - 1/4)")
    kept = Program("decay", N ** "-2" * (data("x", N) @ A), decayed(sgd(), 0), [output("A", A)])
    assert derive(kept).at_step(1)["dA"] == order("eta")
    found = validate(kept, at={"eta": "-1"}, widths=(128, 256, 512, 1024), steps=2, seeds=8)
    assert found.row("dA", 2).verdict is Verdict.CONFIRMED  # what is aligned by chance alone wants more seeds


def test_each_parameter_may_have_its_own_rule() -> None:
    W = parameter("W", N, N, init=iid("-1/2"), rate="eta")
    b = parameter("b", N, init=zero, rate="eta")
    h = W @ data("x", N) + b
    program = Program("two rules", N ** "-1" * (data("v", N) @ h), by_shape(muon(), adam()), [output("h", h)])
    alone = {"W": muon(), "b": adam()}
    for p in program.parameters:
        assert program.optimiser.for_parameter(p) == alone[p.name]
    assert derive(program).at_step(1)["dh"] == order("max(eta, eta)")
    found = validate(program, at={"eta": "0"}, widths=(128, 256, 512, 1024), steps=2, seeds=8)
    assert found.verdict is Verdict.CONFIRMED, found


@pytest.mark.parametrize("wrong", ["adam", None, 1])
def test_a_wrong_optimiser_is_named(wrong: Any) -> None:
    with pytest.raises(Exception, match="is no optimiser; give one such as adam"):
        tempered().replaced(optimiser=wrong)
