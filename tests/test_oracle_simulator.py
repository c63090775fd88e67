"""The independent oracle itself: steps worked out by hand, and slopes of sizes whose exponents are known."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch
from oracle.simulator import Run, Setting, Sizes, along, rms, simulate
from oracle.slopes import slopes

from gamma_calc import Dim, Program, data, given, iid, lora, output, parameter, zero
from gamma_calc.catalogue.matrix import matrix
from gamma_calc.operations import since_start, tanh
from gamma_calc.optimisers import OPTIMISERS

n, r = Dim("n", 1), Dim("r", 0)
HERE = Setting(16, seeds=4, steps=2)


def layer(optimiser: str, *, start: object = None) -> Program:
    A = parameter("A", r, n, init=iid("-1/2"), rate="-1/2")
    B = parameter("B", n, r, init=iid(0) if start is None else zero, rate="-1")
    z = since_start(B @ (A @ data("x", n)))
    parts = ("delta1", "delta2", "delta3")
    return Program("a layer", -(data("v", n) @ z), OPTIMISERS[optimiser], [output("z", z, parts=parts)])


def stepped(program: Program) -> Run:
    run = Run(program, HERE, 0, HERE.seeds)
    run.step(1)
    return run


def test_a_step_of_gradient_descent_is_what_the_formula_says() -> None:
    run = stepped(layer("sgd"))
    x, v = run.drawn["x"], run.drawn["v"]
    a, b = run.start["A"], run.start["B"]
    rates = {"A": HERE.constant("rate A") * 16**-0.5, "B": HERE.constant("rate B") / 16}
    moved_a = rates["A"] * torch.einsum("sir,si,sj->srj", b, v, x)
    moved_b = rates["B"] * torch.einsum("si,srj,sj->sir", v, a, x)
    assert torch.allclose(run.now["A"] - a, moved_a)
    assert torch.allclose(run.now["B"] - b, moved_b)


def test_signs_and_the_first_step_of_adam_are_the_same() -> None:
    sign, adam = stepped(layer("sign")), stepped(layer("adam"))
    assert all(torch.allclose(sign.now[name], adam.now[name]) for name in "AB")


def test_a_zero_gradient_moves_nothing_under_adam() -> None:
    run = stepped(layer("adam", start="zero"))
    assert torch.equal(run.now["A"], run.start["A"])
    assert not torch.equal(run.now["B"], run.start["B"])


@pytest.mark.parametrize("name", ["muon", "shampoo"])
def test_a_step_of_muon_has_length_one(name: str) -> None:
    run = stepped(layer(name))
    length = (run.now["A"] - run.start["A"]).square().sum((1, 2)).sqrt() / (HERE.constant("rate A") * 16**-0.5)
    assert torch.allclose(length, torch.ones_like(length))


def test_a_step_of_muon_on_a_batch_has_singular_values_of_one() -> None:
    run = stepped(matrix(optimiser="muon", batch="growing").substitute({"eta": "0", "p": 1, "q": "1/2", "beta": "1/4"}))
    values = torch.linalg.svdvals(run.now["W"] / HERE.constant("rate W"))
    samples = HERE.size(Dim("N", "1/4"))
    assert values.shape[1] > samples
    assert torch.allclose(values[:, :samples], torch.ones(()).double())
    assert float(values[:, samples:].max()) < 1e-5


def test_the_parts_of_a_change_add_up_to_it() -> None:
    run = stepped(layer("sgd"))
    run.step(2)
    group = run.program.watch[0]
    parts = [run._part(q.node, place, {}, {}) for place, q in enumerate(group[2:])]  # noqa: SLF001 - what is tested
    now, before = run.value(group[0].node, run.now, {}), run.value(group[0].node, run.previous, {})
    assert torch.allclose(torch.stack(parts).sum(0), now - before)


def test_what_a_quantity_has_along_a_gradient() -> None:
    """The loss is linear, so the gradient of z is v at every step, but for a sign."""
    run = stepped(layer("sgd"))
    run.watch(1)
    z, v = run.value(run.program.watch[0][0].node, run.now, {}), run.drawn["v"]
    assert torch.allclose(run.rms["z.aligned", 1], (z * v).sum(1).abs() / (16 * v.square().sum(1)).sqrt())
    assert torch.allclose(along(v, v), rms(v))


def test_what_training_added_is_zero_at_the_start() -> None:
    assert float(simulate(layer("sgd"), HERE).rms["z", 0].max()) == 0


def test_a_given_start_is_its_expression() -> None:
    x = data("x", n)
    a = parameter("a", n, init=given(tanh(x)), rate=0)
    run = stepped(Program("given", -(a @ x), OPTIMISERS["sgd"], [output("f", a @ x)]))
    assert torch.allclose(run.start["a"], run.drawn["x"].tanh())


def test_the_slope_of_tanh_stays_positive_where_it_saturates() -> None:
    h = parameter("h", n, init=iid(2), rate=0)
    run = stepped(Program("saturated", -(data("v", n) @ tanh(h)), OPTIMISERS["sign"], [output("a", tanh(h))]))
    moved = (run.now["h"] - run.start["h"]).abs()
    assert float((run.start["h"].abs() > 40).double().mean()) > 0.5
    assert bool((moved[run.start["h"].abs() < 300] > 0).all())


def test_known_exponents_are_measured() -> None:
    program = lora("A", optimiser="sign").substitute({"eta": "-1/2"})
    widths = (64, 128, 256, 512)
    found = slopes({k: simulate(program, Setting(k, seeds=24, steps=2, sizes={"r": 16})) for k in widths})
    for key, right in {("Z_A", 2): 0.5, ("Z_B", 2): 0.0, ("B", 1): -0.5, ("delta3", 2): 0.0}.items():
        assert abs(found[key].value - right) < max(0.1, found[key].half_width), key
    assert found["delta3", 1].zero


def test_a_size_that_drifts_has_a_wide_interval() -> None:
    """n + 30 n^(1/2) is still between its two slopes at these widths; n is not."""
    widths = (64, 256, 1024, 4096)
    seeds = torch.linspace(0.9, 1.1, 16, dtype=torch.float64)
    sizes = {k: Sizes({("x", 0): seeds * (k + 30 * k**0.5), ("y", 0): seeds * k}, frozenset()) for k in widths}
    found = slopes(sizes)
    assert found["x", 0].high > 0.95
    assert found["x", 0].half_width > 0.1
    assert found["y", 0].value == pytest.approx(1)
    assert found["y", 0].half_width < 0.1
