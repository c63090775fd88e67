"""Exponents from sizes: the slope of the mean logarithm over the width, with an interval and a check of its drift.

Where the slope of the larger half of the widths differs from that of the smaller half by more than chance, it is the
larger half that counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from oracle.simulator import Sizes

Key = tuple[str, int]


@dataclass(frozen=True)
class Slope:
    """A measured exponent. ``low`` and ``high`` hold the slope, its noise over seeds and what it still drifts by."""

    value: float
    noise: float
    drift: float  # of the slope from the smaller to the larger half of the widths
    zero: bool = False  # exactly zero at every width and seed
    usable: bool = True

    @property
    def half_width(self) -> float:
        return 2.5 * self.noise + abs(self.drift)

    @property
    def low(self) -> float:
        """The least exponent that the sizes are compatible with: the slope, or where it drifts to if that is less."""
        return self.value - 2.5 * self.noise - 1.5 * max(0.0, -self.drift)

    @property
    def high(self) -> float:
        return self.value + 2.5 * self.noise + 1.5 * max(0.0, self.drift)

    def raised(self, by: float) -> Slope:
        """The same interval elsewhere."""
        return replace(self, value=self.value + by)

    def __str__(self) -> str:
        if self.zero:
            return "zero"
        return f"{self.value:+.3f} ± {self.half_width:.3f}" if self.usable else "not measurable"


UNUSABLE = Slope(math.nan, math.nan, math.nan, usable=False)
ZERO = Slope(-math.inf, 0.0, 0.0, zero=True)


def slopes(found: Mapping[int, Sizes]) -> dict[Key, Slope]:
    """The exponent of every quantity at every step."""
    widths = sorted(found)
    return {key: _slope(widths, [found[n] for n in widths], key) for key in found[widths[0]].rms}


def _slope(widths: Sequence[int], sizes: Sequence[Sizes], key: Key) -> Slope:
    columns = [s.rms[key] for s in sizes]
    if all((c == 0).all() for c in columns):
        return ZERO
    if any(key in s.rounding for s in sizes) or not all(c.isfinite().all() for c in columns):
        return UNUSABLE
    # A seed at which a quantity happens to vanish says nothing of its size elsewhere.
    logs = [c[c > 0].log() for c in columns]
    if any(2 * len(c) < len(column) or len(c) < 2 for c, column in zip(logs, columns, strict=True)):
        return UNUSABLE
    x = [math.log(n) for n in widths]
    y = [float(c.mean()) for c in logs]
    errors = [float(c.std()) / math.sqrt(len(c)) + 1e-3 for c in logs]
    half = len(x) // 2
    value, noise = _line(x[half:], y[half:], errors[half:]) if len(x) > 3 else _line(x, y, errors)
    lower, lower_noise = _line(x[: half + 1], y[: half + 1], errors[: half + 1])
    drift = value - lower
    certain = math.copysign(max(0.0, abs(drift) - math.hypot(noise, lower_noise)), drift)
    if not certain:
        value, noise = _line(x, y, errors)
    return Slope(value, noise, certain)


def _line(x: Sequence[float], y: Sequence[float], errors: Sequence[float]) -> tuple[float, float]:
    """The slope of a weighted least-squares line and its standard error."""
    weights = [1 / e**2 for e in errors]
    total = sum(weights)
    centre = sum(w * a for w, a in zip(weights, x, strict=True)) / total
    spread = sum(w * (a - centre) ** 2 for w, a in zip(weights, x, strict=True))
    return sum(w * (a - centre) * b for w, a, b in zip(weights, x, y, strict=True)) / spread, spread**-0.5
