"""What a number format can do to a LoRA layer, as data: which size, in which format, and from where on it goes wrong.

A size is c n^gamma with a derived gamma. It goes wrong from the width at which it passes a limit that the format has.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from validation.evidence.experiments.precision.formats import Format, LayerFormats

Limits = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to go wrong. ``limits`` are the least and the largest size at which half of the entries may do so.

    ``upwards``: sizes above the limit go wrong, otherwise those below. ``only``: it is asked of sizes of this exponent.
    """

    name: str
    meaning: str
    limits: Callable[[Format, float], Limits]
    upwards: bool = False
    only: Fraction | None = None


def _both(limit: float) -> Limits:
    return limit, limit


OVERFLOWS: Final = Kind("overflows", "above the largest number", lambda f, _: _both(f.largest), upwards=True)
VANISHES: Final = Kind("vanishes", "rounded to 0: below half the smallest number", lambda f, _: _both(f.subnormal / 2))
THINS: Final = Kind("loses digits", "below the smallest normal number", lambda f, _: _both(f.normal))
ABSORBED: Final = Kind(
    "is absorbed",
    "added to a number, it leaves it as it was: half a unit in the last place is u/2 to u of the number",
    lambda f, _: (f.roundoff / 2, f.roundoff),
)
STALLS: Final = Kind(
    "stalls",
    "a running sum that is off by half: it stands still after 1/u to 2/u equal terms, and is half of twice as many; "
    "where terms scatter, those four times their mean are the last to be absorbed",
    lambda f, _: (f.roundoff / 16, f.roundoff / 2),
    only=Fraction(-1),
)
SCATTERS: Final = Kind(
    "scatters",
    "a running sum of terms of both signs that is off by half: the roundings of n partial sums add to that",
    lambda f, _: (f.roundoff / 4, f.roundoff),
    only=Fraction(-1, 2),
)
DROWNS: Final = Kind(
    "drowns", "the root of Adam's mean square is smaller than epsilon", lambda _, epsilon: _both(epsilon)
)
KINDS: Final = (OVERFLOWS, VANISHES, THINS, ABSORBED, STALLS, SCATTERS, DROWNS)


@dataclass(frozen=True, slots=True)
class SizeFactor:
    """A factor of a size: a quantity of the program to a power, ``later`` steps after the one that is looked at.

    ``so_far`` takes the largest order up to that step, as a running mean does.
    """

    quantity: str
    exponent: int = 1
    later: int = 0
    so_far: bool = False


@dataclass(frozen=True, slots=True)
class Hazard:
    """A size with the way it can go wrong; ``place`` says whose format decides: layer, sums or weights.

    ``factor`` is what is known of the constant: 1, but for what Adam multiplies with.

    >>> next(h for h in HAZARDS if h.name == "Z_A overflows").limits(LayerFormats.of("float16", "same", "same", 0))
    (65504.0, 65504.0)
    """

    size: str
    kind: Kind
    place: str
    powers: tuple[SizeFactor, ...]
    factor: float = 1.0

    @property
    def name(self) -> str:
        return f"{self.size} {self.kind.name}"

    def limits(self, arithmetic: LayerFormats) -> Limits:
        return self.kind.limits(arithmetic.places[self.place], arithmetic.epsilon)

    def width(self, constant: float, gamma: float, limit: float) -> float:
        """From where on constant n^gamma is past the limit: 0 everywhere, infinite nowhere.

        >>> next(h for h in HAZARDS if h.name == "Z_A overflows").width(1, 0.5, 65504)
        4290774016.0...
        """
        past = constant > limit if self.kind.upwards else constant < limit
        if limit == 0 or (gamma <= 0 if self.kind.upwards else gamma >= 0):
            return 0.0 if past and limit else math.inf
        return 0.0 if past else math.exp(min(700.0, math.log(limit / constant) / gamma))


def _of(factor: str) -> tuple[Hazard, ...]:
    """What can happen to a factor, its gradient and its updates."""
    gradient, weight, step = SizeFactor(f"g_{factor}"), SizeFactor(factor), SizeFactor(f"d{factor}", later=1)
    so_far, before = SizeFactor(f"g_{factor}", so_far=True), SizeFactor(f"g_{factor}", later=-1, so_far=True)
    no_power = (before, replace(before, exponent=-1))
    square = f"v_{factor}"
    return (
        Hazard(factor, VANISHES, "layer", (weight,)),
        Hazard(factor, THINS, "layer", (weight,)),
        Hazard(f"g_{factor}", VANISHES, "layer", (gradient,)),
        Hazard(f"g_{factor}", THINS, "layer", (gradient,)),
        Hazard(square, VANISHES, "weights", (SizeFactor(f"g_{factor}", 2),), NEW),
        Hazard(f"decay of {square}", ABSORBED, "weights", no_power, NEW),
        Hazard(f"root of {square}", DROWNS, "weights", (so_far,)),
        Hazard(f"d{factor}", VANISHES, "weights", (step,)),
        Hazard(f"d{factor}", ABSORBED, "weights", (step, SizeFactor(factor, -1))),
    )


def _sum(size: str, *powers: SizeFactor) -> tuple[Hazard, ...]:
    return tuple(Hazard(f"sum {size}", kind, "sums", powers) for kind in (STALLS, SCATTERS))


BETA1: Final = 0.9
BETA2: Final = 0.999
NEW: Final = 1 - BETA2  # the weight of a new square in Adam's mean
HAZARDS: Final = (
    Hazard("Z_A", OVERFLOWS, "layer", (SizeFactor("Z_A"),)),
    Hazard("Z_B", OVERFLOWS, "layer", (SizeFactor("Z_B"),)),
    *_sum("A Z", SizeFactor("A"), SizeFactor("Z"), SizeFactor("Z_A", -1)),
    *_sum("B'g", SizeFactor("B"), SizeFactor("g"), SizeFactor("B'g", -1)),
    *_of("A"),
    *_of("B"),
)
BY_NAME: Final[Mapping[str, Hazard]] = {h.name: h for h in HAZARDS}
