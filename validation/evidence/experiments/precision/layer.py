"""The layer whose numbers are looked at, as a program, and the derived orders of everything that is stored on the way.

The loss is the mean over the n outputs of w Z_out, so the gradient that reaches the layer is of order 1/n.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

from gamma_calc.calculus.dims import Dim
from gamma_calc.catalogue.lora import lora
from gamma_calc.catalogue.student import STARTS
from gamma_calc.derivation.derivation import derive
from gamma_calc.engine.gradient import gradients, optimiser_inputs
from gamma_calc.errors import pick
from gamma_calc.exponents import order
from gamma_calc.language.change import change
from gamma_calc.language.program import Program, other
from validation.errors import SettingError
from validation.evidence.experiments.precision.hazards import Hazard, SizeFactor

KEPT: Final = ("Z", "Z_A", "A", "B", "Z_B")
Orders = Mapping[str, Fraction | None]


def layer(init: str) -> Program:
    """One LoRA layer under Adam and a mean over its outputs, with its gradients and updates watched.

    Raises UnknownName for a start that is no independent draw.
    """
    pick("initialisation", init, STARTS)
    base = lora(init)
    program = base.replaced(loss=Dim("n", 1) ** -1 * base.loss)
    by_name, of_node = {p.name: p for p in program.parameters}, gradients(program.loss)
    kept = [(program.quantity(name),) for name in KEPT]
    given = [other(f"g_{name}", g) for name, g in optimiser_inputs(program).items()]
    steps = [other(f"d{name}", step) for name, p in by_name.items() if (step := change(p))]
    back = [other(name, of_node[id(program.quantity(of).node)]) for name, of in (("B'g", "Z_A"), ("g", "Z_B"))]
    return program.replaced(watch=[*kept, *given, *steps, *back])


def default_rate(init: str) -> Fraction:
    """The exponent of the largest stable learning rate.

    >>> str(default_rate("A")), str(default_rate("B"))
    ('-1/2', '-1')
    """
    value = derive(layer(init)).conditions["stable"].largest["eta"].value
    assert value is not None  # Z_B grows with the rate
    return value


def rate_of(text: str | None) -> Fraction | None:
    """An exponent from its text; None stays."""
    return None if text is None else Fraction(text)


@dataclass(frozen=True, slots=True)
class LayerOrders:
    """The orders after each step from 0; None is zero. ``starts`` are those of the factors' entries, by name."""

    steps: tuple[Orders, ...]
    starts: Orders

    def of(self, hazard: Hazard, step: int) -> Fraction | None:
        """The exponent of a hazard's size in the update that follows a step; None where it is zero or not there."""
        found = [self._power(power, step) for power in hazard.powers]
        known = [x for x in found if x is not None]
        gamma = sum(known, Fraction(0))
        asked = len(known) == len(found) and hazard.kind.only in (None, gamma)
        return gamma if asked else None

    def _power(self, power: SizeFactor, step: int) -> Fraction | None:
        at = step + power.later
        if not 0 <= at < len(self.steps):
            return None
        seen = self.steps[: at + 1] if power.so_far else (self.steps[at],)
        known = [x for orders in seen if (x := orders[power.quantity]) is not None]
        return power.exponent * max(known) if known else None


@lru_cache(maxsize=64)
def layer_orders(init: str, rate: Fraction, steps: int) -> LayerOrders:
    """Derived at a learning rate n^rate for some steps.

    >>> str(layer_orders("A", Fraction("-1/2"), 3).steps[3]["Z_A"])
    '1/2'
    """
    program = layer(init).substitute({"eta": rate})
    found = derive(program)
    tables = [found.at_step(step) for step in range(steps + 1)]
    watched = tuple({name: _number(table[name]) for name in program.quantities} for table in tables)
    return LayerOrders(watched, {p.name: _number(p.entry) for p in program.parameters})


def _number(value: object) -> Fraction | None:
    known = order(value)  # type: ignore[arg-type]
    return None if known.is_zero_quantity else known.rational


def checked_inits(inits: Sequence[str]) -> tuple[str, ...]:
    """Starts, each known and named once. Raises SettingError, UnknownName."""
    if not inits or len(set(inits)) < len(inits):
        raise SettingError(f"initialisations {', '.join(inits) or 'none'}", hint="name at least one, each once")
    for init in inits:
        pick("initialisation", init, STARTS)
    return tuple(inits)
