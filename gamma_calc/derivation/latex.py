r"""A derivation in LaTeX: orders and conditions as one aligned formula, for notebooks and papers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from gamma_calc.derivation.solution import Solution
from gamma_calc.exponents.orders.order import Order, order


def document(solution: Solution, step: int | None = None) -> str:
    """The formulas for a paper that loads amsmath: the orders after a step, or those that hold for every later one."""
    return "\n".join([r"\begin{align*}", *_rows(solution, step), r"\end{align*}"])


def notebook(solution: Solution) -> str:
    """The formulas for a notebook."""
    return "\n".join([r"$$\begin{aligned}", *_rows(solution, None), r"\end{aligned}$$"])


def _rows(solution: Solution, step: int | None) -> Iterator[str]:
    known = solution.settled_orders if step is None else solution.at_step(step)
    when = f"t \\ge {solution.from_step}" if step is None else f"t = {step}"
    for name in solution.program.quantities:
        yield from _sizes(name, known, when)
    for result in solution.conditions.values():
        yield rf"\text{{{result.condition.title}}} &\iff {result.region:latex} \\"


def _sizes(name: str, known: Mapping[str, Order | None], when: str) -> Iterator[str]:
    """The size, and the loss-aligned size where it differs. Names are spelled as those of exponents are."""
    size, aligned = known[name], known.get(f"{name}.aligned")
    if size is not None:
        yield rf"\gamma[{order(name):latex}] &= {size:latex} && ({when}) \\"
    if aligned is not None and aligned != size:
        yield rf"\gamma_{{\parallel}}[{order(name):latex}] &= {aligned:latex} \\"
