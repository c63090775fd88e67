"""LoRA at a rank that grows with the width, r = n^rho, under the multipliers 1, alpha/sqrt(r) and alpha/r."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from gamma_calc.claims.checks import Check, Largest, Orders, Ratio, Where
from gamma_calc.claims.claim import Claim
from gamma_calc.claims.measure import Edge
from gamma_calc.claims.setting import Setting, on
from gamma_calc.claims.sources import DERIVED, MU_A, RS_LORA

_SCALINGS: Final = {"1": Fraction(0), "alpha/sqrt(r)": Fraction(1, 2), "alpha/r": Fraction(1)}
_REPEATED: Final = "one repeated sample, so that the sum over the rank is coherent"
_FREE: Final = {"rank": "growing", "scaling": "free"}


def _growing(init: str, scaling: str, at: str = "") -> Setting:
    return on("lora", at, init=init, rank="growing", scaling=scaling)


def _quadratic(g: Fraction) -> str:
    """n^(-1/2) r^(-(1-g)/2)."""
    return f"-1/2 - {(1 - g) / 2}*rho"


def _joint(init: str, scaling: str, g: Fraction) -> tuple[Check, ...]:
    """Rates 1/n and 1/(s r)."""
    setting = on("lora", f"eta_A=-1, eta_B={g - 1}*rho", init=init, rank="growing", scaling=scaling, lr="per-factor")
    return (
        Orders(setting, {"delta1": "0", "delta2": "0", "delta3": "0", "Z_A": "0", "dZ_B": "0"}),
        Where(setting, "all", ("efficient",)),
    )


CLAIMS: Final = (
    Claim(
        "C01",
        MU_A,
        "corollary 4.4",
        "From Init[A] with s = r^-g the learning rate is n^(-1/2) r^(-(1-g)/2), with all deltas of order one.",
        tuple(
            check
            for scaling, g in _SCALINGS.items()
            for check in (
                Largest(_growing("A", scaling), _quadratic(g)),
                Orders(_growing("A", scaling, f"eta={_quadratic(g)}"), {"delta1": "0", "delta2": "0", "delta3": "0"}),
            )
        ),
        (_REPEATED, "r at most n"),
        measurements=(Edge(_growing("A", "1", "rho=1/2"), "-3/4", widths=(64, 256, 1024, 4096)),),
    ),
    Claim(
        "C02",
        MU_A,
        "corollary 4.4",
        "From Init[A] at that rate Z_A grows as n^(1/2) r^(-(1-g)/2).",
        tuple(
            Orders(_growing("A", scaling, f"eta={_quadratic(g)}"), {"Z_A": f"1/2 - {(1 - g) / 2}*rho"})
            for scaling, g in _SCALINGS.items()
        ),
        (_REPEATED,),
    ),
    Claim(
        "C03",
        MU_A,
        "corollary 4.4",
        "From Init[B] with s = 1 the learning rate is 1/n whatever the rank, and Z_A is of order one.",
        (
            Largest(_growing("B", "1"), "-1"),
            Orders(_growing("B", "1", "eta=-1"), {"Z_A": "0", "delta1": "0", "dZ_B": "0"}),
        ),
        (_REPEATED, "r at most n"),
        measurements=(Edge(_growing("B", "1", "rho=1/2"), "-1", widths=(64, 256, 1024, 4096)),),
    ),
    Claim(
        "C04",
        MU_A,
        "corollary 4.4",
        "From Init[B] with s = 1 at the rate 1/n, delta2 is r/n.",
        (Orders(_growing("B", "1", "eta=-1"), {"delta2": "rho - 1"}),),
        (_REPEATED,),
    ),
    Claim(
        "C05",
        MU_A,
        "transfer to full fine-tuning",
        "Full fine-tuning takes the rate 1/n, the same as LoRA from Init[B] with s = 1.",
        (
            Where(on("full fine-tuning"), "eta = -1", ("feature_learning",)),
            Ratio(_growing("B", "1"), on("full fine-tuning"), "0"),
        ),
    ),
    Claim(
        "C06",
        DERIVED,
        "after arXiv 2602.06204",
        "From Init[B] with s = r^-g the edge is min(r^g/n, n^(-1/2) r^(-(1-g)/2)), with the knee at r = n^(1/(1+g)).",
        tuple(
            Largest(_growing("B", scaling), value, within=within)
            for scaling, g in _SCALINGS.items()
            for value, within in (
                (f"{g}*rho - 1", f"rho <= {1 / (1 + g)}"),
                (_quadratic(g), f"rho >= {1 / (1 + g)}"),
            )
        ),
        (_REPEATED,),
    ),
    Claim(
        "C07",
        DERIVED,
        "after arXiv 2402.12354 and 2602.06204",
        "Rates 1/n for A and 1/(s r) for B make all deltas and Z_A of order one in the width and in the rank.",
        tuple(check for init in ("A", "B") for scaling, g in _SCALINGS.items() for check in _joint(init, scaling, g)),
        (_REPEATED,),
    ),
    Claim(
        "C08",
        RS_LORA,
        "theorem 3.2",
        "Under gradient descent with a rate that ignores the rank, training ignores it exactly for s = r^(-1/2).",
        (
            Orders(on("lora", init="A", optimiser="sgd", **_FREE), {"delta2": "eta + rho + 2*sigma"}, (1,)),
            Where(
                on("lora", "eta=0", init="A", optimiser="sgd", **_FREE),
                "sigma = -1/2*rho",
                demands=("delta2[1] = 0",),
            ),
        ),
        (_REPEATED, "B = 0, the first step"),
    ),
    Claim(
        "C09",
        DERIVED,
        "against arXiv 2312.03732",
        "Under Adam alpha/sqrt(r) makes the rate drift as r^(-1/4); alpha/r makes it free of the rank.",
        (
            Largest(_growing("A", "alpha/sqrt(r)"), "-1/2 - 1/4*rho"),
            Largest(_growing("A", "alpha/r"), "-1/2"),
        ),
        (_REPEATED,),
        measurements=(Edge(_growing("A", "alpha/r", "rho=1/2"), "-1/2", widths=(64, 256, 1024, 4096)),),
    ),
    Claim(
        "C10",
        DERIVED,
        "from C01 and the rate of full fine-tuning",
        "The rates of LoRA from Init[A] and of full fine-tuning differ by the factor sqrt(n/(r s)).",
        (
            Ratio(
                on("lora", init="A", **_FREE),
                on("full fine-tuning"),
                "1/2 - rho/2 - sigma/2",
                within="rho + sigma <= 1",
            ),
        ),
        ("s r at most n", _REPEATED),
    ),
)
