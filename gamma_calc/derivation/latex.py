r"""A derivation in LaTeX: orders and conditions as one aligned formula, for notebooks and papers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from gamma_calc.derivation.data import settled_orders
from gamma_calc.exponents.orders.order import Order, order

if TYPE_CHECKING:
    from gamma_calc.derivation.derivation import Derivation


def document(found: Derivation, step: int | None = None) -> str:
    """The formulas for a paper that loads amsmath: the orders after a step, or those that hold for every later one."""
    return "\n".join([r"\begin{align*}", *_rows(found, step), r"\end{align*}"])


def notebook(found: Derivation) -> str:
    """The formulas for a notebook."""
    return "\n".join([r"$$\begin{aligned}", *_rows(found, None), r"\end{aligned}$$"])


def _rows(found: Derivation, step: int | None) -> Iterator[str]:
    known = settled_orders(found) if step is None else found.at_step(step)
    when = f"t \\ge {found.from_step}" if step is None else f"t = {step}"
    for name in found.program.quantities:
        yield from _sizes(name, known, when)
    for name, finding in found.conditions.items():
        yield rf"\text{{{name.replace('_', ' ')}}} &\iff {finding.region:latex} \\"


def _sizes(name: str, known: Mapping[str, Order | None], when: str) -> Iterator[str]:
    """The size, and the loss-aligned size where it differs. Names are spelled as those of exponents are."""
    size, aligned = known[name], known.get(f"{name}.aligned")
    if size is not None:
        yield rf"\gamma[{order(name):latex}] &= {size:latex} && ({when}) \\"
    if aligned is not None and aligned != size:
        yield rf"\gamma_{{\parallel}}[{order(name):latex}] &= {aligned:latex} \\"
