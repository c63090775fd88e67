"""What a trial found, and the verdict on an expected number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """A number, half the width of its 95 % interval (0 for what is computed exactly), and the seeds behind it."""

    value: float
    error: float
    seeds: int

    def judged(self, expected: float, tolerance: float) -> tuple[str, str]:
        """The verdict, "confirmed", "refuted" or "undecided", and why.

        >>> Found(1.0, 0.1, 16).judged(1.05, 0.2)
        ('confirmed', 'within the tolerance')
        """
        off = abs(self.value - expected)
        if off + self.error <= tolerance:
            return "confirmed", "within the tolerance"
        if off - self.error > tolerance:
            return "refuted", f"off by {off:.3g} +- {self.error:.1g}"
        return "undecided", f"off by {off:.3g} +- {self.error:.1g}: add seeds"
