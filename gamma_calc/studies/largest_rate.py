"""What to do with the learning rate from each initialisation of the catalogue: one line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from gamma_calc.catalogue.initialisations import INITIALISATIONS, Initialisation
from gamma_calc.catalogue.lora import lora
from gamma_calc.derivation.derivation import derive
from gamma_calc.display.blocks import Block
from gamma_calc.display.tables import markdown
from gamma_calc.exponents import Order, power
from gamma_calc.language.program import Program

LOW: Final = Fraction(1, 4)  # ranks up to n^(1/4): the law of the rate has no breakpoint before
MULTIPLIERS: Final = {"alpha/r": "rank r, alpha/r", "alpha/sqrt(r)": "alpha/sqrt(r)", "1": "s = 1, alpha ~ r"}


@dataclass(frozen=True, slots=True)
class LargestRate:
    """The largest stable shared rate as n^n r^r."""

    n: Fraction
    r: Fraction


def largest_shared_rate(name: str, scaling: str) -> LargestRate:
    """The largest stable learning rate of Adam from an initialisation with one of the multipliers.

    >>> largest_shared_rate("pissa", "alpha/sqrt(r)")
    LargestRate(n=Fraction(-1, 2), r=Fraction(-1, 4))
    """
    rate = largest_shared_rate_of(lora(name, rank="growing", scaling=scaling))
    assert rate is not None
    return rate


def largest_shared_rate_of(program: Program) -> LargestRate | None:
    """The largest stable rate of a program with the exponents eta and rho open; None where there is none."""
    fixed, growing = (_largest(program, rho) for rho in (Fraction(0), LOW))
    return None if fixed is None or growing is None else LargestRate(fixed, (growing - fixed) / LOW)


def _largest(program: Program, rho: Fraction) -> Fraction | None:
    stable = derive(program, rho=rho).conditions["stable"]
    bound = stable.largest.get("eta")
    return None if bound is None else bound.value


TITLE: Final = "Largest stable learning rate, and what 16 times the width or the rank make of it"
LAWS: Final = ("width n", *MULTIPLIERS.values())


def rates_block(rates: Mapping[str, Sequence[LargestRate | None]]) -> Block:
    """What to do with the learning rate: one line for each start, from its largest rate under each multiplier."""
    return Block(TITLE, tuple((name, *_laws(of_start)) for name, of_start in rates.items()), ("start", *LAWS))


def table() -> str:
    """Every initialisation whose exponents are known, with its line: a table in Markdown."""
    rows = tuple(_row(start) for start in known_starts())
    return markdown(Block(TITLE, rows, ("start", "in peft", "A", "B", *LAWS, "it assumes")))


def known_starts() -> tuple[Initialisation, ...]:
    """The initialisations that say how large both factors are, so that there is a largest rate."""
    return tuple(start for start in INITIALISATIONS.values() if not {"a0", "b0"} & {start.a0, start.b0})


def _row(start: Initialisation) -> tuple[str, ...]:
    sizes = map(_size, start.entries(rho="rho"))
    laws = _laws([largest_shared_rate(start.name, scaling) for scaling in MULTIPLIERS])
    return f"`{start.name}`", f"`{start.peft.value!r}`" if start.peft else "", *sizes, *laws, start.assumes


def _laws(rates: Sequence[LargestRate | None]) -> tuple[str, ...]:
    """The law in the width, and under each multiplier the law in the rank."""
    first, ranks = rates[0], (None if rate is None else rate.r for rate in rates)
    return _law("n", None if first is None else first.n), *(_law("r", r) for r in ranks)


def _law(base: str, exponent: Fraction | None) -> str:
    """The rate as a power, and what that is when the base grows sixteenfold.

    >>> _law("n", Fraction(-1, 2)), _law("r", Fraction(1, 4)), _law("r", Fraction(0))
    ('n^-1/2 (/ 4)', 'r^1/4 (x 2)', 'keep it')
    """
    if exponent is None:
        return "no largest rate"
    if exponent == 0:
        return "keep it"
    doublings = abs(4 * exponent)
    change = f"({'/' if exponent < 0 else 'x'} {2**doublings.numerator})" if doublings.denominator == 1 else ""
    return f"{base}^{exponent} {change}".rstrip()


def _size(entry: Order) -> str:
    return "0" if entry.is_zero_quantity else "1" if entry == 0 else power(entry)
