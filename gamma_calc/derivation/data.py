"""A derivation as plain data for JSON: strings that the package's own parsers read back, lists and truth values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from gamma_calc.derivation.advice import Advice
from gamma_calc.derivation.condition_result import ConditionResult
from gamma_calc.derivation.jointly_largest import Point, jointly_largest
from gamma_calc.derivation.solution import Solution
from gamma_calc.derivation.trace import Step, Trace
from gamma_calc.display.json import Data
from gamma_calc.engine.upper_bounds import UpperBound
from gamma_calc.exponents import Affine, Optimum, Order, Region, Supremum, supremum


def as_data(solution: Solution) -> Data:
    """The whole answer. The keys are fixed; see the page on the command line."""
    program, conditions = solution.program, solution.conditions
    return {
        "program": program.name,
        "assumptions": list(solution.assumptions),
        "variables": domains(program.variables, program.region),
        "stability": solution.stability.name,
        "from_step": None if solution.settled.is_empty else solution.from_step,
        "settled": str(solution.settled),
        "growth": texts(solution.growth),
        "feedback": [str(one) for one in solution.causes],
        "bounds": [_upper(bound) for bound in solution.bounds],
        "orders": texts(solution.settled_orders),
        "conditions": {name: condition(result, program.variables) for name, result in conditions.items()},
        "sup": {name: dict(_bounds(result, solution.rates)) for name, result in conditions.items()},
        "largest": {name: _together(result, solution.rates) for name, result in conditions.items()},
        "advice": advice(solution),
    }


def advice(solution: Solution) -> Data:
    """The advice in words, and part by part: where, which rates, and which conditions they meet."""
    found = Advice(solution)
    parts = [
        {"where": str(part.where), "rates": texts(part.rates), "conditions": list(found.conditions(part))}
        for part in found.parts
    ]
    return {"text": found.text(), "parts": parts}


def at_a_point(solution: Solution, names: Iterable[str], domain: Region, point: Mapping[str, Order]) -> Data:
    """The answer at one point, to which ``solution`` belongs: conditions are true or false there."""
    whole = as_data(solution)
    del whole["sup"], whole["largest"], whole["settled"], whole["advice"]
    whole |= {"variables": domains(names, domain), "at": texts(point)}
    return whole | {"conditions": {name: not result.empty for name, result in solution.conditions.items()}}


def steps(solution: Solution) -> list[Data]:
    """The orders of each early step, then those that hold from ``from_step`` on."""
    early = [{"step": t, "onwards": False, "orders": texts(solution.at_step(t))} for t in solution.early_steps]
    if solution.settled.is_empty:
        return early
    return [*early, {"step": solution.from_step, "onwards": True, "orders": texts(solution.orders)}]


def texts(orders: Mapping[str, Order | None]) -> dict[str, str | None]:
    return {name: None if order is None else str(order) for name, order in orders.items()}


def domains(names: Iterable[str], region: Region) -> dict[str, str]:
    return {name: str(region.project(name)) for name in names}


def condition(result: ConditionResult, names: Iterable[str]) -> Data:
    """One condition: its set, the largest value of each exponent on it, and the reason."""
    largest = {} if result.empty else {name: _limit(result.region.optimum(Affine.variable(name))) for name in names}
    return {"region": str(result.region), "empty": result.empty, "max": largest, "why": result.why}


def traced(trace: Trace) -> Data:
    """A derivation rule by rule; of the largest rates alone where orders are told by what they are there."""
    at: Data = {"at": {name: str(value) for name, value in trace.rates}} if trace.rates else {}
    return at | {
        "quantity": trace.quantity,
        "step": trace.step,
        "steps": [_step(step) for step in trace.steps],
        "updates": {name: [_step(step) for step in steps] for name, steps in trace.updates},
        "lemmas": {lemma.name: {"statement": lemma.statement, "source": lemma.source} for lemma in trace.lemmas()},
    }


def _step(step: Step) -> Data:
    by = [{"order": str(reason.order), "lemma": reason.lemma.name} for reason in step.reasons]
    return {"expression": step.expression, "order": str(step.order), "by": by}


def _upper(bound: UpperBound) -> Data:
    return {"quantity": bound.quantity, "step": bound.step, "where": str(bound.where), "reason": bound.reason}


def _limit(optimum: Optimum) -> str:
    return "unbounded" if optimum.value is None else str(optimum.value)


def _bounds(result: ConditionResult, names: tuple[str, ...]) -> Iterator[tuple[str, list[Data]]]:
    """The largest value of each learning-rate exponent as a function of the other exponents."""
    for name in () if result.empty else names:
        yield name, [_bound(bound) for bound in supremum(result.region, name)]


def _together(result: ConditionResult, names: tuple[str, ...]) -> Data:
    """The rates that are largest together, or the corners that no other point of the condition exceeds."""
    found = jointly_largest(result.region, names)
    corners = None if found.corners is None else [_point(corner) for corner in found.corners]
    return {"rates": None if found.rates is None else _point(found.rates), "vertices": corners}


def _point(point: Point) -> dict[str, str]:
    return {name: str(value) for name, value in point.items()}


def _bound(bound: Supremum) -> Data:
    value = "unbounded" if bound.value is None else str(bound.value)
    return {"value": value, "where": str(bound.where), "attained": bound.attained}
