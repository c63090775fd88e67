"""Comparisons at one learning rate: what ranks the starts is the size of their first updates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from gamma_calc.exponents import Region, where
from validation.evidence.checks import Check, Orders, Seen
from validation.evidence.claim import Claim
from validation.evidence.claims.sources import DERIVED
from validation.evidence.measure import Slopes
from validation.evidence.setting import ProgramSetting, on


@dataclass(frozen=True, slots=True)
class Ascending(Check):
    """A quantity after a step is of larger order in each program than in the one before, where ``within`` holds."""

    quantities: tuple[tuple[ProgramSetting, str], ...]
    step: int
    within: str

    @property
    def settings(self) -> tuple[ProgramSetting, ...]:
        return tuple(setting for setting, _ in self.quantities)

    def seen(self) -> Iterator[Seen]:
        domain = Region.parse(self.within)
        for (low, small), (high, large) in pairwise(self.quantities):
            left, right = low.found.at_step(self.step)[small], high.found.at_step(self.step)[large]
            beyond = domain - where(left, "<", right)
            asked = f"{low}: {small} below {large} of {high} after step {self.step} for {self.within}"
            found = f"{left} < {right}" if beyond.is_empty else f"not for {beyond}"
            yield Seen(asked, "below", found, beyond.is_empty)


def _growing(init: str, **options: str) -> ProgramSetting:
    return on("lora", init=init, rank="growing", **options)


_PISSA: Final = _growing("pissa", tau="tau")
_SMALL: Final = "eta <= -1 & 0 < rho < 1/2"
_ALIGNED: Final = "dZ_B.aligned"
_AT_1_OVER_N: Final = (
    (on("lora", "eta=-1", init="default"), "-1"),
    (on("lora", "eta=-1", init="pissa", tau="1/2"), "-3/4"),
    (on("lora", "eta=-1", init="inilora-beta"), "-1/2"),
    (on("lora", "eta=-1", init="inilora-alpha"), "-1/2"),
)

CLAIMS: Final = (
    Claim(
        "C14",
        DERIVED,
        "first-order descent at one shared learning rate, after the comparison of arXiv 2510.03731",
        "At one rate the first step descends in the order LoRA, PiSSA, IniLoRA-beta, IniLoRA-alpha, full fine-tuning.",
        (
            Ascending(
                (
                    (_growing("default"), _ALIGNED),
                    (_PISSA, _ALIGNED),
                    (_growing("inilora-beta"), _ALIGNED),
                    (_growing("inilora-alpha"), _ALIGNED),
                    (on("full fine-tuning"), "dZ_W.aligned"),
                ),
                1,
                f"{_SMALL} & 0 < tau <= 1/2",
            ),
            Orders(_growing("pissa"), {_ALIGNED: "eta + rho"}, (1,), within=_SMALL),
            Orders(_growing("default"), {_ALIGNED: "eta + rho"}, (1,)),
        ),
        (
            "PiSSA keeps singular values n^tau with 0 < tau <= 1/2; with tau = 0 its first step is of LoRA's order",
            "a rate of at most 1/n, and a rank that grows, below n^(1/2)",
            "descent along the gradient of the loss, not the size of the step: in size IniLoRA-alpha moves furthest",
        ),
        measurements=(
            *(Slopes(setting, {_ALIGNED: value}, 1) for setting, value in _AT_1_OVER_N),
            Slopes(on("full fine-tuning", "eta=-1"), {"dZ_W.aligned": "0"}, 1),
        ),
    ),
)
