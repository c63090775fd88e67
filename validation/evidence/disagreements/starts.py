"""Starts that one name stands for, in a paper and in peft."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from validation.evidence.checks import Largest, Orders, Where
from validation.evidence.claim import Claim
from validation.evidence.claims.sources import INITIALISATION, LORA_GA, PEFT
from validation.evidence.disagreements.disagreement import Disagreement
from validation.evidence.measure import Edge, Slopes
from validation.evidence.setting import on

GAUSSIAN: Final = Disagreement(
    "gaussian",
    "What is a Gaussian A, and how large is A0 Z?",
    (
        Claim(
            "gaussian-1",
            INITIALISATION,
            "section 3, Init[A]",
            "A has variance 1/n: A0 Z is of order one, and stays bounded up to the rate 1/n.",
            (
                Orders(on("lora", init="A"), {"A": "-1/2", "Z_A": "0"}, (0,)),
                Where(on("lora", init="A"), "eta <= -1", ("internally_stable",)),
            ),
            measurements=(Slopes(on("lora", "eta=-1", init="A"), {"Z_A": "0"}, 1),),
        ),
        Claim(
            "gaussian-2",
            PEFT,
            "init_lora_weights 'gaussian'",
            "A has deviation 1/r whatever the width: A0 Z is n^(1/2)/r, bounded at no rate.",
            (
                Orders(on("lora", init="gaussian", rank="growing"), {"A": "-rho", "Z_A": "1/2 - rho"}, (0,)),
                Where(on("lora", init="gaussian"), "none", ("internally_stable",)),
                Largest(on("lora", init="gaussian"), "-1/2"),
            ),
            measurements=(Slopes(on("lora", "eta=-1", init="gaussian"), {"Z_A": "1/2"}, 1),),
        ),
    ),
    "Two starts with one name. The largest stable rate is n^(-1/2) from both, but from peft's the internal feature is "
    "n^(1/2) from the start. `true`, the default, is the Init[A] of the papers.",
)

PAPER_AND_PEFT: Final = Disagreement(
    "lora-ga",
    "How large are the factors of LoRA-GA?",
    (
        Claim(
            "lora-ga-1",
            LORA_GA,
            "initialisation",
            "Both have entries n^(-1/4), whatever the loss is multiplied by.",
            (
                Orders(on("lora", init="lora-ga"), {"A": "-1/4", "B": "-1/4"}, (0,)),
                Largest(on("lora", init="lora-ga"), "-3/4"),
            ),
            measurements=(Edge(on("lora", init="lora-ga"), "-3/4"),),
        ),
        Claim(
            "lora-ga-2",
            PEFT,
            "init_lora_weights 'lora_ga', scale 'stable'",
            "A has entries n^(-1/2), and B those of the gradient's singular values times n^(-1/4).",
            (
                Orders(on("lora", init="lora-ga-peft"), {"A": "-1/2", "B": "-1/4"}, (0,)),
                Largest(on("lora", init="lora-ga-peft"), "-3/4"),
                Largest(on("lora", init="lora-ga-peft", tau="1"), "-7/4"),
            ),
            ("a loss averaged over its outputs (tau 0); a loss summed over them is tau 1",),
            measurements=(Edge(on("lora", init="lora-ga-peft"), "-3/4", Fraction(1, 10)),),
        ),
    ),
    "For an averaged loss both take rates up to n^(-3/4), the paper's start with both factors learning. peft's start "
    "moves with the scale of the loss: summed over n outputs instead, it takes n^(-7/4).",
)
