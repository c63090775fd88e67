"""What to do with the learning rate from each initialisation of the catalogue: one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Final

from gamma_calc.catalogue.initialisations import INITIALISATIONS, Initialisation
from gamma_calc.catalogue.lora import lora
from gamma_calc.derivation.conditions import STABILITY, Stability
from gamma_calc.derivation.derivation import derived
from gamma_calc.display.blocks import Block
from gamma_calc.display.tables import markdown
from gamma_calc.exponents import Order, power
from gamma_calc.language.program import Program

STEP: Final = Fraction(1, 64)  # of an exponent, from a fixed rank on: the law is that of ranks and batches near by
MULTIPLIERS: Final = {"alpha/r": "rank r, alpha/r", "alpha/sqrt(r)": "alpha/sqrt(r)", "1": "s = 1, alpha ~ r"}


# What the law depends on where N = n^beta samples are in a batch, with a beta inside of each.
BATCHES: Final[Mapping[str, Fraction]] = MappingProxyType({"N < n": Fraction(1, 2), "N > n": Fraction(5, 4)})


@dataclass(frozen=True, slots=True)
class LargestRate:
    """The largest stable shared rate as n^n r^r N^N; without N where no batch grows."""

    n: Fraction
    r: Fraction
    N: Fraction | None = None

    @property
    def powers(self) -> Mapping[str, Fraction]:
        """The exponent of each base."""
        return {"n": self.n, "r": self.r} | ({} if self.N is None else {"N": self.N})


Laws = Sequence[LargestRate | None]  # one under each multiplier


def largest_shared_rate(name: str, scaling: str) -> LargestRate:
    """The largest stable learning rate of Adam from an initialisation with one of the multipliers.

    >>> found = largest_shared_rate("pissa", "alpha/sqrt(r)")
    >>> print(found.n, found.r)
    -1/2 -1/4
    """
    (rate,) = largest_shared_rates_of([lora(name, rank="growing", scaling=scaling)])
    assert rate is not None
    return rate


def largest_shared_rates_of(
    programs: Sequence[Program], stability: Stability = STABILITY["Z_B"], beta: Fraction | None = None
) -> Laws:
    """The largest stable rates, near a fixed rank, of programs with eta and rho open that are one there; None for none.

    Such are those of one start under different multipliers. ``beta`` is the exponent of the samples where the programs
    have a growing batch. A rate is stable where what the notion of stability asks for is met.
    """
    here = {"rho": Fraction(0)} | ({} if beta is None else {"beta": beta})
    same, *_ = programs

    def largest(program: Program, at: Mapping[str, Fraction]) -> Fraction | None:
        bound = derived(_watched(program, stability).substitute(at), stability).conditions["stable"].largest.get("eta")
        return None if bound is None else bound.value

    first = largest(same, here)
    more = None if beta is None else largest(same, here | {"beta": beta + STEP})
    return [_law_near(first, largest(program, here | {"rho": STEP}), more, beta) for program in programs]


def _law_near(
    first: Fraction | None, of_rank: Fraction | None, of_samples: Fraction | None, beta: Fraction | None
) -> LargestRate | None:
    """The law from the largest exponents at a point, a step of the rank away, and one of the samples."""
    if first is None or of_rank is None:
        return None
    if beta is None:
        return LargestRate(first, (of_rank - first) / STEP)
    if of_samples is None:
        return None
    slope = (of_samples - first) / STEP
    return LargestRate(first - slope * beta, (of_rank - first) / STEP, slope)


def _watched(program: Program, stability: Stability) -> Program:
    """The program with nothing watched but what decides stability: a change and its parts take as long as the rest."""
    asked = {requirement.role for requirement in stability.requirements}
    return program.replaced(watch=[tuple(q for q in group if q.role in asked) for group in program.watch])


TITLE: Final = "Largest stable learning rate, and what 16 times the width or the rank make of it"
LAWS: Final = ("width n", *MULTIPLIERS.values())
BATCH_LAWS: Final = ("width n", "rank: alpha/r", "alpha/sqrt(r)", "s = 1", "samples N")


def rates_block(rates: Mapping[str, Laws]) -> Block:
    """What to do with the learning rate: one line for each start, from its largest rate under each multiplier."""
    return Block(TITLE, tuple((name, *_laws(of_start)) for name, of_start in rates.items()), ("start", *LAWS))


def batch_block(batch: str, rates: Mapping[str, Laws]) -> Block:
    """The same where so many samples are in a batch, as powers of n, r and N."""
    rows = ((name, *_powers(laws)) for name, laws in rates.items())
    return Block(f"Largest stable learning rate near a fixed rank, where {batch}", tuple(rows), ("start", *BATCH_LAWS))


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


def _laws(rates: Laws) -> tuple[str, ...]:
    return _in_width_and_rank(rates, _law)


def _powers(rates: Laws) -> tuple[str, ...]:
    """The same as bare powers, and that of the samples."""
    samples = None if rates[0] is None else rates[0].N
    return *_in_width_and_rank(rates, _power), _power("N", samples)


def _in_width_and_rank(rates: Laws, written: Callable[[str, Fraction | None], str]) -> tuple[str, ...]:
    """The law in the width, and under each multiplier the law in the rank."""
    first, ranks = rates[0], (None if rate is None else rate.r for rate in rates)
    return written("n", None if first is None else first.n), *(written("r", r) for r in ranks)


def _law(base: str, exponent: Fraction | None) -> str:
    """The rate as a power, and what that is when the base grows sixteenfold.

    >>> _law("n", Fraction(-1, 2)), _law("r", Fraction(1, 4)), _law("r", Fraction(0))
    ('n^-1/2 (/ 4)', 'r^1/4 (x 2)', 'keep it')
    """
    if not exponent:
        return _power(base, exponent)
    doublings = abs(4 * exponent)
    change = f"({'/' if exponent < 0 else 'x'} {2**doublings.numerator})" if doublings.denominator == 1 else ""
    return f"{_power(base, exponent)} {change}".rstrip()


def _power(base: str, exponent: Fraction | None) -> str:
    if exponent is None:
        return "no largest rate"
    return f"{base}^{exponent}" if exponent else "keep it"


def _size(entry: Order) -> str:
    return "0" if entry.is_zero_quantity else "1" if entry == 0 else power(entry)
