"""A derivation as plain data for JSON: strings that the package's own parsers read back, lists and truth values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gamma_calc.derivation.advice import Advice, rates
from gamma_calc.derivation.condition_result import ConditionResult
from gamma_calc.derivation.trace import Step, Trace
from gamma_calc.exponents.orders.order import Order
from gamma_calc.exponents.regions.region import Optimum, Region

if TYPE_CHECKING:
    from gamma_calc.derivation.derivation import Derivation

Data = dict[str, Any]


def as_data(found: Derivation) -> Data:
    """The whole answer. The keys are fixed; see the page on the command line."""
    program = found.program
    return {
        "program": program.name,
        "assumptions": list(found.assumptions),
        "variables": domains(program.variables, program.region),
        "stability": found.stability.name,
        "from_step": None if found.settled.is_empty else found.from_step,
        "settled": str(found.settled),
        "growth": {name: None if rate is None else str(rate) for name, rate in found.growth.items()},
        "feedback": [str(one) for one in (*found.feedback, *found.ties)],
        "orders": texts(settled_orders(found)),
        "conditions": {name: condition(finding, program.variables) for name, finding in found.conditions.items()},
        "sup": {name: dict(_bounds(finding, rates(found))) for name, finding in found.conditions.items()},
        "advice": Advice(found).text(),
    }


def json_text(answer: Data | Sequence[Data]) -> str:
    """The data as JSON, indented, in ASCII."""
    import json

    return json.dumps(answer, indent=2)


def at_a_point(found: Derivation, names: Iterable[str], domain: Region, point: Mapping[str, Order]) -> Data:
    """The answer at one point, to which ``found`` belongs: conditions are true or false there."""
    whole = as_data(found)
    del whole["sup"], whole["settled"], whole["advice"]
    whole |= {"variables": domains(names, domain), "at": texts(point)}
    return whole | {"conditions": {name: not finding.empty for name, finding in found.conditions.items()}}


def settled_orders(found: Derivation) -> Mapping[str, Order | None]:
    """Quantity to settled order; None for what grows with every step wherever the exponents lie."""
    if not found.settled.is_empty:
        return found.orders
    return {name: None if name.partition(".")[0] in found.growth else order for name, order in found.orders.items()}


def steps(found: Derivation) -> list[Data]:
    """The orders of each early step, then those that hold from ``from_step`` on."""
    early = [{"step": t, "onwards": False, "orders": texts(found.at_step(t))} for t in early_steps(found)]
    if found.settled.is_empty:
        return early
    return [*early, {"step": found.from_step, "onwards": True, "orders": texts(found.orders)}]


def early_steps(found: Derivation) -> range:
    """The steps before the orders settle; where they never do, those that were derived."""
    return range(len(found.trajectory.states) if found.settled.is_empty else found.from_step)


def texts(orders: Mapping[str, Order | None]) -> dict[str, str | None]:
    return {name: None if order is None else str(order) for name, order in orders.items()}


def domains(names: Iterable[str], region: Region) -> dict[str, str]:
    return {name: str(region.project(name)) for name in names}


def condition(finding: ConditionResult, names: Iterable[str]) -> Data:
    """One condition: its set, the largest value of each exponent on it, and the reason."""
    largest = {} if finding.empty else {name: _limit(finding.region.largest(name)) for name in names}
    return {"region": str(finding.region), "empty": finding.empty, "max": largest, "why": finding.why}


def traced(trace: Trace) -> Data:
    """A derivation rule by rule."""
    return {
        "quantity": trace.quantity,
        "step": trace.step,
        "steps": [_step(step) for step in trace.steps],
        "updates": {name: [_step(step) for step in found] for name, found in trace.updates},
        "lemmas": {lemma.name: {"statement": lemma.statement, "source": lemma.source} for lemma in trace.lemmas()},
    }


def _step(step: Step) -> Data:
    by = [{"order": str(reason.order), "lemma": reason.lemma.name} for reason in step.reasons]
    return {"expression": step.expression, "order": str(step.order), "by": by}


def _limit(optimum: Optimum) -> str:
    return "unbounded" if optimum.value is None else str(optimum.value)


def _bounds(finding: ConditionResult, names: tuple[str, ...]) -> Iterator[tuple[str, list[Data]]]:
    """The largest value of each learning-rate exponent as a function of the other exponents."""
    for name in () if finding.empty else names:
        yield (
            name,
            [
                {
                    "value": "unbounded" if bound.value is None else str(bound.value),
                    "where": str(bound.where),
                    "attained": bound.attained,
                }
                for bound in finding.region.sup(name)
            ],
        )
