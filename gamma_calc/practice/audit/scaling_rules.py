"""The multiplier s, the rank, and LoRA+'s ratio."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

from gamma_calc.display.numbers import short
from gamma_calc.errors import ProgramError
from gamma_calc.practice.audit.case import AuditCase
from gamma_calc.practice.audit.finding import AuditRule, Finding, Severity
from gamma_calc.practice.audit.inventory import LINEAR
from gamma_calc.practice.audit.trained import Trained, times
from gamma_calc.practice.roles import ROLES

DEFAULT: Final = 8  # peft's lora_alpha where nothing is said
LEFT: Final = Decimal("0.5")  # a default alpha and a multiplier below it: the rank was raised, alpha was not
FAR: Final = 4  # a multiplier beyond it, or below one over it
SHARE: Final = Decimal("0.25")  # of the width
OFF: Final = 4  # a factor between a ratio and the derived one


def default_alpha(case: AuditCase) -> Iterator[Finding]:
    """Alpha as it was while the rank was raised."""
    for row in case.scales:
        if _left(case, row):
            alpha = case.file.fields.get("lora_alpha")
            yield Finding(
                f"{case.word('lora_alpha')}, {row.what}",
                f"alpha is {DEFAULT}, peft's default{', which the file does not set' if alpha is None else ''}, "
                f"at r = {row.rank}: s = {times(row.multiplier)}",
                f"the adapter's output has the factor s = {times(row.multiplier)}; {_moved(row)}",
                f"set {case.word('lora_alpha')} to r = {row.rank} or 2 r, or multiply a rate that was good at s = 1",
            )


def not_positive(case: AuditCase) -> Iterator[Finding]:
    """An adapter that adds nothing, or less than nothing."""
    for row in case.scales:
        if row.multiplier <= 0:
            yield Finding(
                f"{case.word('lora_alpha')}, {row.what}",
                f"the multiplier is {short(row.multiplier)}",
                "s multiplies all that the adapter adds and all its gradients: at 0 nothing is trained, below 0 the "
                "sign of the adapter is turned",
                f"set {case.word('lora_alpha')} to a positive number, such as r = {row.rank}",
            )


def far_from_one(case: AuditCase) -> Iterator[Finding]:
    """A multiplier that moves the rate by much."""
    for row in case.scales:
        if row.multiplier > 0 and not 1 <= row.multiplier * FAR <= FAR**2 and not _left(case, row):
            yield Finding(
                f"{case.word('lora_alpha')}, {row.what}",
                f"the multiplier is {times(row.multiplier)}",
                _moved(row),
                "take s = 1, or carry a rate that was good at s = 1 over by that factor",
            )


def large_rank(case: AuditCase) -> Iterator[Finding]:
    """An adapter that is hardly smaller than the matrix."""
    for row in case.scales:
        if row.width is not None and row.rank >= SHARE * row.width:
            yield Finding(
                f"{case.word('r')}, {row.what}",
                f"r = {row.rank} is {times(Decimal(row.rank) / row.width)} of the width {row.width}",
                f"r = n^{_decimal(row.numbers.rank_exponent):.2f}: laws for a fixed rank do not hold, and r "
                f"(n_in + n_out) numbers are trained where the matrix has n_in n_out",
                "take a smaller rank, or train the matrix whole at its own rate",
            )


def ratio(case: AuditCase) -> Iterator[Finding]:
    """LoRA+'s ratio against the one that moves both factors by order one."""
    given = case.inventory.ratio
    row = next((row for row in case.rows if row.role_name == LINEAR and row.width is not None), None)
    if given is None or row is None or (derived := _ratio(row)) is None:
        return
    if not 1 <= OFF * given / derived <= OFF**2:
        yield Finding(
            case.word("loraplus_lr_ratio"),
            f"the ratio of B's rate to A's is {short(given)}; at n = {row.width}, r = {row.rank}, "
            f"s = {times(row.multiplier)} it is {short(derived)}",
            f"the ratio is {ROLES['lora_B'].law(row.training, row.numbers)} over "
            f"{ROLES[LINEAR].law(row.training, row.numbers)}, which moves with the width, the rank and the multiplier",
            f"set the ratio near {short(derived)}, up to a constant of order one",
        )


def rank_stabilised(case: AuditCase) -> Iterator[Finding]:
    """The root of the rank that rsLoRA puts into the multiplier."""
    row = next((row for row in case.adapters if row.rank > 1 and row.multiplier > 0), None)
    if not case.file.fields.get("use_rslora") or row is None or row.largest_law is None:
        return
    root = Decimal(row.rank).sqrt()
    factor = root ** -_decimal(row.largest_law.s)
    over = row.share is not None and row.share <= 1 < row.share * factor
    yield Finding(
        case.word("use_rslora"),
        f"the multiplier is sqrt(r) = {short(root)} times that without rsLoRA",
        f"the largest stable rate goes with s^{row.largest_law.s}, so it is {short(factor)} times smaller",
        f"divide a rate that was good without it by {short(factor)}",
        Severity.WARNING if over else None,
    )


def _left(case: AuditCase, row: Trained) -> bool:
    """Is alpha peft's default, and the multiplier small for it?"""
    default = Decimal(DEFAULT) / row.rank
    unset = case.file.fields.get("lora_alpha", DEFAULT) == DEFAULT
    return unset and row.multiplier == default and row.multiplier < LEFT


def _moved(row: Trained) -> str:
    """What the multiplier makes of the largest rate."""
    if row.largest_law is None:
        return f"no law is derived here: {row.not_derived}"
    factor = row.multiplier ** _decimal(row.largest_law.s)
    return f"the largest stable rate goes with s^{row.largest_law.s}: {times(factor)} times that at s = 1"


def _decimal(exponent: Fraction) -> Decimal:
    return Decimal(exponent.numerator) / exponent.denominator


def _ratio(row: Trained) -> Decimal | None:
    """B's largest rate over A's, where both move the output by order one; None where no two rates do."""
    try:
        a, b = (ROLES[name].law(row.training, row.numbers) for name in (LINEAR, "lora_B"))
    except ProgramError:
        return None
    return b.at(row.numbers) / a.at(row.numbers)


RULES: Final[tuple[AuditRule[AuditCase], ...]] = (
    AuditRule("alpha-left-at-default", Severity.WARNING, "alpha is peft's default at a larger rank", default_alpha),
    AuditRule("multiplier-not-positive", Severity.ERROR, "alpha is 0 or below", not_positive),
    AuditRule("multiplier-far-from-1", Severity.WARNING, "s is above 4 or below 1/4", far_from_one),
    AuditRule("large-rank", Severity.WARNING, "r is a quarter of the width or more", large_rank),
    AuditRule("lora-plus-ratio", Severity.WARNING, "LoRA+'s ratio is not that of these numbers", ratio),
    AuditRule("rslora-rate", Severity.NOTE, "rsLoRA makes the largest rate smaller", rank_stabilised),
)
