"""A derivation as titled blocks: the program, what it rests on, its orders, its conditions, the advice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from gamma_calc.derivation.advice import Advice
from gamma_calc.derivation.bounds import bound_text
from gamma_calc.derivation.jointly_largest import jointly_largest
from gamma_calc.derivation.solution import Solution
from gamma_calc.display.blocks import Block
from gamma_calc.exponents import order, supremum
from gamma_calc.language.program import Program


def report(solution: Solution, dialect: str = "text") -> Iterator[Block]:
    """Everything a derivation says, for every step."""
    yield program(solution.program, dialect)
    yield Block("Assumptions", tuple((text,) for text in solution.assumptions))
    yield from summary(solution, dialect)
    yield glossary(solution, dialect)


def summary(solution: Solution, dialect: str) -> Iterator[Block]:
    """What a notebook shows: the answers, without the question."""
    yield settled(solution, dialect)
    yield growth(solution, dialect)
    yield feedback(solution)
    yield bounds(solution, dialect)
    yield conditions(solution, dialect)
    yield largest(solution, dialect)
    yield advice(solution, dialect)


def advice(solution: Solution, dialect: str) -> Block:
    """One line in plain words."""
    return Block("Advice", ((Advice(solution).text(dialect),),))


def program(program: Program, dialect: str) -> Block:
    """The program: its formulas, its tensors, its dimensions and its open exponents."""
    return next(program.blocks(dialect))


# -- orders -------------------------------------------------------------------------------------------------------


def settled(solution: Solution, dialect: str) -> Block:
    """The orders that hold for every later step."""
    return solution.orders.block(dialect)


def step(solution: Solution, number: int, dialect: str) -> Block:
    """The orders after one step."""
    return solution.at_step(number).block(dialect)


def steps(solution: Solution, dialect: str) -> Iterator[Block]:
    """The orders of each early step, then the settled ones."""
    yield from (step(solution, number, dialect) for number in solution.early_steps)
    yield settled(solution, dialect)


def glossary(solution: Solution, dialect: str) -> Block:
    """What the words in the tables mean."""
    rates = ", ".join(f"a learning rate is n^{order(name):{dialect}}" for name in solution.rates)
    words = "size: root mean square of the entries; loss-aligned: the part of it along the gradient of the loss"
    return Block("Words, all as exponents of the width n", (("; ".join(filter(None, (words, rates))),),))


def growth(solution: Solution, dialect: str) -> Block:
    """What grows with every step, outside the settled set."""
    outside = "" if solution.settled.is_empty else f" outside {solution.settled:{dialect}}"
    rows = [
        (name, "by more with every step" if rate is None else f"by {rate:{dialect}} per step")
        for name, rate in solution.growth.items()
    ]
    return Block(f"Growth{outside}", tuple(rows))


def feedback(solution: Solution) -> Block:
    """What makes orders upper bounds: movement that turns updates round, sign steps that tie, directions unresolved."""
    return Block("Feedback", tuple((str(one),) for one in solution.causes))


def bounds(solution: Solution, dialect: str) -> Block:
    """Which orders are upper bounds, from which step, and where."""
    rows: dict[tuple[int, str], list[str]] = {}
    for bound in solution.bounds:
        rows.setdefault((bound.step, f"{bound.where:{dialect}}"), []).append(bound.quantity)
    return Block(
        "Upper bounds", tuple((", ".join(dict.fromkeys(q)), f"from step {t}, where {r}") for (t, r), q in rows.items())
    )


# -- conditions ---------------------------------------------------------------------------------------------------


def conditions(solution: Solution, dialect: str) -> Block:
    """The sets of exponents; yes or no for a program that leaves none open."""
    return _so_far(solution, solution.conditions.block(dialect))


def _so_far(solution: Solution, block: Block) -> Block:
    """A block whose edges may be those of the steps that were made, with this in its title."""
    steps = solution.decided_by
    return block if steps is None else replace(block, title=f"{block.title}, as far as {steps} steps decide")


def largest(solution: Solution, dialect: str) -> Block:
    """The largest value of each learning-rate exponent under each condition, first all together where one point is."""
    rows = []
    for result in solution.conditions.values() if len(solution.rates) > 1 else ():
        together = jointly_largest(result.region, solution.rates).rates
        if together is not None:
            point = (f"{order(name):{dialect}} = {order(value):{dialect}}" for name, value in together.items())
            rows.append((f"together, {result.condition.title}", ", ".join(point)))
    for name in solution.rates:
        for result in solution.conditions.values():
            bounds = () if result.empty else supremum(result.region, name)
            text = "; ".join(bound_text(bound, dialect) for bound in bounds) or "no value"
            rows.append((f"{order(name):{dialect}}, {result.condition.title}", text))
    return _so_far(solution, Block("Largest exponent of a learning rate", tuple(rows)))
