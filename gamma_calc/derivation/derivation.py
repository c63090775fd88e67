"""The derivation as one meets it: an answer that prints as the command prints it, and shows itself in a notebook.

An example: ``derive`` runs the engine until no order changes any more, and keeps the states. Nothing else is computed
before it is asked for, so an order, a condition or a trace costs what it needs and no more.

>>> from gamma_calc import derive, lora
>>> answer = derive(lora(init="A"))
>>> answer
<Derivation of lora: stable: eta <= -1/2, ... efficient: eta = -1/2>
>>> print(answer.conditions)
Conditions
  stable             eta <= -1/2
  internally stable  eta <= -1
  feature learning   eta = -1/2
  efficient          eta = -1/2
>>> answer.trace("delta1.aligned", step=2).steps[-1].order
Order('2*eta + 1')

Derivations of equal programs are equal, and ``diff`` says in what two of them are not:

>>> answer == derive(lora(init="A")), answer == derive(lora(init="B"))
(True, False)
>>> answer.diff(derive(lora(init="B"))).conditions["stable"]
(Region('eta <= -1/2'), Region('eta <= -1'))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from gamma_calc.derivation import data, latex, sections
from gamma_calc.derivation.conditions import STABILITY, Stability
from gamma_calc.derivation.difference import DerivationDifference, difference
from gamma_calc.derivation.recording import observer
from gamma_calc.derivation.solution import Solution
from gamma_calc.derivation.trace import Trace, trace
from gamma_calc.derivation.unfinished import StepsSoFar
from gamma_calc.display.blocks import Block
from gamma_calc.display.html import html
from gamma_calc.display.json import document
from gamma_calc.display.later import later
from gamma_calc.display.showing import SelfShowing
from gamma_calc.engine.bounded_run import only_where_bounded, where_bounded
from gamma_calc.engine.fixed_point import Observer, Trajectory, trajectory
from gamma_calc.engine.stable_run import on_stable_set
from gamma_calc.engine.stable_set import read_everywhere
from gamma_calc.engine.step_orders import StepOrders
from gamma_calc.errors import GammaError, TimeUp, pick, require, require_count, require_each
from gamma_calc.exponents import Exponent, Region, spans, watched
from gamma_calc.language.program import Program

if TYPE_CHECKING:
    from gamma_calc.display.chart import Chart

MOST_WIDTH: Final = 10**12  # of a chart in numbers


class Derivation(SelfShowing, Solution):
    """What the calculus says of a program, for every step and in the limit of many.

    ``orders`` holds the settled orders (for every step from ``from_step`` on, at the exponents in ``settled``) and, for
    what the loss depends on, the loss-aligned ones under ``NAME.aligned``; ``at_step(t)`` those of one step;
    ``conditions`` the sets of exponents.

    >>> from gamma_calc import derive, lora
    >>> answer = derive(lora(init="A"))
    >>> answer.orders["Z_B"]
    Order('max(eta, 2*eta + 1)')
    >>> answer.conditions["stable"].region
    Region('eta <= -1/2')
    """

    def trace(self, *names: str, step: int | None = None) -> Trace:
        """The derivation of orders, rule by rule; at ``from_step`` unless a step is given.

        A name is that of a quantity ("Z_B"), of a loss-aligned one ("Z_B.aligned"), or of a condition ("efficient").
        """
        return trace(self, names, step)

    def diff(self, other: Solution) -> DerivationDifference:
        """Which orders, regions and conditions differ from those of another derivation."""
        return difference(self, other)

    def plot(
        self,
        *quantities: str,
        n: int | None = None,
        marks: Mapping[str, Region] = MappingProxyType({}),
        **window: tuple[Exponent, Exponent],
    ) -> Chart:
        """A chart: sizes against the one open exponent, or the phase diagram of two.

        ``quantities`` are those whose sizes are drawn, without any all that the conditions speak of; with a width
        ``n`` the axes show numbers, every constant 1; ``marks`` points out sets of exponents; ``window`` gives an
        exponent the span that is shown. ``save`` of what comes back writes it. Raises OrderError for none or more
        than two open exponents, UnknownName for others.

        >>> from gamma_calc import derive, lora
        >>> derive(lora(init="B", lr="per-factor")).plot().areas[-1].text
        'efficient: η_A + η_B = −1 ∧ η_A ≤ −1'
        """
        _check_chart(n, marks)
        given = spans(window, self.program.variables)
        charts = later("gamma_calc.derivation.charts")
        made: Chart = charts.chart(self, given, n=n, quantities=quantities, marks=marks)
        return made

    def to_json(self) -> str:
        """The whole answer as the command line prints it with ``--format json``."""
        return document("derive", data.as_data(self))

    def blocks(self, dialect: str) -> Iterator[Block]:
        """Everything, as the command prints it."""
        return sections.report(self, dialect)

    def __repr__(self) -> str:
        sets = ", ".join(map(str, self.conditions.values()))
        return f"<Derivation of {self.program.name}: {sets}>"

    def _repr_html_(self) -> str:
        """The answers; the program shows itself where it is asked for."""
        return html(sections.summary(self, "unicode"))

    def _repr_latex_(self) -> str:
        return latex.notebook(self)

    def __reduce__(self) -> tuple[Callable[..., Derivation], tuple[Program, Stability]]:
        """Program and stability decide everything."""
        return derived, (self.program, self.stability)


def _check_chart(width: int | None, marks: Mapping[str, Region]) -> None:
    if width is not None:
        require_count(width, "as a width", least=2, most=MOST_WIDTH)
    require(marks, Mapping, "table of regions", "write one such as {'default': Region('eta = -1')}")
    require_each(tuple(marks.values()), Region, "region", "write one such as Region('eta = -1')")


def derive(
    program: Program, *, stability: str = "Z_B", time_limit: float | Exponent | None = None, **values: Exponent
) -> Derivation:
    """Derive every order of a program, for every step. ``values`` fixes exponents, such as ``rho="1/2"``.

    With a ``time_limit``, a number of seconds, orders and conditions are found within it, or TimeUp is raised, whose
    ``known`` holds the steps that were derived (:class:`~gamma_calc.derivation.unfinished.Unfinished`). Raises
    UnknownName for another ``stability``; ProgramError and OrderError with the program's name in front.

    >>> from gamma_calc import lora
    >>> derive(lora(init="A", rank="growing"), rho="1/2").conditions["stable"].region
    Region('eta <= -3/4')
    """
    require(program, Program, "program", "give one such as lora() or Program(...) makes")
    notion, asked = pick("notion of stability", stability, STABILITY), program.substitute(values) if values else program
    return derived(asked, notion) if time_limit is None else _derived_within(time_limit, asked, notion)


def derived(program: Program, stability: Stability) -> Derivation:
    """A derivation under a notion of stability, as ``derive`` makes it of a name."""
    return _observed(program, stability, observer(program))


def _observed(program: Program, stability: Stability, observe: Observer) -> Derivation:
    """A derivation whose steps are shown to an observer as they are made."""
    try:
        return Derivation(program, _trajectory(program, stability, observe), stability)
    except GammaError as error:
        raise error.at(f"program {program.name}") from error


def _trajectory(program: Program, stability: Stability, observe: Observer) -> Trajectory:
    """Everywhere; on the stable set where many exponents are open, and where orders become too long elsewhere."""
    roles = frozenset(r.role for r in stability.requirements)
    if not read_everywhere(program):
        return on_stable_set(program, roles, observe)
    if only_where_bounded(program):
        return where_bounded(program, roles, observe)
    found = trajectory(program, observe)
    return where_bounded(program, roles, observe) if found.is_too_long else found


def _derived_within(seconds: object, program: Program, stability: Stability) -> Derivation:
    record, told = StepsSoFar(program), observer(program)

    def observe(step: StepOrders) -> None:
        record.add(step)
        told(step)

    try:
        with watched(seconds):
            found = _observed(program, stability, observe)
            _ = found.orders, found.conditions
            return found
    except TimeUp as error:
        raise record.error from error
