r"""A derivation in LaTeX: orders and conditions as one aligned formula, for notebooks and papers."""

from __future__ import annotations

from collections.abc import Iterator

from gamma_calc.derivation.solution import Solution
from gamma_calc.display.formula import aligned


def document(solution: Solution, step: int | None = None) -> str:
    """The formulas for a paper that loads amsmath: the orders after a step, or those that hold for every later one."""
    return "\n".join([r"\begin{align*}", *(rf"{row} \\" for row in _rows(solution, step)), r"\end{align*}"])


def notebook(solution: Solution) -> str:
    """The formulas for a notebook."""
    return aligned(_rows(solution, None))


def _rows(solution: Solution, step: int | None) -> Iterator[str]:
    yield from (solution.orders if step is None else solution.at_step(step)).formulas()
    yield from solution.conditions.formulas()
