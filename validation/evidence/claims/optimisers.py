"""Optimisers that shape a gradient: preconditioners of a product, what a product's gauge does, matrix optimisers."""

from __future__ import annotations

from typing import Final

from validation.evidence.checks import Largest, Orders, Ratio, Same, Where
from validation.evidence.claim import Claim, Otherwise
from validation.evidence.claims.sources import ALT_LORA, DERIVED, LORA_RITE, MATRIX, STABLE_LORA
from validation.evidence.measure import Edge, Slopes
from validation.evidence.setting import ProgramSetting, on

_CHANGES: Final = ("Z_B", "dZ_B", "delta1", "delta2", "delta3")
_WIDER: Final = (256, 1024, 4096, 16384)
_RATES: Final = {"sgd": "p - q", "sign": "-q", "adam": "-q", "muon": "p/2 - q/2", "shampoo": "p/2 - q/2"}


def _scaled(at: str = "", **options: str) -> ProgramSetting:
    return on("lora", at, optimiser="riemannian-sgd", **options)


def _shared(a0: str, b0: str, optimiser: str, at: str = "") -> ProgramSetting:
    """A product whose factors start with these entries: all with a0 + b0 = -1 are one gauge orbit."""
    return on("lora", at, init="general", a0=a0, b0=b0, optimiser=optimiser)


CLAIMS: Final = (
    Claim(
        "C26",
        STABLE_LORA,
        "method",
        "Shrinking A until |A|/n <= |B|/m restores Z_A = n^(eta + 1).",
        (
            Orders(on("lora", init="general", a0="eta", b0="eta"), {"Z_A": "eta + 1"}, (1, 2, None)),
            Orders(on("lora", init="general", a0="-1/2", b0="eta"), {"Z_A": "0"}, within="eta <= -1"),
        ),
        ("the factors as shrinking leaves them, entries of A no larger than those of B, which its updates have made",),
        measurements=(Slopes(on("lora", "eta=-3/4", init="general", a0="-3/4", b0="-3/4"), {"Z_A": "1/4"}, 3),),
    ),
    Claim(
        "C27",
        ALT_LORA,
        "theorem 3",
        "Alternating projections learn features stably with one rate of order one.",
        (Where(_scaled(init="A"), "eta = 0", ("feature_learning",)),),
        ("the parts of joint scaled steps in which one factor moves stand for alternating ones",),
        Otherwise(
            "the loss is a mean over the outputs, so that the error signal is 1/n; with one of order one the rate is "
            "1/n",
            (
                Where(_scaled(init="A", loss="scalar"), "eta = 0", ("efficient",)),
                Where(_scaled(init="B", loss="scalar"), "eta = 0", ("efficient",)),
                Where(_scaled(init="A"), "eta = -1", ("efficient",)),
                Where(_scaled(init="B"), "eta = -1", ("efficient",)),
            ),
        ),
        (Edge(_scaled(init="A"), "-1"), Slopes(_scaled("eta=-1", init="B"), {"delta1": "0", "delta2": "0"}, 3)),
    ),
    Claim(
        "C28",
        ALT_LORA,
        "joint update",
        "The cross term of joint scaled steps is of the same order as the others.",
        tuple(
            Orders(_scaled(init=init), {"delta1": "eta + 1", "delta2": "eta + 1", "delta3": "eta + 1"}) for init in "AB"
        ),
        ("one factor starts at zero",),
        measurements=(
            Slopes(_scaled("eta=-1", init="A"), {"delta1": "0", "delta2": "0", "delta3": "0"}, 3),
            Slopes(_scaled("eta=-1", init="B"), {"delta3": "0"}, 3),
        ),
    ),
    Claim(
        "C29",
        DERIVED,
        "Riemannian preconditioning",
        "Before Adam the preconditioner gains no power of n; after the sign, Adam without memory, the rate is one.",
        (
            *(Ratio(on("lora", init=i, optimiser="riemannian-adam"), on("lora", init=i), "0") for i in ("A", "false")),
            Largest(on("lora", init="A", optimiser="riemannian-adam"), "-1/2"),
            Largest(on("lora", init="false", optimiser="riemannian-adam"), "-1"),
            Largest(on("lora", init="false", optimiser="sign-riemannian"), "0"),
        ),
        ("after the sign: A starts with variance 1/n and B with variance one, so that both Gram matrices are regular",),
        measurements=(
            Slopes(on("lora", "eta=-1/2", init="A", optimiser="riemannian-adam"), {"Z_B": "0"}, 3),
            Slopes(on("lora", "eta=0", init="A", optimiser="riemannian-adam"), {"Z_B": "1"}, 3),
            Slopes(
                on("lora", "eta=0", init="false", optimiser="sign-riemannian"),
                {"delta1": "0", "delta2": "0"},
                3,
                widths=_WIDER,
            ),
        ),
    ),
    Claim(
        "C30",
        LORA_RITE,
        "invariance",
        "Adam's update of B A depends on the gauge, an invariant one does not.",
        (
            Ratio(_shared("-1/2", "-1/2", "adam"), _shared("-1", "0", "adam"), "1/2"),
            *(
                Same(_shared("-1/2", "-1/2", "riemannian-sgd", at), _shared("-1", "0", "riemannian-sgd", at), _CHANGES)
                for at in ("eta=-1", "eta=-3/2")
            ),
        ),
        ("(A, B) against (A/u, B u) with u = n^(1/2)", "scaled gradient descent for the invariant optimiser"),
        measurements=(
            Slopes(_shared("-1/2", "-1/2", "riemannian-sgd", "eta=-3/2"), {"delta1": "-1", "delta2": "-3/2"}, 2),
            Slopes(_shared("-1", "0", "riemannian-sgd", "eta=-3/2"), {"delta1": "-1", "delta2": "-3/2"}, 2),
            Slopes(_shared("-1/2", "-1/2", "adam", "eta=-1"), {"delta1": "-1/2"}, 2),
            Slopes(_shared("-1", "0", "adam", "eta=-1"), {"delta1": "0"}, 2),
        ),
    ),
    Claim(
        "C42",
        MATRIX,
        "spectral condition",
        "Updates of norm sqrt(d_out/d_in) give the rate of every matrix optimiser.",
        (
            *(Largest(on("matrix", optimiser=name), rate) for name, rate in _RATES.items()),
            *(Orders(on("matrix", f"eta={rate}", optimiser=name), {"W": "-q"}) for name, rate in _RATES.items()),
            Where(
                on("lora", optimiser="muon", lr="per-factor", rank="growing", stability="Z_A,Z_B"),
                "eta_A = rho/2 - 1/2 & eta_B = 1/2 - rho/2",
                ("efficient",),
            ),
        ),
        (
            "one sample, whose update has rank one: entries 1/d_in are a norm of sqrt(d_out/d_in)",
            "d_out = n^p, d_in = n^q; for the factors of LoRA the matrices are r x n and n x r",
        ),
        measurements=(
            Slopes(on("matrix", "eta=1/4, p=1, q=1/2", optimiser="muon"), {"Z_W": "0", "W": "-1/2"}, 2),
            Slopes(on("matrix", "eta=-1/4, p=1/2, q=1", optimiser="muon"), {"Z_W": "0", "W": "-1"}, 2),
            Slopes(on("matrix", "eta=1/2, p=1, q=1/2", optimiser="sgd"), {"Z_W": "0", "W": "-1/2"}, 2),
        ),
    ),
    Claim(
        "C43",
        MATRIX,
        "Shampoo",
        "Shampoo takes (d_out/d_in)^(1-e): Muon at e = 1/2, Adam with blocks of one.",
        (
            *(
                Largest(on("matrix, shampoo", power=power), f"{rest}*p - {rest}*q")
                for power, rest in (("1/4", "3/4"), ("1/2", "1/2"), ("3/4", "1/4"))
            ),
            Ratio(on("matrix, shampoo", power="1/2"), on("matrix", optimiser="muon"), "0"),
            Largest(on("matrix", optimiser="sign"), "-q"),
        ),
        ("no memory", "a block of one entry g becomes g/|g|^(2e), at e = 1/2 its sign"),
        measurements=(Slopes(on("matrix, shampoo", "eta=-3/8, p=1/2, q=1", power="1/4"), {"Z_W": "0"}, 2),),
    ),
)
