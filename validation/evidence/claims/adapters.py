"""Other adapters."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from validation.evidence.along import EdgeAlong, evenly
from validation.evidence.checks import Largest
from validation.evidence.claim import Claim
from validation.evidence.claims.sources import DERIVED
from validation.evidence.measure import Edge, Slopes
from validation.evidence.setting import on

_WIDER: Final = (256, 1024, 4096, 16384)  # a fixed rank varies from seed to seed

CLAIMS: Final = (
    Claim(
        "C47",
        DERIVED,
        "LoRA-FA",
        "With A frozen the learning rate of B is 1/(s r), of order one at a fixed rank.",
        (
            Largest(on("lora-fa"), "0"),
            Largest(on("lora-fa", rank="growing", scaling="free"), "-rho - sigma"),
        ),
        ("A of variance 1/n", "one repeated sample, so that the sum over the rank is coherent"),
        measurements=(
            Edge(on("lora-fa"), "0", Fraction(1, 50), sizes=(("r", 65),)),
            EdgeAlong(on("lora-fa", rank="growing"), "rho", evenly("1/2", "4/5", 4), "-1", 1024, Fraction(1, 50)),
        ),
    ),
    Claim(
        "C48",
        DERIVED,
        "VeRA and LoRA-XS",
        "VeRA takes a rate of order one whatever the rank, LoRA-XS n^(1/2) r^(-3/2).",
        (
            Largest(on("vera"), "0"),
            Largest(on("vera", rank="growing"), "0"),
            Largest(on("lora-xs"), "1/2"),
            Largest(on("lora-xs", rank="growing"), "1/2 - 3*rho/2"),
        ),
        ("one repeated sample", "LoRA-XS keeps singular values of W* of order one"),
        measurements=(
            Slopes(on("vera", "eta=0"), {"Z_B": "0"}, 3, widths=_WIDER),
            Slopes(on("vera", "eta=0, rho=1/2", rank="growing"), {"Z_B": "0"}, 3),
            Slopes(on("lora-xs", "eta=1/2"), {"Z_B": "0"}, 3),
            Slopes(on("lora-xs", "eta=-1/4, rho=1/2", rank="growing"), {"Z_B": "0"}, 3),
        ),
    ),
)
