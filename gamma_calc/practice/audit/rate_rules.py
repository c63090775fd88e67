"""The rate against the largest stable ones, at the given width."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from gamma_calc.display.numbers import short
from gamma_calc.practice.audit.case import AuditCase
from gamma_calc.practice.audit.finding import AuditRule, Finding, Severity
from gamma_calc.practice.audit.trained import Trained, times
from gamma_calc.practice.roles import ROLES

# Constants of order one are not known: rates in common use, 1e-4 to 5e-4 at n = 4096 and s r = 8 to 32, stand 5 to 60
# times below the largest stable one with constant 1. So below is doubtful only by more than that, and by n^(1/2), the
# whole way from an adapter's law to that of a matrix.
FAR_BELOW: Final = Decimal("-0.5")
TIMES_BELOW: Final = 64
MOST: Final = 8  # rows that are named
FAR_ABOVE: Final = Decimal("0.125")  # 2.8 times at a width of 4096: more than a constant is likely to make up


def above(case: AuditCase) -> Iterator[Finding]:
    """Rates of which n^x is left over, the worst of many."""
    rows = [row for row in case.rows if row.distance is not None and row.distance > 0]
    for row in sorted(rows, key=lambda row: row.distance or 0, reverse=True)[:MOST]:
        if row.distance is not None and row.largest is not None:
            worst = row.distance > FAR_ABOVE
            yield Finding(
                row.what,
                f"the rate {_rate(row)} is {_size(row)} above the largest stable one, {short(row.largest)}",
                f"the rate is n^{row.distance:.2f} times {row.largest_law}: what it adds grows with the width",
                f"take at most {short(row.largest)} for it, by a parameter group of its own if the rest wants more",
                Severity.ERROR if worst else Severity.WARNING,
            )


def below(case: AuditCase) -> Iterator[Finding]:
    """Adapters of linear layers that a rate hardly moves."""
    row = case.linear
    if row is not None and row.share is not None and row.largest is not None and _far_below(row):
        yield Finding(
            row.what,
            f"the rate {_rate(row)} is {_size(row)} below the largest stable one, {short(row.largest)}",
            f"the rate is n^{row.distance:.2f} times {row.largest_law}: a rate for {_full(row)}, not for an adapter",
            f"raise it; rates in common use stand 5 to 60 times below: {short(row.largest / 60)} to "
            f"{short(row.largest / 5)}",
        )


def _far_below(row: Trained) -> bool:
    assert row.distance is not None
    assert row.share is not None
    return row.distance <= FAR_BELOW and row.share * TIMES_BELOW <= 1


def no_width(case: AuditCase) -> Iterator[Finding]:
    """A rate that nothing stands beside."""
    if case.inventory.rate is not None and case.tightest is None:
        yield Finding(
            "--width",
            "no width is known, so the rate is held against nothing",
            "largest rates are powers of the width, and a configuration does not say it",
            "give --width, the hidden_size in the model's config.json, or the folder with the saved weights",
        )


def in_units(case: AuditCase) -> Iterator[Finding]:
    """A rate that no number of an edge can be held against."""
    row = case.tightest or case.linear
    if case.inventory.rate is not None and row is not None and row.unit:
        yield Finding(
            "--optimizer",
            f"the rate {short(case.inventory.rate)} is held against nothing",
            row.unit,
            "find a rate once, and carry it by the laws below: gamma-calc rates, gamma-calc transfer",
        )


def _rate(row: Trained) -> str:
    assert row.rate is not None
    return short(row.rate)


def _size(row: Trained) -> str:
    assert row.share is not None
    return f"{times(max(row.share, 1 / row.share))} times"


def _full(row: Trained) -> str:
    """A matrix trained whole, by its own law."""
    return f"a matrix trained whole ({ROLES['weight'].law(row.training, row.numbers)})"


RULES: Final[tuple[AuditRule[AuditCase], ...]] = (
    AuditRule("rate-above-largest", Severity.WARNING, "the rate is above the largest stable one", above),
    AuditRule("rate-far-below", Severity.WARNING, "the rate is n^(1/2) and 64 times below the largest one", below),
    AuditRule("rate-in-units-of-gradient", Severity.NOTE, "a rate in units of the gradient's size", in_units),
    AuditRule("no-width", Severity.NOTE, "a rate without a width to hold it against", no_width),
)
