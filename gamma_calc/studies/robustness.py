"""Robustness of a start, and the starts that are robust and efficient together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from gamma_calc.derivation.derivation import Derivation, derive
from gamma_calc.errors import ProgramError
from gamma_calc.exponents import Order, Region, where
from gamma_calc.language.expression import Expression
from gamma_calc.language.program import Quantity, Role, other
from gamma_calc.studies.degree import Interval, degrees, linear_part

CHANGES: Final = (Role.ONE_FACTOR, Role.BOTH_FACTORS, Role.CHANGE)


@dataclass(frozen=True, slots=True)
class Robustness:
    """What a program makes of a learning rate below its largest stable one, n^largest_rate.

    ``largest_rate`` is None where no rate is stable, as the start itself is too large; there are no ``degrees`` then.
    ``degrees`` of the change of the output and of its parts, at late steps; ``noise``: the order of s B0 A0 Z, what the
    start itself puts into the output, and ``subtracted`` if the frozen weight takes it back; ``efficient``: is there a
    rate at which both factors learn? ``robust``: is what each factor adds linear in the rate, all the way there?
    """

    largest_rate: Fraction | None
    degrees: Mapping[str, tuple[Interval, ...]]
    noise: Order
    subtracted: bool
    efficient: bool
    robust: bool


def robustness(derivation: Derivation) -> Robustness:
    """The robustness of a derived program with one open exponent, that of its learning rate. Raises ProgramError.

    Source: the notion is that of Li et al., arXiv 2505.23194, on non-zero starts; the degrees are derived.

    >>> from gamma_calc import lora
    >>> answer = robustness(derive(lora("A")))
    >>> {name: [str(s.degree) for s in answer.degrees[name]] for name in ("delta1", "delta2")}
    {'delta1': ['2'], 'delta2': ['1', '2']}
    >>> robustness(derive(lora("AB"))).noise
    Order('-1/2')
    """
    rate, limit = _largest_rate(derivation)
    changes = [q for q in derivation.program.quantities.values() if q.role in CHANGES]
    answers = {} if limit is None else {q.name: degrees(derivation.orders[q.name], rate, limit) for q in changes}
    output = _output(derivation)
    return Robustness(
        limit,
        MappingProxyType(answers),
        _at_the_start(derivation, output.uncentred),
        output.uncentred is not output,
        not derivation.conditions["efficient"].empty,
        limit is not None and all(interval.degree <= 1 for q in _parts(derivation) for interval in answers[q.name]),
    )


def robust_and_efficient(derivation: Derivation) -> Region:
    """Where a derived program is efficient and what each factor adds is linear in the learning rates.

    >>> from gamma_calc import lora
    >>> robust_and_efficient(derive(lora("general")))
    Region('a0 = 0 & b0 = -1/2 & eta = -1/2')
    >>> robust_and_efficient(derive(lora("general", sum_rule="additive")))
    Region('a0 = -1/2 & b0 = -1/2 & eta = -1/2')
    """
    region = derivation.conditions["efficient"].region
    for q in _parts(derivation):
        value = derivation.orders[q.name]
        region = region & where(linear_part(value, derivation.rates), "=", value)
    return region


def _parts(derivation: Derivation) -> list[Quantity]:
    """What each factor alone adds to the output."""
    return [q for q in derivation.program.quantities.values() if q.role is Role.ONE_FACTOR]


def _largest_rate(derivation: Derivation) -> tuple[str, Fraction | None]:
    """The one open exponent, and the largest value at which the program is stable."""
    names = derivation.program.variables
    if len(names) != 1 or names != derivation.rates:
        others = ",".join(f"{name}=VALUE" for name in names if name not in derivation.rates)
        fixed = f", as by --set {others}" if others else ""
        raise ProgramError(
            f"the degree in one learning rate, with {', '.join(names) or 'nothing'} open",
            where=f"program {derivation.program.name}",
            hint=f"leave open the exponent of one shared learning rate alone{fixed}",
        )
    stable = derivation.conditions["stable"]
    return names[0], None if stable.empty else stable.largest[names[0]].value


def _output(derivation: Derivation) -> Expression:
    return next(q.node for q in derivation.program.quantities.values() if q.role is Role.OUTPUT)


def _at_the_start(derivation: Derivation, expression: Expression) -> Order:
    """The order before training of an expression that is not watched."""
    watch = [*derivation.program.watch, other("asked", expression)]
    return derive(derivation.program.replaced(watch=watch)).at_step(0)["asked"]
