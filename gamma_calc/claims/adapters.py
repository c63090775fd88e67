"""Other adapters."""

from __future__ import annotations

from typing import Final

from gamma_calc.claims.checks import Largest
from gamma_calc.claims.claim import Claim
from gamma_calc.claims.measure import Edge
from gamma_calc.claims.setting import on
from gamma_calc.claims.sources import DERIVED

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
        measurements=(Edge(on("lora-fa"), "0"),),
    ),
)
