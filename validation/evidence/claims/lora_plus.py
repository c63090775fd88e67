"""LoRA+: learning rates of the two factors that differ by the order n."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

from gamma_calc.catalogue.lora import lora
from gamma_calc.catalogue.toy import toy
from validation.evidence.checks import Implied, Orders, Shown, Where
from validation.evidence.claim import Claim, Otherwise
from validation.evidence.claims.sources import DERIVED, LORA_PLUS
from validation.evidence.identity import parts_add_up
from validation.evidence.measure import Slopes
from validation.evidence.setting import on
from validation.evidence.trial import Trial

_DELTAS: Final = ("delta1", "delta2", "delta3")
_ZERO: Final = dict.fromkeys(_DELTAS, "0")
_PAIR: Final = "eta_A=-1, eta_B=0"
_BOTH: Final = "Z_A,Z_B"  # the notion of stability of definition 3
_EARLY: Final = (1, 2, 3, 4, 5)
_FROM_TWO: Final = (2, 3, 4, 5)
_BALANCE: Final = ("f[0] = 0", "delta1[1] = 0", "delta2[1] = 0")
_OF_ORDER_ONE: Final = "the error signal U is of order one, as in the proof"
_PAIR_ONLY: Final = "eta_A = -1 & eta_B = 0"
# Products of several normal variables have heavy tails, and toys are cheap: many seeds.
_TOYS: Final[dict[str, Any]] = {"widths": (64, 128, 256, 512, 1024), "seeds": 1024, "most_seeds": 2**14}
_SCALARS: Final[dict[str, Any]] = {"widths": tuple(2**k for k in range(8, 32, 4)), "seeds": 1024, "most_seeds": 2**12}

CLAIMS: Final = (
    Claim(
        "L1",
        LORA_PLUS,
        "section 3.1",
        "The change of the toy's output is exactly delta1 + delta2 + delta3.",
        (Shown("f - f[t-1] = delta1 + delta2 + delta3, multiplied out", lambda: parts_add_up(toy(), "f", _DELTAS)),),
        measurements=(Trial("sum_of_parts", "the toy: largest relative difference", "0", "1e-9", ("toy",)),),
    ),
    Claim(
        "L2",
        LORA_PLUS,
        "proof of proposition 1",
        "With one learning rate, f, delta1 and delta2 can be of order one together at eta = n^(-1/2) only.",
        (Where(on("toy from anywhere"), "eta = -1/2", demands=_BALANCE, onto=("eta",)),),
        (_OF_ORDER_ONE,),
    ),
    Claim(
        "L3",
        LORA_PLUS,
        "proposition 1",
        "At eta = n^(-1/2) the toy from Init[1] (b = 0) stays at f = n^(-1/2), so no shared rate is efficient.",
        (
            Orders(on("toy", "eta=-1/2", init="1"), {"u": "0", "b": "-1/2", "f": "-1/2"}, _EARLY),
            Where(on("toy", init="1"), "none", ("efficient",)),
        ),
        (_OF_ORDER_ONE, "a fixed number of steps"),
        measurements=(
            Slopes(on("toy", "eta=-1/2", init="1"), {"u": "0", "b": "-1/2", "f": "-1/2"}, 1, **_TOYS),
            *(Slopes(on("toy in scalars", "eta=-1/2", init="1"), {"f": "-1/2"}, t, **_SCALARS) for t in _EARLY),
        ),
    ),
    Claim(
        "L4",
        LORA_PLUS,
        "proposition 1",
        "At eta = n^(-1/2) the toy from Init[2] (a = 0) has f = n^(1/2), so no shared rate is efficient.",
        (
            Orders(on("toy", "eta=-1/2", init="2"), {"u": "1/2", "b": "0", "f": "1/2"}, _EARLY),
            Where(on("toy", init="2"), "none", ("efficient",)),
        ),
        (_OF_ORDER_ONE, "a fixed number of steps; a real error signal grows with f"),
        measurements=(Slopes(on("toy", "eta=-1/2", init="2"), {"u": "1/2", "b": "0", "f": "1/2"}, 1, **_TOYS),),
    ),
    Claim(
        "L5",
        LORA_PLUS,
        "proposition 2",
        "Rates 1/n for a and 1 for b make all three deltas of order one after the first step, from both starts.",
        tuple(
            check
            for init in ("1", "2")
            for check in (
                Orders(on("toy", _PAIR, init=init, lr="per-factor"), {**_ZERO, "f": "0", "df": "0"}, _FROM_TWO),
                Where(on("toy", init=init, lr="per-factor"), _PAIR_ONLY, ("efficient",)),
            )
        ),
        (_OF_ORDER_ONE,),
        measurements=tuple(
            Slopes(on("toy in scalars", _PAIR, init=init, lr="per-factor"), _ZERO, step, Fraction(6, 100), **_SCALARS)
            for init in ("1", "2")
            for step in (2, 3)
        ),
    ),
    Claim(
        "L6",
        LORA_PLUS,
        "proof of proposition 2",
        "f, delta1 and delta2 of order one force the two learning rates to multiply to 1/n.",
        (
            Where(
                on("toy from anywhere", lr="per-factor"),
                "eta_A + eta_B = -1",
                demands=_BALANCE,
                onto=("eta_A", "eta_B"),
            ),
        ),
        (_OF_ORDER_ONE,),
    ),
    Claim(
        "L7",
        LORA_PLUS,
        "section 4",
        "The change of Z_B is exactly delta1 + delta2 + delta3.",
        (
            Shown(
                "s B A Z - s B[t-1] A[t-1] Z = delta1 + delta2 + delta3, multiplied out",
                lambda: parts_add_up(lora(scaling="free"), "Z_B", _DELTAS),
            ),
        ),
        measurements=(Trial("sum_of_parts", "a LoRA layer: largest relative difference", "0", "1e-6", ("lora",)),),
    ),
    Claim(
        "L8",
        LORA_PLUS,
        "theorem 1",
        "Where Z_A and Z_B must stay bounded, no shared learning rate is efficient, from either start.",
        (
            *(
                Where(on("lora", stability=_BOTH, init=init, optimiser=optimiser), "none", ("efficient",))
                for init in ("A", "B")
                for optimiser in ("adam", "sign")
            ),
            Orders(on("lora", "eta=-1/2", init="A"), {"Z_A": "1/2"}),
        ),
        ("stable means that Z_A is bounded too (definition 3)",),
        measurements=(Slopes(on("lora", "eta=-1/2", init="A"), {"Z_A": "1/2"}, 3, Fraction(3, 100)),),
    ),
    Claim(
        "L9",
        LORA_PLUS,
        "theorem 1",
        "Rates 1/n for A and 1 for B are efficient from both starts: Z_A, B, Z_B and the deltas are of order one.",
        tuple(
            check
            for init in ("A", "B")
            for setting in (on("lora", _PAIR, stability=_BOTH, init=init, lr="per-factor"),)
            for check in (
                Where(setting, "all", ("efficient",)),
                Orders(setting, {**_ZERO, "Z_A": "0", "B": "0", "Z_B": "0", "dZ_B": "0"}, _FROM_TWO),
            )
        ),
        ("from the second step on: at the first, one factor has no gradient",),
        measurements=(
            Slopes(on("lora", _PAIR, init="A", lr="per-factor"), {**_ZERO, "Z_A": "0", "B": "0", "Z_B": "0"}, 3),
            Slopes(on("lora", _PAIR, init="B", lr="per-factor"), {**_ZERO, "Z_A": "0", "B": "0", "Z_B": "0"}, 3),
        ),
    ),
    Claim(
        "L10",
        DERIVED,
        "after theorem 1 of arXiv 2402.12354",
        "With Z_A and Z_B bounded, (1/n, 1) is the only efficient pair of rates, from both starts.",
        tuple(
            Where(on("lora", stability=_BOTH, init=init, lr="per-factor"), _PAIR_ONLY, ("efficient",))
            for init in ("A", "B")
        ),
        ("stable means that Z_A is bounded too (definition 3)",),
        Otherwise(
            "B is bounded as well, or the start is Init[A]; from Init[B] a larger B serves too, with a smaller Z_A",
            (
                Where(on("lora", stability=_BOTH, init="A", lr="per-factor"), _PAIR_ONLY, ("efficient",)),
                Where(on("lora", stability=_BOTH, init="B", lr="per-factor"), _PAIR_ONLY, ("efficient",), ("B <= 0",)),
                Where(
                    on("lora", stability=_BOTH, init="B", lr="per-factor"),
                    "eta_A + eta_B = -1 & eta_A <= -1",
                    ("efficient",),
                ),
            ),
        ),
        (Slopes(on("lora", "eta_A=-3/2, eta_B=1/2", init="B", lr="per-factor"), {**_ZERO, "Z_A": "-1/2"}, 3),),
    ),
    Claim(
        "L11",
        LORA_PLUS,
        "section 4, definition 5",
        "Stable with delta1 and delta2 of order one, delta3 is of order one too.",
        (
            Implied(on("lora", init="general", lr="per-factor"), ("delta3 = 0",), ("efficient",)),
            Implied(on("lora", init="AB+", a0="a0", b0="b0", lr="per-factor"), ("delta3 = 0",), ("efficient",)),
        ),
        otherwise=Otherwise(
            "the start of the product is in the output, or it is small: with a residual W* - s B0 A0 and a large start "
            "both factors are trained linearly and delta3 vanishes",
            (
                *(
                    Implied(on("lora", init=init, lr="per-factor"), ("delta3 = 0",), ("efficient",))
                    for init in ("A", "B", "AB", "general")
                ),
                Implied(
                    on("lora", init="AB+", a0="a0", b0="b0", lr="per-factor"),
                    ("delta3 = 0",),
                    ("efficient",),
                    within="a0 + 1/2 + b0 <= 0",
                ),
            ),
        ),
        measurements=(
            Slopes(on("lora", "eta_A=-3/4, eta_B=-1/4", init="A", lr="per-factor"), _ZERO, 3, Fraction(1, 20)),
        ),
    ),
    Claim(
        "L12",
        LORA_PLUS,
        "section 5.3, appendices C.7 and C.8",
        "The best ratio of the rates is about 2^4 (RoBERTa, Init[2]), 2^2 to 2^3 (Init[1]), 2^1 to 2^2 (Llama).",
        numeric="values of real training runs: nothing in them is an exponent",
    ),
)
