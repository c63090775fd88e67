"""The derivation: every order at every step, the conditions that hold, and the reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamma_calc.derivation import data, latex, sections
from gamma_calc.derivation.conditions import STABILITY
from gamma_calc.derivation.solution import Solution
from gamma_calc.derivation.trace import Trace, trace
from gamma_calc.display.blocks import plain, rich_text
from gamma_calc.display.json import json_text
from gamma_calc.engine.fixed_point import trajectory
from gamma_calc.errors import GammaError, unknown
from gamma_calc.exponents.orders.order import Exponent
from gamma_calc.language.program import Program

if TYPE_CHECKING:
    from rich.text import Text


class Derivation(Solution):
    """What the calculus says of a program, for every step and in the limit of many.

    ``orders`` holds the settled orders (for every step from ``from_step`` on, at the exponents in ``settled``) and, for
    what the loss depends on, the loss-aligned ones under ``NAME.aligned``; ``at_step(t)`` those of one step;
    ``conditions`` the sets of exponents.

    >>> from gamma_calc import derive, lora
    >>> found = derive(lora(init="A"))
    >>> found.orders["Z_B"]
    Order('max(eta, 2*eta + 1)')
    >>> found.conditions["stable"].region
    Region('eta <= -1/2')
    """

    def trace(self, *quantities: str, step: int | None = None) -> Trace:
        """The derivation of the quantities' orders, rule by rule; at ``from_step`` unless a step is given."""
        return trace(self, quantities, step)

    def to_json(self) -> str:
        """The whole answer as the command line prints it with ``--format json``."""
        return json_text(data.as_data(self))

    def __str__(self) -> str:
        return plain(sections.report(self))

    def __repr__(self) -> str:
        sets = ", ".join(map(str, self.conditions.values()))
        return f"<Derivation of {self.program.name}: {sets}>"

    def __rich__(self) -> Text:
        return rich_text(sections.report(self, "unicode"))

    def _repr_latex_(self) -> str:
        return latex.notebook(self)


def derive(program: Program, *, stability: str = "Z_B", **values: Exponent) -> Derivation:
    """Derive every order of a program, for every step. ``values`` fixes exponents, such as ``rho="1/2"``.

    Raises UnknownName for another ``stability``; ProgramError and OrderError with the program's name in front.

    >>> from gamma_calc import lora
    >>> derive(lora(init="A", rank="growing"), rho="1/2").conditions["stable"].region
    Region('eta <= -3/4')
    """
    if stability not in STABILITY:
        raise unknown("notion of stability", stability, STABILITY)
    fixed = program.substitute(values) if values else program
    try:
        return Derivation(fixed, trajectory(fixed), STABILITY[stability])
    except GammaError as error:
        raise error.at(f"program {program.name}") from error
