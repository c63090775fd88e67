"""A LoRA layer under sign steps and a linear loss has closed forms at every step; the executor against them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import torch

from gamma_calc.catalogue.lora import lora
from validation.arrays.draws import Draws
from validation.arrays.matrices import Tensor
from validation.evidence.trials.found import Found
from validation.executor.execute import TrainingRun
from validation.executor.plan import Plan

WIDTH: Final = 512
RANK: Final = 5
SEEDS: Final = 6
STEPS: Final = 5
TINY: Final = 1e-300  # keeps 0/0 out where both are exactly zero
RATES: Final = {"A": Fraction(-1, 2), "B": Fraction(-1), "AB": Fraction(-1, 2)}  # exponents: the edge of each start

Forms = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Both factors at the start, the sample, the direction of the loss, and the learning rate."""

    A: Tensor
    B: Tensor
    Z: Tensor
    w: Tensor
    eta: float

    @property
    def length(self) -> Tensor:
        """The sum of the absolute entries of Z: what a step of signs makes of it."""
        return self.Z.abs().sum(-1, keepdim=True)


def closed_forms(init: str) -> Found:
    """The largest relative error of any entry over five steps, at the edge of Init[A], Init[B] or Init[AB]."""
    program = lora(init, optimiser="sign").substitute({"eta": RATES[init]})
    plan = Plan(program, WIDTH, {"r": RANK})
    draws = Draws("closed forms", WIDTH, tuple(range(SEEDS)), 1, torch.float64, torch.device("cpu"))
    run = TrainingRun(plan, draws, torch.ones(SEEDS, dtype=torch.float64))
    given = {str(op.node): run.value(i) for i, op in enumerate(plan.graph.operations) if str(op.node) in ("Z", "w")}
    A, B = run.now["A"].clone(), run.now["B"].clone()
    forms = FORMS[init](Start(A, B, given["Z"], given["w"], WIDTH ** float(RATES[init])))
    places = {w.name: w.place for w in plan.watches if w.place is not None}
    worst = 0.0
    for step, expected in zip(range(1, STEPS + 1), forms, strict=False):
        _, moving = run.take_step(step)
        for name, form in expected.items():
            place = places[name]
            found = moving[place] if plan.graph.operations[place].moves else run.value(place)
            worst = max(worst, float((found - form).abs().amax() / (form.abs().amax() + TINY)))
    return Found(worst, 0, SEEDS)


def _from_a(start: Start) -> Iterator[Forms]:
    """All columns of B are multiples of h, so the output is too."""
    z, q, h, eta = _apply(start.A, start.Z), start.length, start.w.sign(), start.eta
    size = z.abs().sum(-1, keepdim=True)
    for t in range(1, STEPS + 1):
        yield {
            "Z_A": z + (t - 1) * eta * q * z.sign(),
            "B": t * eta * h[:, :, None] * z.sign()[:, None, :],
            "Z_B": t * eta * h * (size + RANK * (t - 1) * eta * q),
            "delta1": (t - 1) * RANK * eta**2 * q * h,
            "delta2": eta * h * (size + RANK * max(t - 2, 0) * eta * q),
            "delta3": (t > 1) * RANK * eta**2 * q * h,
        }


def _from_b(start: Start) -> Iterator[Forms]:
    """A moves along the signs k of the first gradient for ever."""
    k, q, h, eta = _apply(start.B.mT, start.w).sign(), start.length, start.w.sign(), start.eta
    along = _apply(start.B, k)
    for t in range(1, STEPS + 1):
        yield {
            "Z_A": t * eta * q * k,
            "B": start.B + (t - 1) * eta * h[:, :, None] * k[:, None, :],
            "Z_B": t * eta * q * (along + (t - 1) * eta * RANK * h),
            "delta1": eta * q * (along + max(t - 2, 0) * eta * RANK * h),
            "delta2": (t - 1) * eta**2 * q * RANK * h,
            "delta3": (t > 1) * eta**2 * q * RANK * h,
        }


def _from_both(start: Start) -> Iterator[Forms]:
    """Each component of the rank is a pair of numbers, z of A Z and c of B^T w, that move along each other's signs."""
    z, c, eta = _apply(start.A, start.Z), _apply(start.B.mT, start.w), start.eta
    q, p = start.length, start.w.abs().sum(-1, keepdim=True)
    for _ in range(STEPS):
        z, c = z + eta * q * c.sign(), c + eta * p * z.sign()
        yield {"Z_A": z}


def _apply(matrix: Tensor, vector: Tensor) -> Tensor:
    return (matrix @ vector[..., None])[..., 0]


FORMS: Final = {"A": _from_a, "B": _from_b, "AB": _from_both}
