"""What is derived of the best learning rates of a sweep: one law for each principle, under each set of assumptions.

No principle knows the constant in front, so a law speaks of how rates differ between cells. Of the sizes that a step
keeps, the level is taken from the rates that were found: where a size bends, it matters on which side they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import log
from types import MappingProxyType
from typing import Final

from gamma_calc.catalogue.assumed import ASSUMPTIONS, assumed
from gamma_calc.derivation.derivation import Derivation, derive
from gamma_calc.errors import ConfigError
from gamma_calc.exponents import simplify
from gamma_calc.language.program import Role
from gamma_calc.practice.method import ONE
from gamma_calc.practice.monomials import Logarithms, Ray, border, leading, rays, shift_to
from gamma_calc.practice.setting import Setting

RATE: Final = "eta"
USUAL: Final = MappingProxyType({False: "one repeated sample", True: "one repeated batch"})
EDGE: Final = "edge"
STEP: Final = "step"
DESCENT: Final = "descent"
Known = Sequence[tuple[Setting, float]]  # what cells are set to, each with the logarithm of its best rate


@dataclass(frozen=True)
class SweepLaw:
    """A principle under assumptions: the logarithm of the rate that it gives each cell, up to a common constant.

    >>> known = [(Setting(n=1024, r=r, alpha=16), 0.0) for r in (4, 16)]
    >>> four, sixteen = next(sweep_laws(known[0][0])).rates(known)
    >>> round(sixteen - four, 9)
    0.0
    """

    principle: str
    names: tuple[str, ...]
    found: Derivation
    unknown: tuple[str, ...] = ()  # columns of a sweep that the program has no exponent for

    @property
    def assumptions(self) -> str:
        """In words."""
        return ", ".join(self.names) or USUAL["beta" in self.found.program.variables]

    def rates(self, known: Known) -> list[float] | None:
        """The logarithm of each cell's rate; None where the principle gives none."""
        numbers = [_numbers(setting) for setting, _ in known]
        if self.principle == EDGE:
            return _complete([self._edge(one) for one in numbers])
        sizes = [self._size({**one, RATE: rate}) for one, (_, rate) in zip(numbers, known, strict=True)]
        if not all(sizes):
            return None
        level = sum(leading(size).now for size in sizes) / len(sizes)
        return [rate + shift_to(level, size) for size, (_, rate) in zip(sizes, known, strict=True)]

    def _edge(self, numbers: Logarithms) -> float | None:
        end = border(self.found.conditions["stable"].region, {**numbers, RATE: 0}, [RATE])
        return None if end is None else end.shift

    def _size(self, numbers: Logarithms) -> tuple[Ray, ...]:
        order = self.found.orders.get(self._quantity)
        if order is not None and not order.is_convex:
            order = simplify(order, self.found.conditions["stable"].region)
        monomials = rays(order, numbers, [RATE]) if order is not None and order.is_convex else ()
        return monomials if any(one.degree > 0 for one in monomials) else ()

    @property
    def _quantity(self) -> str:
        change = next(q.name for q in self.found.program.quantities.values() if q.role is Role.CHANGE)
        return change if self.principle == STEP else f"{change}.aligned"


def sweep_laws(setting: Setting, names: Sequence[str] | None = None, *, batches: bool = False) -> Iterator[SweepLaw]:
    """Each principle under each set of assumptions that there is; of ``names`` given, under these alone.

    ``batches``: every run tells its number of samples a step; else the setting does, or one sample makes each step.
    Raises ConfigError for a method with a rate for each factor, for batches where they are not derived, and where
    assumptions are asked of one that has none.
    """
    method = setting.method
    if method.rates != ONE:
        raise ConfigError(
            f"{method.name} has a rate for each factor", hint="a sweep of one rate is checked: leave it out"
        )
    method.check_batch("a column" if batches else setting.batch)
    method.check_start(setting.init)
    samples = {"batch": "growing"} if batches or setting.batch is not None else {}
    unknown = () if method.has_rank and not method.fixed else ("rank",)
    for chosen in _sets(method.name) if names is None else [tuple(names)]:
        program = method.build(optimiser=setting.rule, **_start(setting), **samples, **assumed(chosen))
        found = derive(program)
        yield from (SweepLaw(principle, chosen, found, unknown) for principle in (EDGE, STEP, DESCENT))


def _sets(method: str) -> Iterator[tuple[str, ...]]:
    """Every set of assumptions; only adapters of plain LoRA can be written under them."""
    most = len(ASSUMPTIONS) if method == "lora" else 0
    for count in range(most + 1):
        yield from combinations(ASSUMPTIONS, count)


def _start(setting: Setting) -> Mapping[str, str]:
    return {} if setting.start is None else {"init": setting.start}


def _numbers(setting: Setting) -> Logarithms:
    numbers = {"n": setting.n or 1, "rho": setting.rank, "sigma": setting.multiplier, "beta": setting.batch or 1}
    return {name: log(number) for name, number in numbers.items()}


def _complete(values: Sequence[float | None]) -> list[float] | None:
    found = [value for value in values if value is not None]
    return found if len(found) == len(values) else None
