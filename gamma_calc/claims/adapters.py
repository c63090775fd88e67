"""Other adapters, exchanges of scale, and conditions for any start."""

from __future__ import annotations

from typing import Final

from gamma_calc.claims.checks import Implied, Largest, Orders, Same, Where
from gamma_calc.claims.claim import Claim
from gamma_calc.claims.measure import Edge, Slopes
from gamma_calc.claims.setting import Setting, on
from gamma_calc.claims.sources import ADAPTIVE, DERIVED, FEATURE_LEARNING, MAGNITUDE, STABLE_LORA

_OUTPUTS: Final = ("Z_B", "dZ_B", "delta1", "delta2", "delta3")
_SELF_STABLE: Final = "sigma + 2*eta + 1 = 0 & a0 + 1/2 <= eta + 1 & b0 <= eta"


def _gauge(optimiser: str, theta: str, rate: str) -> tuple[Setting, Setting]:
    """(A, B, s, eta) against (u A, u B, s/u^2, ..) with u = n^theta."""
    plain = on("lora", init="general", scaling="free", optimiser=optimiser)
    moved = on(
        "lora",
        f"sigma=sigma - 2*{theta}, eta=eta + {rate}",
        init="general",
        a0=f"a0 + {theta}",
        b0=f"b0 + {theta}",
        scaling="free",
        optimiser=optimiser,
    )
    return plain, moved


CLAIMS: Final = (
    Claim(
        "C23",
        MAGNITUDE,
        "proposition 1",
        "Multiplier, start and learning rate exchange: (uA, uB, s/u^2) with eta u^2 (SGD) or eta u (Adam) is one run.",
        (
            Same(*_gauge("sgd", "1/2", "1"), _OUTPUTS, (0, 1, 2)),
            Same(*_gauge("sign", "1/2", "1/2"), _OUTPUTS, (0, 1, 2)),
            Same(*_gauge("adam", "1/3", "1/3"), _OUTPUTS, (0, 1, 2)),
        ),
    ),
    Claim(
        "C25",
        STABLE_LORA,
        "theorem 3.1",
        "sigma + 2 eta + 1 = 0, z0 <= eta + 1 and b0 <= eta make all deltas of order one: training stabilises itself.",
        (
            Implied(
                on("lora", init="general", scaling="free"),
                ("delta1 = 0", "delta2 = 0", "delta3 = 0"),
                within=_SELF_STABLE,
            ),
            Where(on("lora", init="general", scaling="free"), _SELF_STABLE, ("efficient",)),
        ),
        ("not both factors zero",),
        measurements=(
            Slopes(
                on("lora", "sigma=1/2, eta=-3/4", init="A", scaling="free"),
                {"delta1": "0", "delta2": "0", "delta3": "0", "Z_A": "1/4"},
                4,
            ),
        ),
    ),
    Claim(
        "C32",
        FEATURE_LEARNING,
        "table 1",
        "Hidden features move as n^-r with r = 1/2 (standard at 1/n), 1/2 (NTK), 0 (mean field) and 0 (muP).",
        (
            Orders(on("deep-linear", init="sp"), {"dh2": "-1/2"}),
            Orders(on("deep-linear", init="ntk"), {"dh2": "-1/2"}),
            Orders(on("mean field"), {"dh1": "0"}),
            Orders(on("deep-linear", init="mup"), {"dh2": "0"}),
        ),
        ("a deep linear network", "one hidden layer for the mean-field parametrisation"),
    ),
    Claim(
        "C35",
        ADAPTIVE,
        "remark 2.2.7",
        "The standard parametrisation under sign updates of 1/n learns features, though its logits grow as n^(1/2).",
        tuple(
            Orders(on("deep-linear", init="sp", optimiser=optimiser), {"dh2": "0", "f": "1/2"})
            for optimiser in ("sign", "adam")
        ),
        ("a deep linear network",),
    ),
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
