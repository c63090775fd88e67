"""What others found of batches, ranks and best rates, against the law of N = n^beta independent samples a step."""

from __future__ import annotations

from typing import Final

from validation.evidence.checks import Largest
from validation.evidence.claim import Claim, Otherwise
from validation.evidence.claims.sources import (
    ALPHA_RULES,
    BATCH_OF_LORA,
    BEST_ALPHA,
    MARIN,
    PEFT_SCALING,
    TINKER,
    TINKER_FIT,
)
from validation.evidence.measure import Slopes
from validation.evidence.setting import ProgramSetting, on

_MANY: Final = "beta >= 1"
_SOME: Final = "rho <= beta & beta <= 1"  # samples: no fewer than the rank, no more than the width
_INDEPENDENT: Final = "N independent samples at each step, an error signal of its own for each"
_FULL: Final = on("full fine-tuning", batch="growing", optimiser="sign")


def _lora(scaling: str, at: str = "", **options: str) -> ProgramSetting:
    return on("lora", at, init="A", rank="growing", scaling=scaling, **options)


def _batch(scaling: str, at: str = "") -> ProgramSetting:
    return _lora(scaling, at, batch="growing", optimizer="sign")


CLAIMS: Final = (
    Claim(
        "T36",
        MARIN,
        "scaling of its optimiser's settings",
        "Full training under Adam takes a rate in proportion to the root of the batch.",
        (Largest(_FULL, "beta/2 - 1", within="beta <= 1"),),
        (_INDEPENDENT, "up to as many samples as the width; beyond, the rate no longer depends on the batch"),
        measurements=(
            Slopes(
                on("full fine-tuning", "eta=-3/4, beta=1/2", batch="growing", optimiser="sign"),
                {"Z_W": "0"},
                3,
                widths=(64, 144, 256, 400, 576),
            ),
        ),
    ),
    Claim(
        "T38",
        TINKER,
        "table of runs, 35 models, alpha = 32",
        "The best rate rises with the rank and falls with the width, both more slowly than their roots.",
        (
            Largest(_batch("alpha/r"), "rho/4 - 1/4", within=_MANY),
            Largest(_batch("alpha/r"), "rho/4 + beta/4 - 1/2", within=_SOME),
        ),
        (_INDEPENDENT, "the best rate stands at a fixed distance from the largest stable one"),
        measurements=(
            Slopes(
                _batch("alpha/r", "eta=-1/8, rho=1/2, beta=1"),
                {"Z_B": "0"},
                3,
                widths=(256, 576, 1024, 1600),
                most_seeds=32,
            ),
        ),
    ),
    Claim(
        "T39",
        TINKER_FIT,
        "its helper functions",
        "Fits put the best rate at n^-0.781 or n^-0.0775 by family, or at the inverse root of the parameters.",
        numeric="fits to numbers of single families, which do not agree with each other",
    ),
    Claim(
        "T40",
        BEST_ALPHA,
        "abstract",
        "At a fixed learning rate the best alpha grows as the root of the rank.",
        (
            Largest(
                _lora("free", batch="growing", optimizer="sign"),
                "-2*eta - 1 + beta/2 - rho/2",
                exponent="sigma",
                within=f"{_SOME} & eta >= beta/2 - 1 & 4*eta >= beta - 2",
            ),
        ),
        (_INDEPENDENT, "no fewer samples than the rank, no more than the width", "alpha = s r"),
    ),
    Claim(
        "T41",
        ALPHA_RULES,
        "abstract, one model of 4 billion parameters",
        "The best rate falls with the rank for alpha in proportion to r; a fixed alpha or one as its root keep it.",
        (
            Largest(_batch("1"), "-rho/4 - 1/4", within=_MANY),
            Largest(_batch("alpha/sqrt(r)"), "-1/4", within=_MANY),
            Largest(_batch("alpha/r"), "-1/4", within=_MANY),
        ),
        (_INDEPENDENT,),
        Otherwise(
            "with a batch the three differ by r^(1/4) from one to the next, and with alpha fixed the rate rises",
            (
                Largest(_batch("1"), "-rho/4 - 1/4", within=_MANY),
                Largest(_batch("alpha/sqrt(r)"), "-1/4", within=_MANY),
                Largest(_batch("alpha/r"), "rho/4 - 1/4", within=_MANY),
            ),
        ),
    ),
    Claim(
        "T42",
        PEFT_SCALING,
        "section 4.1.3",
        "Rates of rank-stabilised LoRA are measured to transfer in the rank.",
        pending="the section was not read, so what it states is not known",
    ),
    Claim(
        "T56",
        BATCH_OF_LORA,
        "abstract",
        "Larger batches cost LoRA more than full training: its rate gains less from them.",
        (
            Largest(_batch("alpha/r"), "rho/4 + beta/4 - 1/2", within=_SOME),
            Largest(_FULL, "beta/2 - 1", within="beta <= 1"),
        ),
        (_INDEPENDENT, "a sample seen once moves the output in proportion to rate over batch"),
    ),
)
