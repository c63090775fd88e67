"""Why a condition holds where it does: its demands, what bounds each exponent, or what clashes, with the arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gamma_calc.derivation.advice import rates
from gamma_calc.derivation.condition_result import ConditionResult, Constraint
from gamma_calc.derivation.sections import bound_text, words
from gamma_calc.display.blocks import Block
from gamma_calc.exponents.linear.affine import Affine
from gamma_calc.exponents.linear.certificate import Optimal
from gamma_calc.exponents.linear.constraint import Row
from gamma_calc.exponents.orders.order import Order, order
from gamma_calc.exponents.orders.supremum import Supremum
from gamma_calc.exponents.regions.region import Optimum, Region

if TYPE_CHECKING:
    from gamma_calc.derivation.derivation import Derivation


def reasons(found: Derivation, name: str, dialect: str) -> Iterator[Block]:
    """The condition, its demands, and either the clash behind its emptiness or what bounds the learning rates."""
    finding = found.conditions[name]
    condition = finding.condition
    met = f"{finding.region:{dialect}}" if found.program.variables else "no" if finding.empty else "yes"
    yield Block(
        f"{words(name)}: {met}",
        (
            (f"{condition.statement} ({condition.source})",),
            (f"stability: {found.stability.statement} ({found.stability.source})",),
            (f"program {found.program.name}; orders for every step t >= {found.from_step}",),
        ),
    )
    yield _demands(finding, dialect)
    if finding.empty:
        yield _clash(finding)
    else:
        for rate in rates(found):
            yield _bound(finding, rate, dialect)


def _demands(finding: ConditionResult, dialect: str) -> Block:
    rows = [(d.text, f"{_order(d, dialect)}", f"{d.region:{dialect}}") for d in finding.constraints]
    if not finding.given.is_everything:
        rows.append(("domain", "", f"{finding.given:{dialect}}"))
    return Block("Demands", tuple(rows), ("demand", "in exponents", "holds where"))


def _order(constraint: Constraint, dialect: str) -> str:
    sign = "≤" if dialect == "unicode" and constraint.relation == "<=" else constraint.relation
    return f"{constraint.order:{dialect}} {sign} 0"


def _clash(finding: ConditionResult) -> Block:
    assert finding.conflict is not None
    proofs = [(line,) for proof in finding.conflict.contradictions for line in str(proof).splitlines()]
    return Block("Clash", ((finding.why,), *proofs))


# -- what bounds an exponent --------------------------------------------------------------------------------------


def _bound(finding: ConditionResult, name: str, dialect: str) -> Block:
    """The largest value as a function of the other exponents, the demand behind each of its formulas, the proof."""
    rows: list[tuple[str, ...]] = []
    for bound in finding.region.sup(name):
        rows.append((bound_text(bound, dialect),))
        rows += [(line,) for line in _binding(finding, name, bound, dialect)]
    rows += [(line,) for line in _proof(finding.region.largest(name))]
    return Block(f"Largest {order(name):{dialect}}", tuple(rows))


def _binding(finding: ConditionResult, name: str, bound: Supremum, dialect: str) -> Iterator[str]:
    if bound.value is None:
        return
    forms = bound.value.above if bound.value.is_convex else [-form for form in bound.value.below]
    for form in sorted(forms, key=str):
        row: Row = (form - Affine.variable(name), ">=")
        told = f"{order(name):{dialect}} {'≤' if dialect == 'unicode' else '<='} {Order.affine(form):{dialect}}"
        yield f"{told} because {_owner(finding, row, bound.where)}"


def _owner(finding: ConditionResult, row: Row, domain: Region) -> str:
    """The demand that forces a row, or the fewest that do together."""
    goal = Region.of([row])
    for constraint in finding.constraints:
        if (constraint.region & finding.given) <= goal:
            return f"{constraint.text} asks it"
    for constraint in finding.constraints:
        if (constraint.region & finding.given & domain) <= goal:
            return f"{constraint.text} asks it there"
    return "of the demands together"


def _proof(optimum: Optimum) -> Iterator[str]:
    """The certificate of a bounded optimum: rows whose weighted sum is the bound, and the point that has it."""
    if optimum.value is None:
        return
    best = next(p for p in optimum.proofs if isinstance(p, Optimal) and p.value == optimum.value)
    used = [(weight, row) for weight, row in zip(best.multipliers, best.rows, strict=True) if weight]
    total = " + ".join(f"{weight} * ({form} {relation} 0)" for weight, (form, relation) in used)
    reached = ", ".join(f"{name} = {value}" for name, value in best.point.items())
    yield f"proof: {total} adds up to {best.form} <= {best.value}"
    yield f"{'reached' if optimum.attained else 'approached'} at {reached}"
