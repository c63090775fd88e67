"""A report of a derivation as one page: question, answer, assumptions, orders, regions, and the derivation in steps.

The page is HTML that needs no network: formulas are MathML, figures SVG, and what is long unfolds. It holds what the
command line prints of the same derivation, from the same objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from gamma_calc.derivation.advice import Advice
from gamma_calc.derivation.condition_result import ConditionResult
from gamma_calc.derivation.derivation import Derivation
from gamma_calc.derivation.orders import quantity_latex
from gamma_calc.derivation.sections import feedback, growth, largest, program
from gamma_calc.derivation.trace import Justification, Step, Trace
from gamma_calc.display import page
from gamma_calc.display.chart import Chart
from gamma_calc.display.formula import expression_latex
from gamma_calc.display.html import html
from gamma_calc.exponents import Order, Region
from gamma_calc.practice.measured_table import MeasuredTable

NARROW: Final = 15 / 4  # inches: a figure on a small screen
DIALECT: Final = "unicode"
AND, OR = r" \land ", r" \lor "  # between the comparisons of a region
UNFOLD: Final = "Each quantity unfolds into its steps, and each step into the lemmas that give its order."


@dataclass(frozen=True, slots=True)
class Report:
    """What a report is made of: a derivation, how it was asked for, its charts, what was measured, and versions.

    ``undrawn`` says why there is no chart; ``silence`` why no rate is advised.
    """

    found: Derivation
    question: str
    charts: tuple[Chart, ...] = ()
    undrawn: str = ""
    notes: tuple[str, ...] = ()
    silence: str = ""
    measured: MeasuredTable | None = None
    versions: tuple[tuple[str, str], ...] = ()

    def html(self) -> str:
        """The page. Raises ConfigError where what draws figures or formulas is not installed.

        >>> from gamma_calc import derive, lora
        >>> Report(derive(lora()), "gamma-calc derive").charts
        ()
        """
        return page.page(f"{self.found.program.name}: orders and learning rates", self._parts())

    def _parts(self) -> Iterator[str]:
        yield from self._question()
        yield from self._answer()
        yield from self._assumptions()
        yield from self._orders()
        yield from self._regions()
        yield from self._derivation()
        yield from self._measurement()
        yield from self._versions()

    # -- sections -------------------------------------------------------------------------------------------------

    def _question(self) -> Iterator[str]:
        yield page.heading("Question")
        yield page.paragraph(self.question)
        yield _scrolling(html([program(self.found.program, DIALECT)]))
        yield from map(page.paragraph, self.notes)

    def _answer(self) -> Iterator[str]:
        yield page.heading("Answer")
        conditions = self.found.conditions
        if not conditions.at_a_point:
            yield page.paragraph(self.silence or Advice(self.found).text(DIALECT))
        rows = [(page.text(one.condition.title), _holds(one, conditions.at_a_point)) for one in conditions.values()]
        yield page.table(("condition", "holds where"), rows)
        yield _scrolling(html([largest(self.found, DIALECT)]))

    def _assumptions(self) -> Iterator[str]:
        yield page.heading("Assumptions")
        yield page.points(map(page.text, self.found.assumptions))

    def _orders(self) -> Iterator[str]:
        yield page.heading("Orders")
        table = self.found.orders
        yield page.paragraph(table.block(DIALECT).title)
        rows = [(_name(name), _order(size), _aligned(table, name)) for name, size in _sizes(table).items()]
        yield page.table(("quantity", "size", "along the gradient"), rows)
        yield _scrolling(html([growth(self.found, DIALECT), feedback(self.found)]))

    def _regions(self) -> Iterator[str]:
        yield page.heading("Regions")
        yield page.paragraph(self.undrawn) if self.undrawn else ""
        for chart in self.charts:
            short = replace(chart, notes=chart.notes[:-1])  # the assumptions stand above
            yield page.picture(short.svg(NARROW), chart.description)
        for result in self.found.conditions.values():
            yield page.unfolding(f"{page.text(result.condition.title)}: {_region(result.region)}", _demands(result))

    def _derivation(self) -> Iterator[str]:
        yield page.heading("Derivation")
        yield page.paragraph(UNFOLD)
        for name in _spoken_of(self.found):
            trace = self.found.trace(name)
            yield page.unfolding(_summary(name, self.found.orders[name], trace.step), _unfolded(trace))

    def _measurement(self) -> Iterator[str]:
        if self.measured is not None:
            yield page.heading("Measured")
            yield page.paragraph(self.measured.summary)
            yield page.table(self.measured.heads, self.measured.html_rows())

    def _versions(self) -> Iterator[str]:
        yield page.heading("Versions")
        yield page.points(page.text(f"{name} {version}") for name, version in self.versions)


# -- pieces -----------------------------------------------------------------------------------------------------------


def _scrolling(piece: str) -> str:
    return f'<div class="scroll">{piece}</div>' if piece else ""


def _order(size: Order) -> str:
    return page.formula(f"{size:latex}")


def _region(region: Region) -> str:
    """Each comparison by itself, so that lines can break between them."""
    parts = (map(page.formula, part.split(AND)) for part in f"{region:latex}".split(OR))
    return ", or ".join(" and ".join(part) for part in parts)


def _name(name: str) -> str:
    return page.formula(quantity_latex(name))


def _sizes(table: Mapping[str, Order]) -> dict[str, Order]:
    return {name: size for name, size in table.items() if not name.endswith(".aligned")}


def _aligned(table: Mapping[str, Order], name: str) -> str:
    other = table.get(f"{name}.aligned")
    return "" if other is None else "same" if other == table[name] else _order(other)


def _holds(result: ConditionResult, at_a_point: bool) -> str:
    where = page.text("no" if result.empty else "yes") if at_a_point else _region(result.region)
    return f"{where}: {page.text(result.why)}" if result.empty else where


def _demands(result: ConditionResult) -> Iterator[str]:
    yield page.paragraph(f"{result.condition.statement} ({result.condition.source})")
    yield _scrolling(html([result.demands(DIALECT)]))
    yield html([result.clash()]) if result.empty else ""


def _spoken_of(found: Derivation) -> Sequence[str]:
    """The quantities that the conditions speak of."""
    return tuple(dict.fromkeys(c.quantity for result in found.conditions.values() for c in result.constraints))


def _summary(name: str, size: Order, step: int) -> str:
    return f"{_name(name)} has order {_order(size)} (derived at step {step})"


def _unfolded(trace: Trace) -> Iterator[str]:
    yield from _steps(trace.steps)
    for title, steps in _behind(trace):
        yield page.unfolding(page.text(title), _steps(steps))


def _behind(trace: Trace) -> Iterator[tuple[str, Iterable[Step]]]:
    for name, steps in trace.updates:
        yield f"Update of {name} in step {trace.step}, from its gradient before the step", steps
    for name, steps in trace.gradients:
        yield f"Gradient of the loss by {name}, before step {trace.step}", steps


def _steps(steps: Iterable[Step]) -> Iterator[str]:
    for step in steps:
        expression = page.formula(expression_latex(step.expression))
        yield page.unfolding(f"{expression}: {_order(step.order)}", [page.points(map(_reason, step.reasons))])


def _reason(reason: Justification) -> str:
    lemma = reason.lemma
    return f"{_order(reason.order)} by {page.text(f'{lemma.name}: {lemma.statement} [{lemma.source}]')}"
