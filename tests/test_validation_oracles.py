"""The executor against closed forms: the whole course of a LoRA layer under sign steps and a linear loss."""

from fractions import Fraction
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

from gamma_calc import lora  # noqa: E402 - after the check that torch is there
from gamma_calc.language.leaves import Data  # noqa: E402
from validation.arrays.draws import Draws  # noqa: E402
from validation.executor.execute import TrainingRun  # noqa: E402
from validation.executor.graph import identity  # noqa: E402
from validation.executor.plan import Plan  # noqa: E402

N, R, SEEDS, STEPS = 512, 5, 6, 5
Arrays = dict[str, Any]
WATCHED = ("Z_A", "B", "Z_B", "delta1", "delta2", "delta3")


def trajectory(init: str, eta: str, optimiser: str = "sign") -> tuple[Arrays, list[Arrays], float]:
    """What the run started from, the watched arrays after each step, and the learning rate."""
    program = lora(init=init, optimiser=optimiser).substitute({"eta": eta})
    plan = Plan(program, N, {"r": R})
    draws = Draws(identity(program), N, tuple(range(SEEDS)), 1, torch.float64, torch.device("cpu"))
    run = TrainingRun(plan, draws, torch.ones(SEEDS, dtype=torch.float64))
    vectors = {op.node.name: run.value(i) for i, op in enumerate(plan.graph.operations) if isinstance(op.node, Data)}
    start = {"A": run.now["A"].clone(), "B": run.now["B"].clone(), **vectors}
    places = {w.name: w.place for w in plan.watches if w.place is not None}
    steps = []
    for t in range(1, STEPS + 1):
        _, moving = run.take_step(t)
        moves = {q for q in WATCHED if plan.graph.operations[places[q]].moves}
        steps.append({q: (moving[places[q]] if q in moves else run.value(places[q])).clone() for q in WATCHED})
    return start, steps, N ** float(Fraction(eta))


def column(x: Any) -> Any:
    return x[:, None]


@pytest.mark.parametrize("eta", ["-1/2", "-3/4", "-1"])
def test_init_a(eta: str) -> None:
    start, steps, rate = trajectory("A", eta)
    z = (start["A"] @ start["Z"][..., None])[..., 0]
    q, h = column(start["Z"].abs().sum(-1)), start["w"].sign()
    for t, found in enumerate(steps, 1):
        size = column(z.abs().sum(-1))
        expected = {
            "Z_A": z + (t - 1) * rate * q * z.sign(),
            "B": t * rate * h[:, :, None] * z.sign()[:, None, :],
            "Z_B": t * rate * h * (size + R * (t - 1) * rate * q),
            "delta1": (t - 1) * R * rate**2 * q * h,
            "delta2": rate * h * (size + R * max(t - 2, 0) * rate * q),
            "delta3": (R * rate**2 * q * h) if t >= 2 else 0 * h,
        }
        for name, value in expected.items():
            assert torch.allclose(found[name], value, rtol=1e-8, atol=1e-12), (name, t)


@pytest.mark.parametrize("eta", ["-1/2", "-1"])
def test_init_b(eta: str) -> None:
    start, steps, rate = trajectory("B", eta)
    k = (start["B"].swapaxes(1, 2) @ start["w"][..., None])[..., 0].sign()
    q, h = column(start["Z"].abs().sum(-1)), start["w"].sign()
    along = (start["B"] @ k[..., None])[..., 0]
    for t, found in enumerate(steps, 1):
        expected = {
            "Z_A": t * rate * q * k,
            "B": start["B"] + (t - 1) * rate * h[:, :, None] * k[:, None, :],
            "Z_B": t * rate * q * (along + (t - 1) * rate * R * h),
            "delta1": rate * q * (along + max(t - 2, 0) * rate * R * h),
            "delta2": (t - 1) * rate**2 * q * R * h,
            "delta3": (rate**2 * q * R * h) if t >= 2 else 0 * h,
        }
        for name, value in expected.items():
            assert torch.allclose(found[name], value, rtol=1e-8, atol=1e-12), (name, t)


def test_init_ab_decouples_into_rank_components() -> None:
    start, steps, rate = trajectory("AB", "-1/2")
    z = (start["A"] @ start["Z"][..., None])[..., 0]
    c = (start["B"].swapaxes(1, 2) @ start["w"][..., None])[..., 0]
    q, p = column(start["Z"].abs().sum(-1)), column(start["w"].abs().sum(-1))
    for found in steps:
        z, c = z + rate * q * c.sign(), c + rate * p * z.sign()
        assert torch.allclose(found["Z_A"], z, rtol=1e-8, atol=1e-10)


def test_what_cannot_move_is_exactly_zero() -> None:
    _, steps, _ = trajectory("A", "-1/2")
    assert not steps[0]["delta1"].any()
    assert not steps[0]["delta3"].any()


def test_adam_starts_with_the_known_first_sizes_of_its_steps() -> None:
    """A factor whose gradient was zero at the first step moves by 0.744 eta at the second."""
    start, steps, rate = trajectory("A", "-1/2", "adam")
    z = (start["A"] @ start["Z"][..., None])[..., 0]
    moved = (steps[1]["Z_A"] - z).abs() / column(start["Z"].abs().sum(-1)) / rate
    first = (0.1 / (1 - 0.9**2)) / (0.001 / (1 - 0.999**2)) ** 0.5
    assert first == pytest.approx(0.744, abs=1e-3)
    assert torch.allclose(moved, torch.full_like(moved, first), rtol=1e-8)
