"""Programs of thousands of nodes: written, derived, printed, copied and run without running out of stack."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest

from gamma_calc import Dim, Program, data, derive, frozen, output, parameter, sgd, zero
from gamma_calc.display.blocks import plain
from gamma_calc.language.expression import LONGEST_TEXT, Expression

n = Dim("n", 1)


def additions(count: int) -> Expression:
    x, c = data("x", n), parameter("c", n, init=zero, rate="eta")
    f = c @ x
    for _ in range(count):
        f = f + c @ x
    return f


def negations(count: int) -> Expression:
    f = parameter("c", n, init=zero, rate="eta") @ data("x", n)
    for _ in range(count):
        f = -f
    return f


def products(count: int) -> Expression:
    W = frozen("W", n, n, entry="-1/2")
    h: Expression = data("x", n)
    for _ in range(count):
        h = W @ h
    return parameter("c", n, init=zero, rate="eta") @ h


@pytest.mark.parametrize(("made", "count"), [(additions, 500), (negations, 5000), (products, 2000)])
def test_a_long_chain_is_derived_printed_and_copied(made: Callable[[int], Expression], count: int) -> None:
    f = made(count)
    program = Program("chain", -f, sgd(), [output("f", f)])
    found = derive(program)
    assert found.at_step(1)["f"] == derive(program.substitute({"eta": "-1"})).at_step(1)["f"] + "eta + 1"
    assert len(plain(found.blocks("text"))) < 4 * LONGEST_TEXT
    assert pickle.loads(pickle.dumps(program)) == program  # noqa: S301 - made here


def test_a_sum_of_sums_of_sums_is_written_without_its_middle() -> None:
    f: Expression = data("x", n)
    for _ in range(60):
        f = f + f
    assert len(str(f)) <= LONGEST_TEXT
    assert " ... " in str(f)


@pytest.mark.parametrize(("made", "count", "terms"), [(additions, 600, 601), (negations, 2000, 1)])
def test_a_long_chain_is_run(made: Callable[[int], Expression], count: int, terms: int) -> None:
    """From c = 0 at the rate 1/n a step gives terms^2 |x|^2/n."""
    pytest.importorskip("torch")
    from validation.executor.cell import measure_cell
    from validation.executor.settings import Settings

    f = made(count)
    program = Program("chain", -f, sgd(), [output("f", f)]).substitute({"eta": "-1"})
    found = measure_cell(program, 256, range(2), Settings(steps=1))
    assert found.sizes[0, :, 1, found.quantities.index("f")] == pytest.approx(terms**2, rel=0.5)
