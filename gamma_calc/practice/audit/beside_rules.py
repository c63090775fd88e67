"""What is trained beside the adapters of linear layers, at their rate: what grows with it, and what stands still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from gamma_calc.display.numbers import short
from gamma_calc.practice.audit.case import AuditCase
from gamma_calc.practice.audit.finding import AuditRule, Finding, Severity
from gamma_calc.practice.audit.trained import Trained

MAGNITUDE: Final = ("magnitude",)
EMBEDDINGS: Final = ("embedding", "embedding_B")
VECTORS: Final = ("bias", "lora_bias", "norm")
WHOLE: Final = ("head", "weight")


def too_fast(case: AuditCase) -> Iterator[Finding]:
    """Whole matrices and readouts, whose largest rate falls faster with the width than an adapter's."""
    row = case.linear
    for other in _others(case, WHOLE):
        if row is not None and row.largest_law and other.largest_law and other.largest_law.n < row.largest_law.n:
            gap = row.largest_law.n - other.largest_law.n
            yield Finding(
                other.what,
                f"at a rate for adapters ({row.largest_law}) its output grows as n^{gap}"
                + ("; these are logits" if other.role_name == "head" else ""),
                f"a step adds rate x n to an output that sums n features: its largest stable rate is "
                f"{other.largest_law}{_number(other)}, an adapter's {row.largest_law}{_number(row)}",
                f"give it a parameter group of its own, at most {_limit(other)}; or an adapter in its place",
            )


def stands_still(kinds: tuple[str, ...]) -> Callable[[AuditCase], Iterator[Finding]]:
    """Parameters of these roles, of which an adapter's rate makes less and less as the width grows."""

    def find(case: AuditCase) -> Iterator[Finding]:
        row = case.linear
        for other in _others(case, kinds):
            if row is not None and row.largest_law and other.largest_law and other.largest_law.n > row.largest_law.n:
                gap = other.largest_law.n - row.largest_law.n
                yield Finding(
                    other.what,
                    f"at a rate for adapters ({row.largest_law}) it moves by n^-{gap} of its size: it stands still",
                    f"nothing is summed over n in it: its largest stable rate is {other.largest_law}{_number(other)}, "
                    f"an adapter's {row.largest_law}{_number(row)}",
                    f"give it a parameter group of its own; {_limit(other)} is the largest rate, in units of the size "
                    "of its entries",
                )

    return find


def not_derived(case: AuditCase) -> Iterator[Finding]:
    """Rows without a law."""
    for row in case.rows:
        if row.not_derived and row.multiplier > 0:
            yield Finding(row.what, "no largest rate is derived", row.not_derived, "see gamma-calc derive")


def _others(case: AuditCase, kinds: tuple[str, ...]) -> Iterator[Trained]:
    """Rows of these roles that have no rate of their own."""
    return (row for row in case.rows if row.role_name in kinds and not row.own_rate)


def _number(row: Trained) -> str:
    told = "" if row.largest is None else short(row.largest)
    return f" = {told}" if told not in ("", str(row.largest_law)) else ""


def _limit(row: Trained) -> str:
    return str(row.largest_law) if row.largest is None else short(row.largest)


RULES: Final[tuple[AuditRule[AuditCase], ...]] = (
    AuditRule("whole-at-adapter-rate", Severity.WARNING, "a whole matrix or readout at an adapter's rate", too_fast),
    AuditRule("embedding-stands-still", Severity.WARNING, "embeddings at an adapter's rate", stands_still(EMBEDDINGS)),
    AuditRule("magnitude-at-one-rate", Severity.WARNING, "DoRA's m at the rate of A and B", stands_still(MAGNITUDE)),
    AuditRule("vector-stands-still", Severity.NOTE, "biases and gains at an adapter's rate", stands_still(VECTORS)),
    AuditRule("not-derived", Severity.NOTE, "something is trained that has no law here", not_derived),
)
