"""Reverse mode: the gradient of the loss with respect to every node, as a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamma_calc.errors import ProgramError
from gamma_calc.language.expression import Expression, total, walk
from gamma_calc.language.leaves import One

if TYPE_CHECKING:
    from gamma_calc.language.program import Program


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


def optimiser_inputs(program: Program) -> dict[str, Expression]:
    """What the optimiser is given for each parameter: its gradient, or what the optimiser asks for instead.

    Raises ProgramError where no gradient reaches a parameter.
    """
    of_node = gradients(program.loss)
    tensors = {str(node): node for node in program.nodes if node.is_tensor}
    found = {}
    for p in program.parameters:
        if id(p) not in of_node:
            raise ProgramError(f"no gradient reaches parameter {p.name}", hint=f"write frozen({p.name!r}, ...) instead")
        rule = program.optimiser.for_parameter(p)
        found[p.name] = rule.optimiser_input(p, of_node[id(p)], tensors)
    return found
