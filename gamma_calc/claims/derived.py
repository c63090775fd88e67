"""Consequences that the papers do not state in this form, or that stand beside them."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from gamma_calc.claims.checks import Largest, Orders
from gamma_calc.claims.claim import Claim
from gamma_calc.claims.measure import Edge, Slopes
from gamma_calc.claims.setting import Setting, on
from gamma_calc.claims.sources import DERIVED, MU_A

_LAW: Final = "-1/2 + {power}*(eta + 1/2)"


def _scaled(init: str, sigma: str, value: str) -> Edge:
    return Edge(on("lora", f"sigma={sigma}", init=init, scaling="free"), value, Fraction(7, 100))


def _aligned(setting: Setting) -> Orders:
    """What Init[A] moves is along the loss gradient, up to a constant."""
    return Orders(
        setting, {"delta1.aligned": "2*eta + 1", "delta2.aligned": "max(eta, 2*eta + 1)", "delta3.aligned": "2*eta + 1"}
    )


CLAIMS: Final = (
    Claim(
        "E1",
        DERIVED,
        "closed forms of sign descent under a linear loss",
        "Z_A, B, Z_B and the deltas have exact closed forms at every step, from Init[A], Init[B] and Init[AB].",
        pending="a statement on numbers, not on exponents",
    ),
    Claim(
        "E2",
        DERIVED,
        "the form agrees with arXiv 2603.05204",
        "With s = n^sigma the edge is -(1 + sigma)/2 from Init[A] (sigma <= 1), -1 - sigma from Init[B] (sigma >= -1).",
        (
            Largest(on("lora", init="A", scaling="free"), "-1/2 - sigma/2", within="sigma <= 1"),
            Largest(on("lora", init="A", scaling="free"), "-sigma", within="sigma >= 1"),
            Largest(on("lora", init="B", scaling="free"), "-1 - sigma", within="sigma >= -1"),
            Largest(on("lora", init="B", scaling="free"), "-1/2 - sigma/2", within="sigma <= -1"),
        ),
        measurements=(
            _scaled("A", "-1/2", "-1/4"),
            _scaled("A", "1/2", "-3/4"),
            _scaled("B", "-1/2", "-1/2"),
            _scaled("B", "1/2", "-3/2"),
        ),
    ),
    Claim(
        "E3",
        MU_A,
        "corollary 4.4",
        "With r = n^rho and s = r^-g the edge falls by (1 - g) rho/2 from Init[A]; from Init[B] with s = 1 it stays.",
        (
            Largest(on("lora", init="A", rank="growing"), "-1/2 - rho/2"),
            Largest(on("lora", init="A", rank="growing", scaling="alpha/sqrt(r)"), "-1/2 - rho/4"),
            Largest(on("lora", init="A", rank="growing", scaling="alpha/r"), "-1/2"),
            Largest(on("lora", init="B", rank="growing"), "-1"),
        ),
        ("one repeated sample, so that the sum over the rank is coherent",),
    ),
    Claim(
        "E4",
        DERIVED,
        "loss-aligned sizes",
        "A part of the change that passes a random B0 has a share n^(-1/2) along the gradient; others lose nothing.",
        (
            Orders(on("lora", "eta=-1", init="B"), {"delta1": "0", "delta1.aligned": "-1/2"}),
            Orders(on("lora", init="AB"), {"delta1": "eta + 1/2", "delta1.aligned": "eta"}, (1,)),
            _aligned(on("lora", init="A")),
            Orders(on("lora", init="A"), {"delta1": "2*eta + 1", "delta2": "max(eta, 2*eta + 1)"}),
        ),
        measurements=(
            Slopes(on("lora", "eta=-1", init="B"), {"delta1": "0", "delta1.aligned": "-1/2"}, 1, Fraction(3, 100)),
        ),
    ),
    Claim(
        "E5",
        DERIVED,
        "readouts of the teacher-student experiment",
        "The loss-optimal rate is -3/4 (Init[A]) or -1 (Init[B]) with a readout n^(-1/2), -1/2 for both with 1/n.",
        pending="the teacher-student experiment is not in the package yet",
    ),
    Claim(
        "E6",
        DERIVED,
        "a refinement of proposition 1 of arXiv 2402.12354",
        "From Init[1] with one rate the toy's f after step t is -1/2 + (2t - 1)(eta + 1/2) for eta above -1/2.",
        tuple(
            Orders(on("toy", init="1"), {"f": _LAW.format(power=2 * step - 1)}, (step,), within="eta >= -1/2")
            for step in (1, 2, 3, 4)
        ),
        ("the error signal is of order one, which holds while f is small",),
    ),
    Claim(
        "E7",
        DERIVED,
        "escape of the toy",
        "At n^(-1/2) the toy from Init[1] leaves f = n^(-1/2) after about ln n / (4 ln(1 + c |y|)) steps.",
        pending="a number of steps that grows like log n is no power of n",
    ),
)
