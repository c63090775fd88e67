"""How adapters start: what grows, what lowers the largest rate, what a later call must complete, what no file shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from gamma_calc.catalogue.lora import lora
from gamma_calc.derivation.derivation import derive
from gamma_calc.display.numbers import short
from gamma_calc.exponents import Order
from gamma_calc.practice.adapted_layer import adapted_layer
from gamma_calc.practice.audit.case import AuditCase
from gamma_calc.practice.audit.finding import AuditRule, Finding, Severity
from gamma_calc.practice.audit.inventory import LINEAR
from gamma_calc.practice.audit.trained import Trained
from gamma_calc.practice.law import Law

PLAIN: Final = "default"  # the start that others are held against


def grows(case: AuditCase) -> Iterator[Finding]:
    """Features that are large before anything is trained."""
    if case.start is None:
        return
    size = _feature(case.start.name)
    power = size.at({"rho": 0, "sigma": 0})
    if power is not None and power > 0:
        row = next((row for row in case.adapters if row.width is not None and row.multiplier > 0), None)
        number = None if row is None else _at(row, size)
        told = "" if row is None or number is None else f": {short(number)} at n = {row.width}, r = {row.rank}"
        yield Finding(
            case.word("init_lora_weights"),
            f"with the start {case.start.name!r} the feature A Z starts as n^{power}, not of order one" + told,
            f"{case.start.statement}; A Z is n^({size}) with r = n^rho, s = n^sigma",
            f"start with true (A of variance 1/n): A Z is then n^{_feature(PLAIN)}",
            Severity.NOTE if number is not None and number <= 1 else None,
        )


def lowers(case: AuditCase) -> Iterator[Finding]:
    """A start that takes a smaller rate than the plain one."""
    row = next((row for row in case.rows if row.role_name == LINEAR and row.largest_law), None)
    if case.start is None or row is None or row.largest_law is None:
        return
    usual = _usual(row)
    if row.largest_law.n < usual.n:
        yield Finding(
            case.word("init_lora_weights"),
            f"from the start {case.start.name!r} the largest stable rate is {row.largest_law}, from true {usual}"
            + _times(row, usual),
            f"{case.start.statement}; its exponent in n is lower by {usual.n - row.largest_law.n}",
            "take the rate from this start's own law, not from plain LoRA",
        )


def needs_a_call(case: AuditCase) -> Iterator[Finding]:
    """What without a call starts as true, silently."""
    if case.start is not None and case.start.peft is not None and case.start.peft.call:
        yield Finding(
            case.word("init_lora_weights"),
            f"{case.start.name!r} starts as true unless {case.start.peft.call} is called",
            f"the rows here are for {case.start.name}: {case.start.statement}",
            f"call {case.start.peft.call} after the adapter is made, or write true",
        )


def merged(case: AuditCase) -> Iterator[Finding]:
    """A frozen weight that is not the base model's."""
    if case.start is not None and case.start.residual:
        yield Finding(
            case.word("init_lora_weights"),
            f"{case.start.name!r} changes the frozen weights, which no adapter file shows",
            f"{case.start.statement}: what is saved belongs to those weights, not to the base model's",
            "keep the changed base, or save with path_initial_model_for_weight_conversion",
        )


def adds(case: AuditCase) -> Iterator[Finding]:
    """A product that changes the model before the first step."""
    if case.start is not None and case.start.adds_at_once:
        yield Finding(
            case.word("init_lora_weights"),
            f"with {case.start.name!r} both factors start random and s B A is added before anything is trained",
            f"{case.start.statement}: B A Z starts of order n^{_output(case.start.name)}, so step 0 is not the "
            "pretrained model",
            "start with true, where B = 0",
        )


def _at(row: Trained, size: Order) -> Decimal:
    """An order at the numbers of a row."""
    value = size.at({"rho": row.numbers.rank_exponent, "sigma": row.numbers.multiplier_exponent}) or Fraction(0)
    return Decimal(row.numbers.n) ** (Decimal(value.numerator) / value.denominator)


@lru_cache(maxsize=64)
def _feature(init: str) -> Order:
    """The order of A Z before the first step."""
    return derive(adapted_layer(init)).at_step(0)["Z_A"]


@lru_cache(maxsize=64)
def _output(init: str) -> Order:
    """The order of B A Z before the first step, at a fixed rank."""
    return derive(lora(init)).at_step(0)["Z_B"]


def _usual(row: Trained) -> Law:
    return row.role.law(replace(row.training, init=PLAIN), row.numbers)


def _times(row: Trained, usual: Law) -> str:
    if row.largest is None:
        return ""
    return f", {short(usual.at(row.numbers) / Decimal(row.largest))} times more at n = {row.width}"


RULES: Final[tuple[AuditRule[AuditCase], ...]] = (
    AuditRule("start-feature-grows", Severity.WARNING, "A Z is larger than order one at the start", grows),
    AuditRule("start-lowers-rate", Severity.WARNING, "the start takes smaller rates than plain LoRA", lowers),
    AuditRule("start-needs-a-call", Severity.WARNING, "a call must complete the start", needs_a_call),
    AuditRule("start-merged", Severity.NOTE, "the start changes the frozen weights", merged),
    AuditRule("start-adds-at-once", Severity.WARNING, "the model changes before the first step", adds),
)
