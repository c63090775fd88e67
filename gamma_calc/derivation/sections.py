"""A derivation as titled blocks: the program, what it rests on, its orders, its conditions, the advice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING

from gamma_calc.calculus.dims import Dim, shape_text
from gamma_calc.derivation.advice import Advice, power, rates
from gamma_calc.derivation.condition_result import ConditionResult
from gamma_calc.derivation.data import early_steps, settled_orders
from gamma_calc.derivation.trace import Step, Trace
from gamma_calc.display.blocks import Block
from gamma_calc.exponents.linear.constraint import Row
from gamma_calc.exponents.orders.order import Order, order
from gamma_calc.exponents.orders.supremum import Supremum
from gamma_calc.exponents.regions.region import Region, where
from gamma_calc.language.leaves import Data, Frozen, Leaf, Parameter
from gamma_calc.language.program import Program, Role

if TYPE_CHECKING:
    from gamma_calc.derivation.derivation import Derivation

ORDERS = ("quantity", "size", "loss-aligned")


def report(found: Derivation, dialect: str = "text") -> Iterator[Block]:
    """Everything a derivation says, for every step."""
    yield program(found.program, dialect)
    yield Block("Assumptions", tuple((text,) for text in found.assumptions))
    yield settled(found, dialect)
    yield growth(found, dialect)
    yield feedback(found)
    yield conditions(found, dialect)
    yield largest(found, dialect)
    yield advice(found, dialect)


def advice(found: Derivation, dialect: str) -> Block:
    """One line in plain words."""
    return Block("Advice", ((Advice(found).text(dialect),),))


def program(program: Program, dialect: str) -> Block:
    """The program: its formulas, its tensors, its dimensions and its open exponents."""
    rows = [("loss", str(program.loss))]
    rows += [(q.name, str(q.expression)) for q in program.quantities.values() if q.role in (Role.INTERNAL, Role.OUTPUT)]
    leaves = [node for node in program.nodes if isinstance(node, Leaf) and node.name != "1"]
    rows += [(leaf.name, _leaf(leaf, dialect)) for leaf in leaves]
    dims = dict.fromkeys(dim for leaf in leaves for dim in leaf.shape)
    rows += [(dim.name, _dim(dim, dialect)) for dim in dims]
    if program.variables:
        rows.append(("open", _open(program, dialect)))
    return Block(f"Program {program.name}", tuple(rows))


def _leaf(leaf: Leaf, dialect: str) -> str:
    shape = shape_text(leaf.shape)
    match leaf:
        case Parameter(init=init, rate=rate):
            return f"{shape}, trained from {init} with learning rate {power(rate, dialect)}"
        case Frozen(init=init):
            return f"{shape}, frozen, {init}"
        case Data(fresh=fresh):
            return f"{shape}, given{', drawn anew at every step' if fresh else ''}"
    return shape


def _dim(dim: Dim, dialect: str) -> str:
    if dim.exponent == 1:
        return "the width"
    return "fixed" if dim.exponent == 0 else f"{power(dim.exponent, dialect)}"


def _open(program: Program, dialect: str) -> str:
    names = ", ".join(f"{order(name):{dialect}}" for name in program.variables)
    return names if program.region.is_everything else f"{names}, with {program.region:{dialect}}"


# -- orders -------------------------------------------------------------------------------------------------------


def settled(found: Derivation, dialect: str) -> Block:
    """The orders that hold for every later step."""
    if found.settled.is_empty:
        return orders("Orders: those left out grow with every step", settled_orders(found), dialect)
    title = f"Orders for every step t >= {found.from_step}, as exponents of n"
    if found.settled != found.program.region:
        title += f", where {found.settled:{dialect}}"
    return orders(title, found.orders, dialect)


def orders(title: str, found: Mapping[str, Order | None], dialect: str) -> Block:
    """A table of orders: size, and loss-aligned size where it differs."""
    rows = []
    for name, size in found.items():
        aligned = found.get(f"{name}.aligned")
        if not name.endswith(".aligned") and size is not None:
            told = "" if aligned is None else "same" if aligned == size else f"{aligned:{dialect}}"
            rows.append((name, f"{size:{dialect}}", told))
    return Block(title, tuple(rows), ORDERS)


def step(found: Derivation, number: int, dialect: str) -> Block:
    """The orders after one step."""
    return orders(f"Orders after step {number}, as exponents of n", found.at_step(number), dialect)


def steps(found: Derivation, dialect: str) -> Iterator[Block]:
    """The orders of each early step, then the settled ones."""
    yield from (step(found, number, dialect) for number in early_steps(found))
    yield settled(found, dialect)


def growth(found: Derivation, dialect: str) -> Block:
    """What grows with every step, outside the settled set."""
    outside = "" if found.settled.is_empty else f" outside {found.settled:{dialect}}"
    rows = [
        (name, "by more with every step" if rate is None else f"by {rate:{dialect}} per step")
        for name, rate in found.growth.items()
    ]
    return Block(f"Growth{outside}", tuple(rows))


def feedback(found: Derivation) -> Block:
    """Where a parameter's own movement turns its updates round, or sign steps tie: orders are upper bounds there."""
    return Block("Feedback", tuple((str(one),) for one in (*found.feedback, *found.ties)))


# -- conditions ---------------------------------------------------------------------------------------------------


def conditions(found: Derivation, dialect: str) -> Block:
    """The sets of exponents; yes or no for a program that leaves none open."""
    if not found.program.variables:
        return verdicts(found)
    rows = [(words(name), _set(finding, dialect)) for name, finding in found.conditions.items()]
    return Block("Conditions", tuple(rows))


def words(name: str) -> str:
    """A condition's name in print."""
    return name.replace("_", " ")


def _set(finding: ConditionResult, dialect: str) -> str:
    if not finding.empty:
        return f"{finding.region:{dialect}}"
    return f"{finding.region:{dialect}}: {finding.why}"


def verdicts(found: Derivation) -> Block:
    """The conditions at one point: yes, or no with the reason."""
    rows = [(words(name), f"no: {f.why}" if f.empty else "yes") for name, f in found.conditions.items()]
    return Block("Conditions", tuple(rows))


def largest(found: Derivation, dialect: str) -> Block:
    """The largest value of each learning-rate exponent under each condition."""
    rows = []
    for name in rates(found):
        for condition, finding in found.conditions.items():
            bounds = () if finding.empty else finding.region.sup(name)
            told = "; ".join(bound_text(bound, dialect) for bound in bounds) or "no value"
            rows.append((f"{order(name):{dialect}}, {words(condition)}", told))
    return Block("Largest exponent of a learning rate", tuple(rows))


def bound_text(bound: Supremum, dialect: str) -> str:
    """A bound with its domain, and the knees where one of its formulas takes over from another."""
    if bound.value is None:
        told = "unbounded"
    else:
        told = f"{bound.value:{dialect}}" + ("" if bound.attained else " (approached)")
    if not bound.where.is_everything:
        told += f" where {bound.where:{dialect}}"
    found = [] if bound.value is None else knees(bound.value, bound.where)
    return told + "".join(f", knee at {Region.of([row]):{dialect}}" for row in found)


def knees(value: Order, domain: Region) -> list[Row]:
    """Where two formulas of a maximum or a minimum lead together, inside a domain that holds points on both sides."""
    forms = sorted(value.above if value.is_convex else value.below, key=str)
    found: list[Row] = []
    for one, two in combinations(forms, 2):
        row: Row = (one - two, "=")
        tie = domain & Region.of([row])
        sign = 1 if value.is_convex else -1
        leads = tie & where(Order.affine(one * sign), "=", value)
        if not leads.is_empty and not domain <= Region.of([row]):
            found.append(row)
    return found


# -- the derivation, rule by rule ---------------------------------------------------------------------------------


def derivation(trace: Trace, dialect: str) -> Iterator[Block]:
    """Every expression with its order and the lemmas that give it; then the lemmas with their sources."""
    yield Block(f"Derivation after step {trace.step}", tuple(_rule(step, dialect) for step in trace.steps), RULES)
    for name, steps in trace.updates:
        title = f"Update of {name} in step {trace.step}, from its gradient before the step"
        yield Block(title, tuple(_rule(step, dialect) for step in steps), RULES)
    rows = [(lemma.name, f"{lemma.statement} [{lemma.source}]") for lemma in trace.lemmas()]
    yield Block("Lemmas", tuple(rows))


RULES = ("expression", "order", "by")


def _rule(step: Step, dialect: str) -> tuple[str, str, str]:
    alone = len(step.reasons) == 1
    by = [reason.lemma.name if alone else f"{reason.order:{dialect}} {reason.lemma}" for reason in step.reasons]
    return step.expression, f"{step.order:{dialect}}", ", ".join(by)
