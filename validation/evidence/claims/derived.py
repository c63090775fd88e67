"""Consequences that the papers do not state in this form, or that stand beside them."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from validation.evidence.checks import Largest, Orders, Same
from validation.evidence.claim import Claim
from validation.evidence.claims.sources import DERIVED
from validation.evidence.measure import Edge, Slopes
from validation.evidence.setting import ProgramSetting, on
from validation.evidence.trial import Trial

_LAW: Final = "-1/2 + {power}*(eta + 1/2)"
_CLOSE: Final = Fraction(3, 100)
_HUGE: Final = tuple(2**k for k in range(40, 121, 16))  # widths at which the law has settled


def _scaled(init: str, sigma: str, value: str) -> Edge:
    return Edge(on("lora", f"sigma={sigma}", init=init, scaling="free"), value, Fraction(7, 100))


def _aligned(setting: ProgramSetting) -> Orders:
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
        numeric="a statement on numbers, not on exponents",
        measurements=tuple(
            Trial("closed_forms", f"Init[{init}]: largest relative error over 5 steps", "0", "1e-8", (init,))
            for init in ("A", "B", "AB")
        ),
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
        measurements=tuple(
            Slopes(
                on("lora", "eta=-1", init=init), {"delta1": size, "delta1.aligned": aligned}, 1, _CLOSE, most_seeds=1024
            )
            for init, size, aligned in (("B", "0", "-1/2"), ("AB", "-1/2", "-1"))
        ),
    ),
    Claim(
        "E6",
        DERIVED,
        "a refinement of proposition 1 of arXiv 2402.12354",
        "From Init[1] with one rate the toy's f after step t is -1/2 + (2t - 1)(eta + 1/2) for eta above -1/2.",
        (
            Same(on("toy", init="1"), on("toy in scalars", init="1"), ("u", "b", "f", "delta1", "delta2", "delta3")),
            *(
                Orders(on("toy", init="1"), {"f": _LAW.format(power=2 * step - 1)}, (step,), within="eta >= -1/2")
                for step in (1, 2, 3, 4)
            ),
        ),
        ("the error signal is of order one, which holds while f is small",),
        measurements=tuple(
            Slopes(on("toy in scalars", "eta=-2/5", init="1"), {"f": value}, step, _CLOSE, _HUGE, 4096)
            for step, value in ((1, "-2/5"), (2, "-1/5"), (3, "0"), (4, "1/5"))
        ),
    ),
    Claim(
        "E7",
        DERIVED,
        "escape of the toy",
        "At n^(-1/2) the toy from Init[1] leaves f = n^(-1/2) after about ln n / (4 ln(1 + c |y|)) steps.",
        assumptions=("measured at c = 0.2 and y = 1, where it is 1.90 steps per factor 4",),
        numeric="a number of steps that grows like log n is no power of n",
        measurements=(
            Trial("steps_to_escape", "steps more to half the target per factor 4 in n", "1.90", "0.05", ("0.2",)),
        ),
    ),
)
