"""A derivation as titled blocks: the program, what it rests on, its orders, its conditions, the advice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gamma_calc.calculus.dims import Dim, shape_text
from gamma_calc.derivation.advice import Advice
from gamma_calc.derivation.bounds import bound_text
from gamma_calc.derivation.condition_result import ConditionResult
from gamma_calc.derivation.solution import Solution
from gamma_calc.display.blocks import Block
from gamma_calc.exponents.orders.order import Order, order
from gamma_calc.exponents.orders.power import power
from gamma_calc.language.leaves import Data, Frozen, Leaf, Parameter
from gamma_calc.language.program import Program, Role

ORDERS = ("quantity", "size", "loss-aligned")


def report(solution: Solution, dialect: str = "text") -> Iterator[Block]:
    """Everything a derivation says, for every step."""
    yield program(solution.program, dialect)
    yield Block("Assumptions", tuple((text,) for text in solution.assumptions))
    yield settled(solution, dialect)
    yield growth(solution, dialect)
    yield feedback(solution)
    yield conditions(solution, dialect)
    yield largest(solution, dialect)
    yield advice(solution, dialect)


def advice(solution: Solution, dialect: str) -> Block:
    """One line in plain words."""
    return Block("Advice", ((Advice(solution).text(dialect),),))


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


def settled(solution: Solution, dialect: str) -> Block:
    """The orders that hold for every later step."""
    if solution.settled.is_empty:
        return orders("Orders: those left out grow with every step", solution.settled_orders, dialect)
    title = f"Orders for every step t >= {solution.from_step}, as exponents of n"
    if solution.settled != solution.program.region:
        title += f", where {solution.settled:{dialect}}"
    return orders(title, solution.orders, dialect)


def orders(title: str, known: Mapping[str, Order | None], dialect: str) -> Block:
    """A table of orders: size, and loss-aligned size where it differs."""
    rows = []
    for name, size in known.items():
        aligned = known.get(f"{name}.aligned")
        if not name.endswith(".aligned") and size is not None:
            text = "" if aligned is None else "same" if aligned == size else f"{aligned:{dialect}}"
            rows.append((name, f"{size:{dialect}}", text))
    return Block(title, tuple(rows), ORDERS)


def step(solution: Solution, number: int, dialect: str) -> Block:
    """The orders after one step."""
    return orders(f"Orders after step {number}, as exponents of n", solution.at_step(number), dialect)


def steps(solution: Solution, dialect: str) -> Iterator[Block]:
    """The orders of each early step, then the settled ones."""
    yield from (step(solution, number, dialect) for number in solution.early_steps)
    yield settled(solution, dialect)


def growth(solution: Solution, dialect: str) -> Block:
    """What grows with every step, outside the settled set."""
    outside = "" if solution.settled.is_empty else f" outside {solution.settled:{dialect}}"
    rows = [
        (name, "by more with every step" if rate is None else f"by {rate:{dialect}} per step")
        for name, rate in solution.growth.items()
    ]
    return Block(f"Growth{outside}", tuple(rows))


def feedback(solution: Solution) -> Block:
    """Where a parameter's own movement turns its updates round, or sign steps tie: orders are upper bounds there."""
    return Block("Feedback", tuple((str(one),) for one in (*solution.feedback, *solution.sign_cancellations)))


# -- conditions ---------------------------------------------------------------------------------------------------


def conditions(solution: Solution, dialect: str) -> Block:
    """The sets of exponents; yes or no for a program that leaves none open."""
    decided = not solution.program.variables
    rows = [
        (result.condition.title, _verdict(result) if decided else _set(result, dialect))
        for result in solution.conditions.values()
    ]
    return Block("Conditions", tuple(rows))


def _set(result: ConditionResult, dialect: str) -> str:
    return f"{result.region:{dialect}}" + (f": {result.why}" if result.empty else "")


def _verdict(result: ConditionResult) -> str:
    """At one point: yes, or no with the reason."""
    return f"no: {result.why}" if result.empty else "yes"


def largest(solution: Solution, dialect: str) -> Block:
    """The largest value of each learning-rate exponent under each condition."""
    rows = []
    for name in solution.rates:
        for result in solution.conditions.values():
            bounds = () if result.empty else result.region.sup(name)
            text = "; ".join(bound_text(bound, dialect) for bound in bounds) or "no value"
            rows.append((f"{order(name):{dialect}}, {result.condition.title}", text))
    return Block("Largest exponent of a learning rate", tuple(rows))
