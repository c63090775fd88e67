"""Products that a step carries along: where z stays the same, A z moves by dA z, and A need not be read again.

dA z is mostly wanted anyway, and costs next to nothing where dA is a sum of few outer products. A carried product is
its first value plus the sum of what all steps added: what one step adds and the next takes back then cancels exactly.

Left alone are a square random matrix, which may be drawn as it is seen and must see every vector in its turn, and a
parameter that moves by itself, as by weight decay: it forgets its early roundings, and the sum would keep them.

>>> from gamma_calc import data, lora
>>> graph, program = Graph(), lora()
>>> places = [graph.add(p @ data("v", p.shape[1])) for p in program.parameters]
>>> [[str(graph.operations[place].node) for place in pair] for pair in carried(graph, []).items()]
[['B v', 'dB v'], ['A v', 'dA v']]
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from gamma_calc.language.expression import Expression, Time
from validation.arrays.matrices import Tensor
from validation.executor.fast_paths import fast_operation
from validation.executor.graph import Graph, Operation


@dataclass(frozen=True, slots=True)
class Carried:
    """A product as it was first computed, and what all steps since have added to it."""

    start: Tensor
    moved: Tensor | float = 0.0

    @property
    def value(self) -> Tensor:
        return self.start + self.moved

    def after(self, change: Tensor) -> Carried:
        return Carried(self.start, self.moved + change)


def carried(graph: Graph, alone: Collection[str]) -> dict[int, int]:
    """The places of such products and, for each, of what the last step adds to it, which joins the graph.

    ``alone`` are the names of parameters that are left alone.
    """
    changes = {place: _change(graph, product, alone) for place, product in enumerate(graph.operations)}
    return {place: graph.add(change) for place, change in changes.items() if change is not None}


def _change(graph: Graph, product: Operation, alone: Collection[str]) -> Expression | None:
    """What the last step adds to a product of a parameter and a vector that stays the same; None for any other."""
    arguments = [graph.operations[a] for a in product.arguments]
    still = [argument.constant and len(argument.node.shape) == 1 for argument in arguments]
    if not fast_operation(product.node).acts or sum(still) != 1:
        return None
    parts = [a.node if stays else _step(graph, a, alone) for a, stays in zip(arguments, still, strict=True)]
    return None if None in parts else product.node.rebuild(*(part for part in parts if part is not None))


def _step(graph: Graph, operation: Operation, alone: Collection[str]) -> Expression | None:
    """What the last step adds to a present parameter, or to a view or multiple of one; None for anything else."""
    node = operation.node
    if fast_operation(node).passes:
        inner = _step(graph, graph.operations[operation.arguments[0]], alone)
        return None if inner is None else node.rebuild(inner)
    written_out = len(node.shape) < 2 or any(d.exponent == 0 for d in node.shape)
    return node.own_change(Time.PREVIOUS) if node.owner is node and written_out and str(node) not in alone else None
