"""How a random matrix sums over its contracted axis: the assumption on which published analyses differ."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final


@dataclass(frozen=True, slots=True)
class SumRule:
    """The exponent, per exponent of the axis, that a sum over independent random entries gains."""

    name: str
    gain: Fraction
    statement: str


CLT: Final = SumRule("clt", Fraction(1, 2), "a random matrix sums over an axis of size N to sqrt(N) (central limit)")
ADDITIVE: Final = SumRule(
    "additive",
    Fraction(1),
    "a random matrix sums over an axis of size N to N: the literal reading of arXiv 2505.23194, which holds for "
    "entries that agree in sign and not for independent ones",
)

SUM_RULES: Final = {rule.name: rule for rule in (CLT, ADDITIVE)}
