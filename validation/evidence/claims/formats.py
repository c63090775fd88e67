"""What number formats do to a LoRA layer: numerical instability in the widths at which it begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from validation.evidence.checks import Orders
from validation.evidence.claim import Claim, Known
from validation.evidence.claims.sources import DERIVED, INITIALISATION
from validation.evidence.measure import Instruments, Measurement, Reading
from validation.evidence.setting import on

SEEDS: Final = 3
FINE: Final = (128, 256, 512, 1024, 2048)
FAR: Final = (256, 2048, 16384, 65536)
FARTHER: Final = (4096, 16384, 65536, 131072, 262144)


@dataclass(frozen=True, slots=True)
class FromWidth(Measurement):
    """A size goes wrong from a width between ``low`` and ``high`` on; without them at none of the widths.

    ``sums`` and ``weights`` are the formats that those are kept in, "same" as the layer's.
    """

    init: str
    layer: str
    sums: str
    weights: str
    hazard: str
    widths: tuple[int, ...]
    low: int | None = None
    high: int | None = None
    rate: str | None = None

    def readings(self, instruments: Instruments) -> Iterator[Reading]:
        measured = _found(instruments.precision, self).measured
        seen = measured.low <= self.widths[-1]
        expected = f"{self.low} .. {self.high}" if self.low else f"none up to {self.widths[-1]}"
        told = f"{measured.low:g} .. {measured.high:g}" if seen else f"none up to {self.widths[-1]}"
        right = measured.low <= self.high and measured.high >= self.low if self.low and self.high else not seen
        kept = f"{self.layer}, sums {self.sums}, weights {self.weights}"
        asked = f"LoRA layer from {self.init} in {kept}: width from which {self.hazard}"
        verdict = "confirmed" if right else "refuted"
        yield Reading(asked, expected, told, verdict, "half of the entries, at every seed", SEEDS)


def _found(precision: Any, asked: FromWidth) -> Any:
    formats = (asked.sums,), (asked.weights,), (1e-8,)
    rate = precision.rate_of(asked.rate)
    grid = precision.Precision((asked.init,), (asked.layer,), asked.widths, SEEDS, 4, *formats, rate, "cpu")
    (kept,) = grid.arithmetics
    return precision.outcome(grid, precision.computed(grid)).of(asked.init, kept, asked.hazard)


_A, _B = on("lora", "eta=-1/2", init="A"), on("lora", "eta=-1", init="B")
_CONSTANT: Final = "the constant in front of the power of n is of order one"
_SPREAD: Final = "a step is absorbed below one half to one unit roundoff of what it is added to"

CLAIMS: Final = (
    Claim(
        "I16",
        INITIALISATION,
        "after the theorem for Init[A]",
        "From Init[A] the growing Z_A can be a numerical problem at large widths.",
        (Orders(_A, {"Z_A": "1/2"}),),
        (
            _CONSTANT,
            "the problem is overflow of Z_A, in float16 from n = 4.3e9 on and in bfloat16 at no width that there is",
            "to n = 65536 none is derived, and none seen; what its running sums lose is E11",
        ),
        measurements=(
            FromWidth("A", "float16", "float32", "float32", "Z_A overflows", FAR),
            FromWidth("A", "bfloat16", "float32", "float32", "Z_A overflows", FAR),
        ),
        known=Known.RECALLED,
    ),
    Claim(
        "E8",
        DERIVED,
        "steps in number formats",
        "From Init[B] at 1/n bf16 weights absorb the steps of B from n = 256 to 512 on, fp32 ones from 2^24 on.",
        (Orders(_B, {"B": "0", "delta2": "-1"}),),
        (_CONSTANT, _SPREAD),
        measurements=(
            FromWidth("B", "bfloat16", "float32", "same", "dB is absorbed", FINE, 256, 512),
            FromWidth("B", "bfloat16", "float32", "float32", "dB is absorbed", FAR),
        ),
    ),
    Claim(
        "E9",
        DERIVED,
        "steps in number formats",
        "From Init[A] at n^(-1/2) A and B are n^(-1/2) as their steps are: no step is absorbed at any width.",
        (Orders(_A, {"A": "-1/2", "B": "-1/2"}),),
        measurements=(
            FromWidth("A", "bfloat16", "float32", "same", "dA is absorbed", FAR),
            FromWidth("A", "bfloat16", "float32", "same", "dB is absorbed", FAR),
        ),
    ),
    Claim(
        "E10",
        DERIVED,
        "steps in number formats",
        "From Init[A] at 1/n the steps of A, n^(-1/2) of it, are absorbed in bf16 weights from n = 65536 to 262144 on.",
        (Orders(on("lora", "eta=-1", init="A"), {"A": "-1/2"}),),
        (_CONSTANT, _SPREAD),
        measurements=(FromWidth("A", "bfloat16", "float32", "same", "dA is absorbed", FARTHER, 65536, 262144, "-1"),),
    ),
    Claim(
        "E11",
        DERIVED,
        "sums in number formats",
        "A running sum of n terms of one sign, as A Z is after two steps, is off by half from n = 2/u to 16/u on.",
        (Orders(_A, {"Z_A": "1/2"}),),
        (_CONSTANT, "terms that scatter go on adding until those four times their mean are absorbed"),
        measurements=(FromWidth("A", "bfloat16", "same", "float32", "sum A Z stalls", (*FINE, 4096, 8192), 512, 4096),),
    ),
)
