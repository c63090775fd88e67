"""Why a condition holds where it does: its demands, what bounds each exponent, or what clashes, with the arithmetic."""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.derivation.bounds import bound_text
from gamma_calc.derivation.condition_result import ConditionResult, Constraint
from gamma_calc.derivation.data import condition
from gamma_calc.derivation.solution import Solution
from gamma_calc.display.blocks import Block
from gamma_calc.display.json import Data
from gamma_calc.exponents import Affine, LinearConstraint, Optimal, Optimum, Order, Region, Supremum, order, supremum


def reasons(solution: Solution, name: str, dialect: str) -> Iterator[Block]:
    """The condition, its demands, and either the clash behind its emptiness or what bounds the learning rates."""
    result = solution.conditions[name]
    asked = result.condition
    met = f"{result.region:{dialect}}" if solution.program.variables else "no" if result.empty else "yes"
    yield Block(
        f"{asked.title}: {met}",
        (
            (f"{asked.statement} ({asked.source})",),
            (f"stability: {solution.stability.statement} ({solution.stability.source})",),
            (f"program {solution.program.name}; orders for every step t >= {solution.from_step}",),
        ),
    )
    yield result.demands(dialect)
    yield from _reasons(solution, result, dialect)


def as_data(solution: Solution, name: str) -> Data:
    """The same for JSON: the answer of ``derive`` on the condition, and the reasons line by line."""
    result = solution.conditions[name]
    return {
        "condition": name,
        "statement": result.condition.statement,
        "source": result.condition.source,
        "program": solution.program.name,
        "assumptions": list(solution.assumptions),
        "stability": solution.stability.name,
        "from_step": None if solution.settled.is_empty else solution.from_step,
        **condition(result, solution.program.variables),
        "demands": [_demand(one, result) for one in result.constraints],
        "reasons": {block.title: [row[0] for row in block.rows] for block in _reasons(solution, result, "text")},
    }


def _demand(one: Constraint, result: ConditionResult) -> Data:
    region = str(one.alone(result.domain))
    return {"demand": one.text, "order": str(one.order), "relation": one.relation, "region": region}


def _reasons(solution: Solution, result: ConditionResult, dialect: str) -> Iterator[Block]:
    """The clash behind an empty set, or what bounds each learning rate."""
    if result.empty:
        yield result.clash()
        return
    for rate in solution.rates:
        yield _bound(result, rate, dialect)


# -- what bounds an exponent --------------------------------------------------------------------------------------


def _bound(result: ConditionResult, name: str, dialect: str) -> Block:
    """The largest value as a function of the other exponents, the demand behind each of its formulas, the proof."""
    rows: list[tuple[str, ...]] = []
    for bound in supremum(result.region, name):
        rows.append((bound_text(bound, dialect),))
        rows += [(line,) for line in _binding(result, name, bound, dialect)]
    rows += [(line,) for line in _proof(result.region.optimum(Affine.variable(name)))]
    return Block(f"Largest {order(name):{dialect}}", tuple(rows))


def _binding(result: ConditionResult, name: str, bound: Supremum, dialect: str) -> Iterator[str]:
    if bound.value is None:
        return
    forms = bound.value.above if bound.value.is_convex else [-form for form in bound.value.below]
    for form in sorted(forms, key=str):
        row: LinearConstraint = (form - Affine.variable(name), ">=")
        text = f"{order(name):{dialect}} {'≤' if dialect == 'unicode' else '<='} {Order.affine(form):{dialect}}"
        yield f"{text} because {_owner(result, row, bound.where)}"


def _owner(result: ConditionResult, row: LinearConstraint, domain: Region) -> str:
    """The demand that forces a row, or the fewest that do together."""
    goal = Region.of([row])
    for constraint in result.constraints:
        if constraint.within(result.domain) <= goal:
            return f"{constraint.text} asks it"
    for constraint in result.constraints:
        if (constraint.within(result.domain) & domain) <= goal:
            return f"{constraint.text} asks it there"
    return "of the demands together"


def _proof(optimum: Optimum) -> Iterator[str]:
    """The certificate of a bounded optimum: rows whose weighted sum is the bound, and the point that has it."""
    if optimum.value is None:
        return
    best = next(p for p in optimum.proofs if isinstance(p, Optimal) and p.value == optimum.value)
    used = [(weight, row) for weight, row in zip(best.multipliers, best.constraints, strict=True) if weight]
    total = " + ".join(f"{weight} * ({form} {relation} 0)" for weight, (form, relation) in used)
    reached = ", ".join(f"{name} = {value}" for name, value in best.point.items())
    yield f"proof: {total} adds up to {best.form} <= {best.value}"
    yield f"{'reached' if optimum.attained else 'approached'} at {reached}"
