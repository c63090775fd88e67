"""The law of a setting: what the derivation of its program says at its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from math import log

from gamma_calc.catalogue.assumed import assumed
from gamma_calc.derivation.derivation import Derivation, derive
from gamma_calc.errors import ConfigError
from gamma_calc.exponents import Affine, Region, simplify
from gamma_calc.language.program import Role
from gamma_calc.practice.edges import BOUNDED, edges
from gamma_calc.practice.method import METHODS
from gamma_calc.practice.monomials import Logarithms, Ray, border, contains, logarithm, rays
from gamma_calc.practice.setting import RATES, Setting


@lru_cache(maxsize=64)
def derived(
    method: str, init: str | None, optimiser: str, *, stability: str, samples: str, names: tuple[str, ...]
) -> Derivation:
    """The derivation behind all settings of one method, start and optimiser. Raises GammaError as ``derive`` does."""
    return derive(METHODS[method].program(init, optimiser, samples, **assumed(names)), stability=stability)


@dataclass(frozen=True)
class SettingLaw:
    """A setting with the derivation of its program, under named assumptions. Sizes and rates are natural logarithms.

    >>> law = SettingLaw(Setting(n=4096, r=4, alpha=4, lr=1e-4))
    >>> {rate: str(form) for rate, form in law.edge.items()}
    {'eta': '-1/2 - rho/2 - sigma/2'}
    """

    setting: Setting
    names: tuple[str, ...] = ()

    @cached_property
    def numbers(self) -> Logarithms:
        """The width under "n"; rank, multiplier, batch and rates under their exponents' names."""
        asked = self.setting
        of_run = {"n": asked.n or 1, "rho": asked.rank, "sigma": asked.multiplier, "beta": asked.batch or 1}
        of_run |= asked.rates
        return {name: log(number) for name, number in of_run.items()}

    def checked(self) -> SettingLaw:
        """The law, if the program can be derived. Raises GammaError."""
        _ = self.found
        return self

    @cached_property
    def found(self) -> Derivation:
        return self._derived("Z_B")

    def _derived(self, stability: str) -> Derivation:
        asked = self.setting
        found = derived(
            asked.method.name, asked.start, asked.rule, stability=stability, samples=asked.samples, names=self.names
        )
        if found.rates != asked.method.rates:
            raise ConfigError(
                f"init {asked.start} trains one factor, and {asked.method.name} has a rate for each",
                hint="name a start that trains both, such as default",
            )
        return found

    # -- the largest stable rate ----------------------------------------------------------------------------------

    @cached_property
    def stable(self) -> Region:
        return self.found.conditions["stable"].region

    @cached_property
    def edge(self) -> Mapping[str, Affine] | None:
        """The largest stable rate as a monomial in n, r and s; None where there is none.

        Of two rates: the largest pair at which the feature inside the adapter stays bounded too, A's rate first.
        """
        rates = self.setting.method.rates
        region = self.stable if len(rates) == 1 else self._derived(BOUNDED).conditions["stable"].region
        return edges(region, rates, self.numbers)

    @property
    def edge_rates(self) -> Mapping[str, float] | None:
        """The largest stable rates, as logarithms."""
        return None if self.edge is None else {rate: logarithm(form, self.numbers) for rate, form in self.edge.items()}

    def room(self, rates: Mapping[str, float]) -> float | None:
        """How far rates can be raised together before training is unstable; negative above the edge."""
        end = border(self.stable, {**self.numbers, **rates}, rates)
        return None if end is None else end.shift

    # -- sizes ----------------------------------------------------------------------------------------------------

    def step(self, rates: Mapping[str, float]) -> tuple[Ray, ...]:
        """What a step adds to the output; nothing where no order holds for every step, or none is a maximum."""
        return self._size(self._change, rates)

    def descent(self, rates: Mapping[str, float]) -> tuple[Ray, ...]:
        """The part of it along the gradient of the loss."""
        return self._size(f"{self._change}.aligned", rates)

    @cached_property
    def _change(self) -> str:
        return next(q.name for q in self.found.program.quantities.values() if q.role is Role.CHANGE)

    def _size(self, name: str, rates: Mapping[str, float]) -> tuple[Ray, ...]:
        order, here = self.found.orders.get(name), {**self.numbers, **rates}
        if order is None or not contains(self.found.settled, here):
            return ()
        parts = (Region((one,)) for one in self.stable.polyhedra) if not order.is_convex else ()
        part = next((one for one in parts if contains(one, here)), None)
        if part is not None:
            order = simplify(order, part)
        return rays(order, here, rates) if order.is_convex else ()

    # -- in print -------------------------------------------------------------------------------------------------

    def powers(self, form: Affine) -> dict[str, str]:
        """A monomial as exponents of n, r, alpha (or s) and its rates, rationals in text.

        >>> law = SettingLaw(Setting(n=4096, r=4, alpha=4, lr=1e-4))
        >>> law.powers(law.edge["eta"])
        {'n': '-1/2', 'r': '0', 'alpha': '-1/2'}
        """
        asked, method = self.setting, self.setting.method
        by_alpha = asked.s is None
        root = Affine.variable("rho") * Fraction(1, 2 if asked.rslora else 1)
        stated = form.substitute({"sigma": Affine.variable("sigma") - root}) if by_alpha else form
        of_multiplier = ("alpha" if by_alpha else "s") * method.has_multiplier
        words = {"rho": "r" * method.has_rank, "sigma": of_multiplier, "beta": "batch"}
        found = {"n": str(stated.constant)}
        found |= {
            word: str(stated.coefficient(name)) for name, word in words.items() if word and name not in self.fixed
        }
        return found | {RATES[name]: str(c) for name, c in form.terms if name in RATES}

    @property
    def fixed(self) -> frozenset[str]:
        """The exponents that the program lacks although the run has the numbers."""
        return frozenset({"rho", "sigma", "beta"}) - set(self.found.program.variables)
