"""The rules of the calculus as the three papers on LoRA use them."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from validation.evidence.checks import Orders
from validation.evidence.claim import Claim
from validation.evidence.claims.sources import INITIALISATION, LORA_PLUS, NON_ZERO
from validation.evidence.measure import Slopes
from validation.evidence.setting import on

_RULES: Final = on("rules")
_NUMBERS: Final = on("rules", p="3/4", q="-1/4", rho="0")

CLAIMS: Final = (
    Claim(
        "G1",
        LORA_PLUS,
        "appendix A.2",
        "The order of a product is the sum of the factors' orders.",
        (Orders(_RULES, {"product": "p + q", "multiple": "p + q"}, (0,)),),
        measurements=(Slopes(_NUMBERS, {"product": "1/2", "multiple": "1/2"}, 1, most_seeds=4096),),
    ),
    Claim(
        "G2",
        LORA_PLUS,
        "appendix A.2",
        "The order of a sum is the largest of the terms' orders, unless they cancel exactly.",
        (
            Orders(_RULES, {"sum": "max(p, q)", "difference": "p"}, (0,)),
            Orders(on("lora", init="AB+"), {"Z_B": "-inf"}, (0,)),
        ),
        ("nothing cancels but what a program says: of v - v the order of v is kept, as an upper bound",),
        measurements=(Slopes(_NUMBERS, {"sum": "3/4"}, 1),),
    ),
    Claim(
        "G3",
        INITIALISATION,
        "the calculus",
        "Zero has order -inf, which absorbs in products and is neutral in sums.",
        (Orders(_RULES, {"zero": "-inf", "zero_plus": "q", "zero_times": "-inf"}, (0,)),),
        measurements=(
            Slopes(on("lora", "eta=-1/2", init="A"), {"delta1": "-inf", "delta3": "-inf"}, 1),
            Slopes(_NUMBERS, {"zero": "-inf", "zero_plus": "-1/4", "zero_times": "-inf"}, 1),
        ),
    ),
    Claim(
        "G4",
        NON_ZERO,
        "sections 2 and 3",
        "A sum over n terms of one sign adds 1 to the order, one over a fixed axis adds 0.",
        (
            Orders(_RULES, {"coherent_n": "2*p + 1", "coherent_r": "rho"}, (0,)),
            Orders(on("lora", init="B", lr="per-factor"), {"Z_A": "eta_A + 1"}, (1, 2)),
            Orders(on("lora", "eta_A=-1", init="B", lr="per-factor"), {"Z_B": "0"}, (1,)),
        ),
        ("the terms agree in sign; independent ones add 1/2",),
        measurements=(
            Slopes(_NUMBERS, {"coherent_n": "5/2", "coherent_r": "0"}, 1, Fraction(1, 50), most_seeds=4096),
            Slopes(on("lora", "eta=-1", init="B"), {"Z_A": "0"}, 1, Fraction(1, 50)),
        ),
    ),
    Claim(
        "G5",
        LORA_PLUS,
        "appendix A.5",
        "With entries of variance 1/n, A0 Z is of order one.",
        (Orders(on("lora", init="A"), {"A": "-1/2", "Z_A": "0"}, (0,)),),
        ("the central limit: terms of random signs",),
        measurements=(Slopes(on("lora", "eta=-2", init="A"), {"Z_A": "0"}, 1, Fraction(3, 100)),),
    ),
    Claim(
        "G6",
        LORA_PLUS,
        "appendix A.5, assumption 1",
        "The processed gradient of A meets its own sample coherently: g_A Z grows as n.",
        tuple(
            Orders(on("lora", init="B", lr="per-factor", optimiser=optimiser), {"A": "eta_A", "Z_A": "eta_A + 1"}, (1,))
            for optimiser in ("sign", "adam")
        ),
        ("one repeated sample; on a fresh independent one g_A Z grows as n^(1/2)",),
        measurements=(
            Slopes(
                on("lora", "eta_A=0, eta_B=0", init="B", lr="per-factor", optimiser="sign"),
                {"A": "0", "Z_A": "1"},
                1,
                Fraction(1, 50),
            ),
        ),
    ),
)
