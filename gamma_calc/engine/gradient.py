"""Reverse mode: the gradient of the loss with respect to every node, as a program."""

from __future__ import annotations

from gamma_calc.language.expression import Expression, total, walk
from gamma_calc.rules.leaves import One


def gradients(loss: Expression) -> dict[int, Expression]:
    """The gradient of each node below the loss, by the node's identity. Nodes that the loss ignores are left out."""
    nodes = walk([loss])
    upstream: dict[int, list[Expression | None]] = {id(loss): [One()]}
    result: dict[int, Expression] = {}
    for node in reversed(nodes):
        gradient = total(upstream.get(id(node), []))
        if gradient is None:
            continue
        result[id(node)] = gradient
        for argument, share in zip(node.arguments, node.pull_back(gradient), strict=False):
            upstream.setdefault(id(argument), []).append(share)
    return result
