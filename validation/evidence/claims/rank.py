"""LoRA at a rank that grows with the width, r = n^rho, under the multipliers 1, alpha/sqrt(r) and alpha/r."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from validation.evidence.along import Along, EdgeAlong, evenly
from validation.evidence.checks import Check, Largest, Orders, Ratio, Where
from validation.evidence.claim import Claim
from validation.evidence.claims.sources import DERIVED, MU_A, RS_LORA
from validation.evidence.measure import STANDARD, Edge, Slopes
from validation.evidence.setting import ProgramSetting, on

_SCALINGS: Final = {"1": Fraction(0), "alpha/sqrt(r)": Fraction(1, 2), "alpha/r": Fraction(1)}
_REPEATED: Final = "one repeated sample, so that the sum over the rank is coherent"
_FREE: Final = {"rank": "growing", "scaling": "free"}


def _growing(init: str, scaling: str, at: str = "") -> ProgramSetting:
    return on("lora", at, init=init, rank="growing", scaling=scaling)


def _quadratic(g: Fraction) -> str:
    """n^(-1/2) r^(-(1-g)/2)."""
    return f"-1/2 - {(1 - g) / 2}*rho"


def _joint(init: str, scaling: str, g: Fraction) -> tuple[Check, ...]:
    """Rates 1/n and 1/(s r)."""
    setting = on("lora", f"eta_A=-1, eta_B={g - 1}*rho", init=init, rank="growing", scaling=scaling, lr="per-factor")
    return (
        Orders(setting, {"delta1": "0", "delta2": "0", "delta3": "0", "Z_A": "0", "dZ_B": "0"}),
        Where(setting, "all", ("efficient",)),
    )


def _in_rank(
    setting: ProgramSetting, slopes: Mapping[str, str], tolerance: Fraction = STANDARD, step: int = 8
) -> Along:
    """At n = 2^14 and ranks 4 to 64, which are small enough for the terms that are quadratic in the rate to lead."""
    return Along(setting, "rho", evenly("1/7", "3/7", 5), slopes, step, 2**14, tolerance)


def _edge_in_rank(init: str, scaling: str, slope: str, reach: tuple[str, str], width: int) -> EdgeAlong:
    return EdgeAlong(_growing(init, scaling), "rho", evenly(*reach, 4), slope, width)


_CLOSE: Final = Fraction(3, 100)
_CLOSEST: Final = Fraction(1, 50)
_WIDTHS: Final = (64, 256, 1024, 4096)  # whose roots are whole numbers: ranks
_ALL_ONE: Final = {"delta1": "0", "delta2": "0", "delta3": "0"}
_FULL: Final = Edge(on("full fine-tuning"), "-1", Fraction(1, 10))
_A_GROWING: Final = Edge(_growing("A", "1", "rho=1/2"), "-3/4", widths=_WIDTHS)
_A_IN_RANK: Final = {
    scaling: _edge_in_rank("A", scaling, str((g - 1) / 2), ("1/12", "1/3"), 4096) for scaling, g in _SCALINGS.items()
}
_B_IN_RANK: Final = _edge_in_rank("B", "1", "0", ("1/10", "1/2"), 1024)

CLAIMS: Final = (
    Claim(
        "E3",
        MU_A,
        "corollary 4.4",
        "With r = n^rho and s = r^-g the edge falls by (1 - g) rho/2 from Init[A]; from Init[B] with s = 1 it stays.",
        (
            *(Largest(_growing("A", scaling), _quadratic(g)) for scaling, g in _SCALINGS.items()),
            Largest(_growing("B", "1"), "-1"),
        ),
        (_REPEATED,),
        measurements=(*_A_IN_RANK.values(), _B_IN_RANK),
    ),
    Claim(
        "C01",
        MU_A,
        "corollary 4.4",
        "From Init[A] with s = r^-g the learning rate is n^(-1/2) r^(-(1-g)/2), with all deltas of order one.",
        tuple(
            check
            for scaling, g in _SCALINGS.items()
            for check in (
                Largest(_growing("A", scaling), _quadratic(g)),
                Orders(_growing("A", scaling, f"eta={_quadratic(g)}"), {"delta1": "0", "delta2": "0", "delta3": "0"}),
            )
        ),
        (_REPEATED, "r at most n"),
        measurements=(
            Slopes(on("lora", "eta=-1/2", init="A"), _ALL_ONE, 3),
            *(_in_rank(_growing("A", scaling, f"eta={_quadratic(g)}"), _ALL_ONE) for scaling, g in _SCALINGS.items()),
            _A_GROWING,
        ),
    ),
    Claim(
        "C02",
        MU_A,
        "corollary 4.4",
        "From Init[A] at that rate Z_A grows as n^(1/2) r^(-(1-g)/2).",
        tuple(
            Orders(_growing("A", scaling, f"eta={_quadratic(g)}"), {"Z_A": f"1/2 - {(1 - g) / 2}*rho"})
            for scaling, g in _SCALINGS.items()
        ),
        (_REPEATED,),
        measurements=(
            Slopes(on("lora", "eta=-1/2", init="A"), {"Z_A": "1/2"}, 3, _CLOSE),
            *(
                _in_rank(_growing("A", scaling, f"eta={_quadratic(g)}"), {"Z_A": str((g - 1) / 2)}, _CLOSE)
                for scaling, g in _SCALINGS.items()
            ),
        ),
    ),
    Claim(
        "C03",
        MU_A,
        "corollary 4.4",
        "From Init[B] with s = 1 the learning rate is 1/n whatever the rank, and Z_A is of order one.",
        (
            Largest(_growing("B", "1"), "-1"),
            Orders(_growing("B", "1", "eta=-1"), {"Z_A": "0", "delta1": "0", "dZ_B": "0"}),
        ),
        (_REPEATED, "r at most n"),
        measurements=(
            Slopes(on("lora", "eta=-1", init="B"), {"delta1": "0"}, 2, _CLOSEST),
            _in_rank(_growing("B", "1", "eta=-1"), {"delta1": "0"}, _CLOSEST, step=2),
            Edge(_growing("B", "1", "rho=1/2"), "-1", widths=_WIDTHS),
        ),
    ),
    Claim(
        "C04",
        MU_A,
        "corollary 4.4",
        "From Init[B] with s = 1 at the rate 1/n, delta2 is r/n.",
        (Orders(_growing("B", "1", "eta=-1"), {"delta2": "rho - 1"}),),
        (_REPEATED,),
        measurements=(
            Slopes(on("lora", "eta=-1", init="B"), {"delta2": "-1"}, 2, _CLOSEST),
            _in_rank(_growing("B", "1", "eta=-1"), {"delta2": "1"}, _CLOSEST, step=2),
        ),
    ),
    Claim(
        "C05",
        MU_A,
        "transfer to full fine-tuning",
        "Full fine-tuning takes the rate 1/n, the same as LoRA from Init[B] with s = 1.",
        (
            Where(on("full fine-tuning"), "eta = -1", ("feature_learning",)),
            Ratio(_growing("B", "1"), on("full fine-tuning"), "0"),
        ),
        measurements=(_FULL, Edge(on("lora", init="B"), "-1")),
    ),
    Claim(
        "C06",
        DERIVED,
        "after arXiv 2602.06204",
        "From Init[B] with s = r^-g the edge is min(r^g/n, n^(-1/2) r^(-(1-g)/2)), with the knee at r = n^(1/(1+g)).",
        tuple(
            Largest(_growing("B", scaling), value, within=within)
            for scaling, g in _SCALINGS.items()
            for value, within in (
                (f"{g}*rho - 1", f"rho <= {1 / (1 + g)}"),
                (_quadratic(g), f"rho >= {1 / (1 + g)}"),
            )
        ),
        (_REPEATED, "measured away from the knees"),
        measurements=(
            _edge_in_rank("B", "alpha/r", "1", ("1/10", "2/5"), 1024),
            _edge_in_rank("B", "alpha/r", "0", ("7/10", "1"), 1024),
            _edge_in_rank("B", "alpha/sqrt(r)", "1/2", ("1/10", "2/5"), 1024),
            _B_IN_RANK,
        ),
    ),
    Claim(
        "C07",
        DERIVED,
        "after arXiv 2402.12354 and 2602.06204",
        "Rates 1/n for A and 1/(s r) for B make all deltas and Z_A of order one in the width and in the rank.",
        tuple(check for init in ("A", "B") for scaling, g in _SCALINGS.items() for check in _joint(init, scaling, g)),
        (_REPEATED,),
        measurements=tuple(
            measurement
            for init in ("A", "B")
            for measurement in (
                Slopes(on("lora", "eta_A=-1, eta_B=0", init=init, lr="per-factor"), {**_ALL_ONE, "Z_A": "0"}, 3),
                Along(
                    on("lora", "eta_A=-1, eta_B=-rho", init=init, rank="growing", lr="per-factor"),
                    "rho",
                    evenly("1/7", "3/7", 5),
                    {**_ALL_ONE, "Z_A": "0"},
                    3,
                    2**14,
                ),
            )
        ),
    ),
    Claim(
        "C08",
        RS_LORA,
        "theorem 3.2",
        "Under gradient descent with a rate that ignores the rank, training ignores it exactly for s = r^(-1/2).",
        (
            Orders(on("lora", init="A", optimiser="sgd", **_FREE), {"delta2": "eta + rho + 2*sigma"}, (1,)),
            Where(
                on("lora", "eta=0", init="A", optimiser="sgd", **_FREE),
                "sigma = -1/2*rho",
                demands=("delta2[1] = 0",),
            ),
        ),
        (_REPEATED, "B = 0, the first step"),
        measurements=tuple(
            Along(
                on("lora", f"eta=0, sigma=-{g}*rho", init="A", optimiser="sgd", **_FREE),
                "rho",
                evenly("1/2", "9/10", 5),
                {"delta2": str(1 - 2 * g)},
                1,
                1024,
                _CLOSE,
            )
            for g in _SCALINGS.values()
        ),
    ),
    Claim(
        "C09",
        DERIVED,
        "against arXiv 2312.03732",
        "Under Adam alpha/sqrt(r) makes the rate drift as r^(-1/4); alpha/r makes it free of the rank.",
        (
            Largest(_growing("A", "alpha/sqrt(r)"), "-1/2 - 1/4*rho"),
            Largest(_growing("A", "alpha/r"), "-1/2"),
        ),
        (_REPEATED,),
        measurements=(_A_IN_RANK["alpha/sqrt(r)"], _A_IN_RANK["alpha/r"]),
    ),
    Claim(
        "C10",
        DERIVED,
        "from C01 and the rate of full fine-tuning",
        "The rates of LoRA from Init[A] and of full fine-tuning differ by the factor sqrt(n/(r s)).",
        (
            Ratio(
                on("lora", init="A", **_FREE),
                on("full fine-tuning"),
                "1/2 - rho/2 - sigma/2",
                within="rho + sigma <= 1",
            ),
        ),
        ("s r at most n", _REPEATED),
        measurements=(_A_GROWING, _FULL),
    ),
)
