"""Exchanges between multiplier, start and learning rate, and conditions that hold from any start."""

from __future__ import annotations

from typing import Final

from validation.evidence.checks import Implied, Same, Where
from validation.evidence.claim import Claim
from validation.evidence.claims.sources import MAGNITUDE, STABLE_LORA
from validation.evidence.measure import Slopes
from validation.evidence.setting import ProgramSetting, on
from validation.evidence.trial import Trial

_DELTAS: Final = ("delta1", "delta2", "delta3")
_OUTPUTS: Final = ("Z_B", "dZ_B", *_DELTAS)
_SELF_STABLE: Final = "sigma + 2*eta + 1 = 0 & a0 + 1/2 <= eta + 1 & b0 <= eta"


def _gauge(optimiser: str, theta: str, rate: str) -> tuple[ProgramSetting, ProgramSetting]:
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
        "C24",
        MAGNITUDE,
        "proposition 2",
        "The mean square of s B A grows by eta^2 r (m s_A^4 + n s_B^4) a step under independent gradients.",
        numeric="a statement on constants, not on exponents",
        measurements=tuple(
            Trial("growth_of_the_product", f"{start}: growth over that rate", "1", "0.1", sizes)
            for start, sizes in (
                ("A and B random", ("1", "1")),
                ("B = 0, where it is r/m", ("1", "0")),
                ("A = 0", ("0", "1")),
            )
        ),
    ),
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
        measurements=tuple(
            Trial("same_run", f"{rule}: largest relative difference over 20 steps", "0", "1e-9", options)
            for rule, options in (
                ("sgd, eta u^2", ("sgd", "2")),
                ("sign, eta u", ("sign", "1")),
                ("adam, eta u", ("adam", "1")),
            )
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
        measurements=tuple(
            Slopes(on("lora", at, init="A", scaling="free"), {**dict.fromkeys(_DELTAS, "0"), "Z_A": Z_A}, 4)
            for at, Z_A in (("sigma=1/2, eta=-3/4", "1/4"), ("sigma=-1/2, eta=-1/4", "3/4"))
        ),
    ),
)
