"""Which factor of a LoRA layer starts at zero: Init[A] (B = 0) against Init[B] (A = 0)."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from validation.evidence.checks import Implied, Orders, Ratio, Same, Where
from validation.evidence.claim import Claim
from validation.evidence.claims.sources import DERIVED, INITIALISATION
from validation.evidence.measure import Edge, Slopes
from validation.evidence.setting import on

_A, _B = on("lora", init="A"), on("lora", init="B")
_FROM_A, _FROM_B = ((_A, on("lora", init="A", optimiser="sign")), (_B, on("lora", init="B", optimiser="sign")))
_A_EDGE, _B_EDGE = on("lora", "eta=-1/2", init="A"), on("lora", "eta=-1", init="B")
_DELTAS: Final = {"delta1": "0", "delta2": "0", "delta3": "0"}
_CLOSE, _CLOSEST = Fraction(3, 100), Fraction(1, 100)

CLAIMS: Final = (
    Claim(
        "I1",
        INITIALISATION,
        "theorem for Init[A]",
        "From Init[A] training is stable exactly for learning rates up to n^(-1/2).",
        (
            *(Where(setting, "eta <= -1/2", ("stable",)) for setting in _FROM_A),
            Orders(_A, {"Z_B": "max(eta, 2*eta + 1)"}),
        ),
        measurements=(Edge(_A, "-1/2", Fraction(7, 100)),),
    ),
    Claim(
        "I2",
        INITIALISATION,
        "theorem for Init[A]",
        "From Init[A] features are learnt, with dZ_B of order one, exactly at the rate n^(-1/2).",
        (
            *(Where(setting, "eta = -1/2", ("feature_learning",)) for setting in _FROM_A),
            Orders(_A, {"dZ_B": "2*eta + 1"}, within="-1 <= eta <= 0"),
        ),
        measurements=(
            Slopes(_A_EDGE, {"dZ_B": "0"}, 3, _CLOSE),
            Slopes(on("lora", "eta=-3/4", init="A"), {"dZ_B": "-1/2"}, 3),
        ),
    ),
    Claim(
        "I3",
        INITIALISATION,
        "theorem for Init[A]",
        "At n^(-1/2) Init[A] is efficient: delta1, delta2 and delta3 are of order one from the third step on.",
        (Orders(_A_EDGE, _DELTAS, (3, 4, 5, 6)), Where(_A, "eta = -1/2", ("efficient",))),
        measurements=(Slopes(_A_EDGE, _DELTAS, 3),),
    ),
    Claim(
        "I4",
        DERIVED,
        "a refinement of definition 5 of arXiv 2406.08447",
        "At n^(-1/2) from Init[A], delta2 is n^(-1/2) in the second step: efficient begins with the third.",
        (Orders(_A_EDGE, {"delta1": "0", "delta2": "-1/2", "delta3": "0"}, (2,)), Orders(_A, {"delta2": "eta"}, (2,))),
        measurements=(Slopes(_A_EDGE, {"delta2": "-1/2"}, 2),),
    ),
    Claim(
        "I5",
        INITIALISATION,
        "theorem for Init[A]",
        "At n^(-1/2) from Init[A], Z_A grows as n^(1/2) and B is n^(-1/2).",
        (
            Orders(_A, {"Z_A": "max(0, eta + 1)", "B": "eta"}),
            Orders(_A_EDGE, {"Z_A": "1/2", "B": "-1/2"}),
        ),
        measurements=(Slopes(_A_EDGE, {"Z_A": "1/2"}, 3, _CLOSE), Slopes(_A_EDGE, {"B": "-1/2"}, 3, _CLOSEST)),
    ),
    Claim(
        "I6",
        INITIALISATION,
        "theorem for Init[A]",
        "From Init[A] training is stable with an unbounded Z_A exactly for rates above 1/n up to n^(-1/2).",
        (Where(_A, "-1 < eta <= -1/2", ("stable",), ("Z_A > 0",)), Where(_A, "eta <= -1", ("internally_stable",))),
        measurements=(Slopes(on("lora", "eta=-3/4", init="A"), {"Z_A": "1/4"}, 3, _CLOSE),),
    ),
    Claim(
        "I7",
        INITIALISATION,
        "theorem for Init[B]",
        "From Init[B] training is stable exactly for learning rates up to 1/n.",
        (
            *(Where(setting, "eta <= -1", ("stable",)) for setting in _FROM_B),
            Orders(_B, {"Z_B": "max(eta + 1, 2*eta + 1)"}),
        ),
        measurements=(Edge(_B, "-1", Fraction(1, 10)),),
    ),
    Claim(
        "I8",
        INITIALISATION,
        "theorem for Init[B]",
        "From Init[B] features are learnt exactly at the rate 1/n, where Z_A is of order one.",
        (
            *(Where(setting, "eta = -1", ("feature_learning",)) for setting in _FROM_B),
            Orders(_B_EDGE, {"Z_A": "0", "dZ_B": "0"}),
        ),
        measurements=(Slopes(_B_EDGE, {"Z_B": "0"}, 2, _CLOSE),),
    ),
    Claim(
        "I9",
        INITIALISATION,
        "theorem for Init[B]",
        "From Init[B] no shared rate is efficient: wherever training is stable, delta2 is at most 1/n.",
        (
            Where(_B, "none", ("efficient",)),
            Orders(_B, {"delta2": "2*eta + 1"}),
            Implied(_B, ("delta2 <= -1",), ("stable",)),
        ),
        measurements=(Slopes(_B_EDGE, {"delta2": "-1"}, 2, _CLOSE),),
    ),
    Claim(
        "I10",
        INITIALISATION,
        "after the theorem for Init[B]",
        "At 1/n from Init[B] the change of B is 1/n of B itself: training A alone gives the same orders.",
        (
            Orders(on("lora, moved factors", "eta=-1", init="B"), {"B_moved": "-1", "B": "0"}),
            Orders(_B_EDGE, {"delta2": "-1", "delta3": "-1"}),
            Same(_B_EDGE, on("lora-frozen-b", "eta=-1"), ("Z_A", "B", "Z_B", "dZ_B", "delta1")),
        ),
        measurements=(Slopes(on("lora, moved factors", "eta=-1", init="B"), {"B_moved": "-1"}, 2),),
    ),
    Claim(
        "I11",
        INITIALISATION,
        "main result",
        "The largest stable learning rate of Init[A] is n^(1/2) times that of Init[B].",
        (Ratio(_A, _B, "1/2"),),
        measurements=(Edge(_A, "-1/2"), Edge(_B, "-1")),
    ),
    Claim(
        "I14",
        INITIALISATION,
        "table of language models",
        "RoBERTa-large on MNLI reaches 90.69 at 8e-5 with Init[A], 89.47 at 1e-5 with Init[B].",
        numeric="values of real training runs: nothing in them is an exponent",
    ),
    Claim(
        "I15",
        INITIALISATION,
        "both theorems",
        "The first gradient of A is exactly zero with Init[A], that of B with Init[B].",
        (
            Orders(on("lora, moved factors", init="A"), {"A_moved": "-inf", "B_moved": "eta"}, (1,)),
            Orders(on("lora, moved factors", init="B"), {"B_moved": "-inf", "A_moved": "eta"}, (1,)),
        ),
        measurements=(
            Slopes(on("lora, moved factors", "eta=-1/2", init="A"), {"A_moved": "-inf"}, 1),
            Slopes(on("lora, moved factors", "eta=-1", init="B"), {"B_moved": "-inf"}, 1),
        ),
    ),
)
