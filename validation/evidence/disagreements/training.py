"""What training does: notions of stability and of learning, sums over the width and over the rank."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from validation.evidence.along import Along, evenly
from validation.evidence.checks import Largest, Orders, Where
from validation.evidence.claim import Claim
from validation.evidence.claims.sources import DERIVED, INITIALISATION, LORA_PLUS, MU_A, NON_ZERO, RS_LORA
from validation.evidence.disagreements.disagreement import Disagreement
from validation.evidence.measure import Slopes
from validation.evidence.setting import ProgramSetting, on

_A: Final = on("lora", init="A")
_AT_THE_EDGE: Final = on("lora", "eta=-1/2", init="A")
_RANKS: Final = evenly("1/7", "3/7", 5)  # 4 to 64 at the width 2^14
_WIDTH: Final = 2**14
_FOURTH_ROOTS: Final = (625, 1296, 2401, 4096)  # whose fourth roots are close to whole numbers: ranks


def _growing(at: str, **options: str) -> ProgramSetting:
    return on("lora", at, init="A", rank="growing", **options)


def _batch(at: str = "") -> ProgramSetting:
    return _growing(at, scaling="alpha/r", batch="growing", optimizer="sign")


STABILITY: Final = Disagreement(
    "stability",
    "When is training stable?",
    (
        Claim(
            "stability-1",
            INITIALISATION,
            "definition of stability",
            "Z_B is bounded: Init[A] takes rates up to n^(-1/2) and is efficient there.",
            (Where(_A, "eta <= -1/2", ("stable",)), Where(_A, "eta = -1/2", ("efficient",))),
            ("stable: Z_B = O(1)",),
            measurements=(Slopes(_AT_THE_EDGE, {"Z_B": "0"}, 3),),
        ),
        Claim(
            "stability-2",
            LORA_PLUS,
            "definition 3 and theorem 1",
            "Z_A and Z_B are bounded: Init[A] takes rates up to 1/n, and no shared rate is efficient.",
            (
                Where(on("lora", stability="Z_A,Z_B", init="A"), "eta <= -1", ("stable",)),
                Where(on("lora", stability="Z_A,Z_B", init="A"), "none", ("efficient",)),
            ),
            ("stable: Z_A and Z_B = O(1)",),
            measurements=(Slopes(_AT_THE_EDGE, {"Z_A": "1/2"}, 3),),
        ),
        Claim(
            "stability-3",
            NON_ZERO,
            "definition 3",
            "Z_B is of order one: Init[A] takes the rate n^(-1/2) and no smaller one.",
            (
                Where(on("lora", stability="theta", init="A"), "eta = -1/2", ("stable",)),
                Where(on("lora", stability="theta", init="A"), "eta = -1/2", ("efficient",)),
            ),
            ("stable: Z_B = Theta(1)",),
            measurements=(Slopes(on("lora", "eta=-3/4", init="A"), {"Z_B": "-1/2"}, 3),),
        ),
    ),
    "All three have the exponents right: at n^(-1/2) Z_B stays of order one while Z_A grows as n^(1/2), and at a "
    "smaller rate Z_B vanishes. They differ in what they ask for, so `--stability` is a choice, and every answer names "
    "it.",
)

SUMS: Final = Disagreement(
    "sums",
    "How large is A0 Z from Init[AB], and the noise B0 A0 Z?",
    (
        Claim(
            "sums-1",
            LORA_PLUS,
            "appendix A.5",
            "A0 Z is of order one, so B0 A0 Z vanishes as n^(-1/2).",
            (Orders(on("lora", init="AB"), {"Z_A": "0", "Z_B": "-1/2"}, (0,)),),
            ("a random matrix sums n terms to n^(1/2)",),
            measurements=(Slopes(on("lora", "eta=-2", init="AB"), {"Z_A": "0", "Z_B": "-1/2"}, 1),),
        ),
        Claim(
            "sums-2",
            NON_ZERO,
            "section 2, its rule for sums",
            "A sum over n terms adds 1 to the exponent: read literally, A0 Z is n^(1/2) and B0 A0 Z of order one.",
            (Orders(on("lora", init="AB", sum_rule="additive"), {"Z_A": "1/2", "Z_B": "0"}, (0,)),),
            ("a random matrix sums n terms to n",),
            measurements=(Slopes(on("lora", "eta=-2", init="AB"), {"Z_A": "1/2", "Z_B": "0"}, 1),),
        ),
    ),
    "Independent entries sum as the central limit has it. The additive rule is right for updates, whose entries agree "
    "in sign with the sample, and it leaves the largest stable rate of Init[AB] as it is; `--assume additive` applies "
    "it.",
)

_MU_A_RATE: Final = "eta=-1/2 - rho/2"
RANK: Final = Disagreement(
    "rank",
    "What do the deltas become at a growing rank, at the rate (n r)^(-1/2)?",
    (
        Claim(
            "rank-1",
            DERIVED,
            "against arXiv 2602.06204",
            "From Init[A] all three are of order one, since B and what moves A were made by one sample.",
            (Orders(_growing(_MU_A_RATE), {"delta1": "0", "delta2": "0", "delta3": "0"}),),
            ("one repeated sample: the sum over the rank is coherent",),
            measurements=(
                Along(_growing(_MU_A_RATE), "rho", _RANKS, {"delta1": "0", "delta2": "0", "delta3": "0"}, 8, _WIDTH),
            ),
        ),
        Claim(
            "rank-2",
            MU_A,
            "corollary 4.4",
            "From Init[A] delta2 is of order one, delta1 and delta3 are r^(-1/2).",
            (Orders(_growing(_MU_A_RATE), {"delta1": "-rho/2", "delta2": "0", "delta3": "-rho/2"}),),
            ("the sum over the rank is random in delta1 and delta3, coherent in delta2",),
            measurements=(Along(_growing(_MU_A_RATE), "rho", _RANKS, {"delta1": "-1/2", "delta3": "-1/2"}, 8, _WIDTH),),
        ),
        Claim(
            "rank-3",
            DERIVED,
            "independent samples",
            "With a new sample at every step all three are n^(-1/2), and the rate may be n^(1/4) larger.",
            (
                Orders(
                    on("lora, fresh samples", _MU_A_RATE, init="A", rank="growing"),
                    {"delta1": "-1/2", "delta2": "-1/2", "delta3": "-1/2"},
                ),
                Largest(on("lora, fresh samples", init="A", rank="growing"), "-1/4 - rho/2"),
            ),
            ("a fresh independent sample at every step; sizes are those on a new sample",),
            measurements=(
                Slopes(
                    on("lora, fresh samples", "eta=-1/2", init="A"),
                    {"delta1": "-1/2", "delta2": "-1/2", "delta3": "-1/2"},
                    4,
                    Fraction(1, 10),
                ),
            ),
        ),
    ),
    "On one sample the sums are coherent: the rate of arXiv 2602.06204 is right, and both factors learn at it. On "
    "independent samples nothing is of order one at that rate. Real batches lie between the two.",
)

RSLORA: Final = Disagreement(
    "rslora",
    "Which multiplier makes the first updates free of the rank?",
    (
        Claim(
            "rslora-1",
            RS_LORA,
            "theorem 3.2",
            "With alpha/sqrt(r) the first update does not depend on the rank.",
            (Orders(_growing("", scaling="alpha/sqrt(r)", optimiser="sgd"), {"delta2": "eta"}, (1,)),),
            ("gradient descent, B = 0",),
            measurements=(
                Along(
                    _growing("eta=0", scaling="alpha/sqrt(r)", optimiser="sgd"),
                    "rho",
                    evenly("2/7", "4/7", 5),  # 16 to 256: of fewer squares the mean of the square is off
                    {"delta2": "0"},
                    1,
                    _WIDTH,
                ),
            ),
        ),
        Claim(
            "rslora-2",
            DERIVED,
            "against arXiv 2312.03732",
            "With alpha/r it does not; with alpha/sqrt(r) it grows as r^(1/2), and the largest rate falls as r^(-1/4).",
            (
                Orders(_growing("", scaling="alpha/r"), {"delta2": "eta"}, (1,)),
                Orders(_growing("", scaling="alpha/sqrt(r)"), {"delta2": "eta + rho/2"}, (1,)),
                Largest(_growing("", scaling="alpha/r"), "-1/2"),
                Largest(_growing("", scaling="alpha/sqrt(r)"), "-1/2 - rho/4"),
            ),
            ("Adam, or the sign of the gradient; one repeated sample",),
            measurements=(
                Along(_growing("eta=-1", scaling="alpha/r"), "rho", _RANKS, {"delta2": "0"}, 1, _WIDTH),
                Along(_growing("eta=-1", scaling="alpha/sqrt(r)"), "rho", _RANKS, {"delta2": "1/2"}, 1, _WIDTH),
            ),
        ),
    ),
    "Both are right, each for its optimiser: the first update is s^2 r of the gradient and s r of its sign. peft is "
    "mostly used with AdamW, where `use_rslora` makes the largest rate fall with the rank.",
)

DESCENT: Final = Disagreement(
    "descent",
    "How far does Init[B] learn at the rate 1/n?",
    (
        Claim(
            "descent-1",
            INITIALISATION,
            "theorem for Init[B]",
            "The output moves by order one: features are learned.",
            (Where(on("lora", init="B"), "eta = -1", ("feature_learning",)),),
            ("learning is the size of the change",),
            measurements=(Slopes(on("lora", "eta=-1", init="B"), {"dZ_B": "0"}, 2),),
        ),
        Claim(
            "descent-2",
            DERIVED,
            "loss-aligned sizes",
            "Along the gradient of the loss it moves by n^(-1/2); the rest goes where a random B0 sends it.",
            (Orders(on("lora", "eta=-1", init="B"), {"dZ_B": "0", "dZ_B.aligned": "-1/2"}),),
            ("learning is how far the loss falls, to first order",),
            measurements=(Slopes(on("lora", "eta=-1", init="B"), {"dZ_B.aligned": "-1/2"}, 2),),
        ),
    ),
    "Both sizes are right. What the loss sees depends on the readout, so the best rate of Init[B] does too; the size "
    "decides stability.",
)

BATCH: Final = Disagreement(
    "batch",
    "Which analyses hold for which batch?",
    (
        Claim(
            "batch-1",
            INITIALISATION,
            "the rate of Init[A]",
            "The largest rate goes as n^(-1/2), whatever the rank where s = alpha/r.",
            (Largest(_batch("beta=0"), "-1/2"), Where(_batch("beta=0, rho=0"), "eta = -1/2", ("efficient",))),
            ("one sample, or a number of them that does not grow",),
            measurements=(Slopes(_AT_THE_EDGE, {"Z_B": "0"}, 3),),
        ),
        Claim(
            "batch-2",
            DERIVED,
            "batches up to the width",
            "It goes as n^(-1/2) N^(1/4) r^(1/4) while N is above the rank, as n^(-1/2) N^(1/2) below it.",
            (
                Largest(_batch(), "-1/2 + beta/4 + rho/4", within="rho <= beta & beta <= 1"),
                Largest(_batch(), "-1/2 + beta/2", within="beta <= rho"),
            ),
            ("N independent samples at each step, the same ones at every step",),
            measurements=(
                Slopes(
                    _batch("eta=-5/16, rho=1/4, beta=1/2"),
                    {"Z_B": "0"},
                    3,
                    widths=(625, 1296, 2401, 4096),
                    most_seeds=32,
                ),
            ),
        ),
        Claim(
            "batch-3",
            DERIVED,
            "batches above the width",
            "It goes as (r/n)^(1/4), whatever N: the width counts half as much as on one sample, and the rank counts.",
            (Largest(_batch(), "-1/4 + rho/4", within="beta >= 1"),),
            ("N independent samples at each step, more of them than the width",),
            measurements=(
                Slopes(
                    _batch("eta=-1/8, rho=1/2, beta=1"), {"Z_B": "0"}, 3, widths=(256, 576, 1024, 1600), most_seeds=32
                ),
            ),
        ),
    ),
    "All are right, each for its batch. Published analyses follow one sample; a step of real training sums over "
    "thousands of tokens, which are independent in part, and stands nearer to the last. `--batch` says which.",
)
