"""Starting with both factors random."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from validation.evidence.along import Along, evenly
from validation.evidence.checks import Largest, Orders, Same, Where
from validation.evidence.claim import Claim, Otherwise
from validation.evidence.claims.sources import DERIVED, NON_ZERO
from validation.evidence.measure import Edge, Slopes
from validation.evidence.setting import on
from validation.evidence.trial import Trial

_ADDITIVE: Final = "every sum over n terms adds 1, also that of A0 Z with random signs (sum_rule=additive)"
_CENTRAL: Final = "A0 Z by the central limit (sum_rule=clt)"
_PAIRS: Final = "eta_A + eta_B = -1 & a0 <= eta_A & b0 <= eta_B"
_SHARED: Final = "eta = -1/2 & a0 <= -1/2 & b0 <= -1/2"
_FACTORS: Final = ("Z_A", "A", "B", "dZ_B", "delta1", "delta2", "delta3")

_LARGE_A: Final = (
    Slopes(on("lora", "eta=-1/2", init="general", a0="0", b0="-1/2"), {"delta1": "0", "delta2": "0"}, 1),
)


def _degree(init: str, quantity: str, degree: str) -> Along:
    """Learning rates well below 1/n."""
    return Along(on("lora", init=init), "eta", evenly("-9/4", "-3/2", 5), {quantity: degree}, 2, 4096)


def _robust(rule: str, pairs: str, shared: str) -> tuple[Where, Where]:
    """Efficient with delta1 and delta2 linear in the learning rates."""
    gain = {"additive": "1", "clt": "1/2"}[rule]
    return (
        Where(
            on("lora", init="general", lr="per-factor", sum_rule=rule),
            pairs,
            ("efficient",),
            ("delta1 = b0 + eta_A + 1", f"delta2 = eta_B + a0 + {gain}"),
        ),
        Where(
            on("lora", init="general", sum_rule=rule),
            shared,
            ("efficient",),
            ("delta1 = b0 + eta + 1", f"delta2 = eta + a0 + {gain}"),
        ),
    )


CLAIMS: Final = (
    Claim(
        "N1",
        NON_ZERO,
        "equation 5",
        "Efficient exactly for eta_A + eta_B = -1, a0 <= eta_A and b0 <= eta_B, not both factors zero.",
        (Where(on("lora", init="general", lr="per-factor"), _PAIRS, ("efficient",)),),
        (_CENTRAL,),
        Otherwise(
            _ADDITIVE,
            tuple(
                check
                for notion in ("Z_B", "theta")
                for check in (
                    Where(
                        on("lora", stability=notion, init="general", lr="per-factor", sum_rule="additive"),
                        _PAIRS,
                        ("efficient",),
                    ),
                    Where(
                        on("lora", stability=notion, init="A", a0="-inf", lr="per-factor", sum_rule="additive"),
                        "none",
                        ("efficient",),
                    ),
                )
            ),
        ),
        _LARGE_A,
    ),
    Claim(
        "N2",
        NON_ZERO,
        "equation 6",
        "With one learning rate, efficient exactly for eta = -1/2, a0 <= -1/2 and b0 <= -1/2.",
        (Where(on("lora", init="general"), _SHARED, ("efficient",)),),
        (_CENTRAL,),
        Otherwise(
            _ADDITIVE,
            tuple(
                Where(on("lora", stability=notion, init="general", sum_rule="additive"), _SHARED, ("efficient",))
                for notion in ("Z_B", "theta")
            ),
        ),
        (Slopes(on("lora", "eta=-1/2", init="AB+", b0="-1/4"), {"delta1": "1/4"}, 1),),
    ),
    Claim(
        "N3",
        NON_ZERO,
        "after equation 6",
        "Init[A] meets the condition for one shared rate, Init[B] does not.",
        (
            Where(on("lora", init="A"), "eta = -1/2", ("efficient",)),
            Where(on("lora", init="B"), "none", ("efficient",)),
            Where(on("lora", init="A", sum_rule="additive"), "eta = -1/2", ("efficient",)),
            Where(on("lora", init="B", sum_rule="additive"), "none", ("efficient",)),
        ),
        measurements=(
            Slopes(on("lora", "eta=-1/2", init="A"), {"delta1": "0", "delta2": "0"}, 3),
            Slopes(on("lora", "eta=-1", init="B"), {"delta2": "-1"}, 2),
        ),
    ),
    Claim(
        "N4",
        NON_ZERO,
        "robustness",
        "Below the edge delta1 is quadratic in the learning rate from Init[A], linear from Init[AB].",
        (
            Orders(on("lora", init="A"), {"delta1": "2*eta + 1"}),
            Orders(on("lora", init="AB"), {"delta1": "eta + 1/2"}, within="eta <= -1/2"),
            Orders(on("lora", init="AB", sum_rule="additive"), {"delta1": "eta + 1/2"}, within="eta <= -1/2"),
        ),
        ("the degree in the learning rate is the coefficient of eta in the leading monomial",),
        measurements=(_degree("A", "delta1", "2"), _degree("AB", "delta1", "1")),
    ),
    Claim(
        "N5",
        NON_ZERO,
        "robustness",
        "For small learning rates delta2 is quadratic in the rate from Init[B], linear from Init[AB].",
        (
            Orders(on("lora", init="B"), {"delta2": "2*eta + 1"}),
            Orders(on("lora", init="AB"), {"delta2": "eta"}, within="eta <= -1"),
            Orders(on("lora", init="AB", sum_rule="additive"), {"delta2": "eta + 1/2"}, within="eta <= -1/2"),
        ),
        ("small means eta <= -1 by the central limit; above, Z_A grows and delta2 is quadratic from Init[AB] too",),
        measurements=(_degree("B", "delta2", "2"), _degree("AB", "delta2", "1")),
    ),
    Claim(
        "N6",
        DERIVED,
        "after the robustness of arXiv 2505.23194",
        "Efficient with delta1 and delta2 linear in the rates forces a0 = eta_A and b0 = eta_B.",
        _robust("clt", "eta_A + eta_B = -1 & a0 = eta_A & b0 = eta_B", "eta = -1/2 & a0 = -1/2 & b0 = -1/2"),
        (_CENTRAL, "by the central limit a0 = eta_A + 1/2 instead: variance 1/n for B, but variance 1 for A"),
        Otherwise(
            _ADDITIVE,
            _robust("additive", "eta_A + eta_B = -1 & a0 = eta_A & b0 = eta_B", "eta = -1/2 & a0 = -1/2 & b0 = -1/2"),
        ),
        _LARGE_A,
    ),
    Claim(
        "N7",
        DERIVED,
        "after arXiv 2505.23194",
        "The largest stable rate is min(-1/2, -z0, -1 - b0) with z0 the order of A0 Z, where z0 + b0 <= 0.",
        (
            Largest(on("lora", init="general"), "min(-1/2, -1/2 - a0, -1 - b0)", "a0 + 1/2 + b0 <= 0"),
            Largest(on("lora", init="general", sum_rule="additive"), "min(-1/2, -1 - a0, -1 - b0)", "a0 + 1 + b0 <= 0"),
        ),
        measurements=(Edge(on("lora", init="AB+", b0="0"), "-1", Fraction(1, 10)),),
    ),
    Claim(
        "N8",
        NON_ZERO,
        "second question",
        "What Init[AB] adds to the pretrained output, B0 A0 Z, vanishes as n grows.",
        (
            Where(on("lora", init="AB"), "all", demands=("Z_B[0] < 0",)),
            Orders(on("lora", init="AB"), {"Z_B": "-1/2"}, (0,)),
        ),
        (_CENTRAL, "in the paper's own additive reading it is of order one"),
        measurements=(Slopes(on("lora", "eta=-2", init="AB"), {"Z_B": "-1/2"}, 1, Fraction(3, 100), most_seeds=1024),),
    ),
    Claim(
        "N9",
        NON_ZERO,
        "Init[AB+]",
        "With the residual W* - s B0 A0 the merged layer starts exactly at the pretrained one.",
        (Orders(on("lora", init="AB+", scaling="free"), {"Z_B": "-inf"}, (0,)),),
        measurements=(Trial("merged_start", "largest entry added to the output, in float32", "0", "1e-6"),),
    ),
    Claim(
        "N10",
        NON_ZERO,
        "Init[AB+]",
        "Init[AB] and Init[AB+] have the same exponents.",
        (Same(on("lora", init="AB"), on("lora", init="AB+"), (*_FACTORS, "Z_B")),),
        otherwise=Otherwise(
            "of every quantity but Z_B itself, which from Init[AB] also holds the noise B0 A0 Z until training "
            "has outgrown it",
            (
                Same(on("lora", init="AB"), on("lora", init="AB+"), _FACTORS),
                Same(on("lora", init="AB"), on("lora", init="AB+"), ("Z_B",), within="eta >= -1"),
            ),
        ),
        measurements=tuple(
            Slopes(on("lora", "eta=-1", init=init), {"delta1": "-1/2", "B": "-1/2"}, 1, Fraction(1, 50))
            for init in ("AB", "AB+")
        ),
    ),
    Claim(
        "N11",
        NON_ZERO,
        "experiments",
        "The advantage of Init[AB] over Init[A] is larger at small learning rates.",
        numeric="a trend in losses of real training runs; N4 says what it follows from",
    ),
    Claim(
        "N12",
        DERIVED,
        "after arXiv 2402.12354 and 2505.23194",
        "The rates (1/n, 1) of LoRA+ suit Init[AB] by the central limit, and not in the additive reading.",
        (
            Where(on("lora", "eta_A=-1, eta_B=0", init="AB", lr="per-factor"), "all", ("efficient",)),
            Where(
                on("lora", "eta_A=-1, eta_B=0", init="AB", lr="per-factor", sum_rule="additive"), "none", ("efficient",)
            ),
            Orders(
                on("lora", "eta_A=-1, eta_B=0", init="AB", lr="per-factor", sum_rule="additive"), {"Z_B": "1/2"}, (2,)
            ),
        ),
        measurements=(
            Slopes(
                on("lora", "eta_A=-1, eta_B=0", init="AB", lr="per-factor"),
                {"Z_A": "0", "B": "0", "delta2": "0"},
                1,
                Fraction(1, 10),
            ),
        ),
    ),
)
