"""What each operation does to tensors whose first axis runs over seeds. Gradients are torch's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import torch

Tensor = torch.Tensor


class _Tanh(torch.autograd.Function):
    """tanh with a derivative that stays positive where 1 - tanh(x)^2 rounds to zero: signs of gradients need it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.tanh()

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return upstream[0] * sech_squared(x)


def sech_squared(x: Tensor) -> Tensor:
    small = (-2 * x.abs()).exp()
    return 4 * small / (1 + small) ** 2


FUNCTIONS: Final[Mapping[str, Callable[[Tensor], Tensor]]] = {
    "relu": torch.relu,
    "step": lambda x: (x > 0).to(x.dtype),
    "tanh": _Tanh.apply,
    "tanh'": sech_squared,
    "sign": torch.sign,
}


def _contracted(x: Tensor, y: Tensor) -> Tensor:
    """The last axis of x with the first of y, under the axis of seeds."""
    vector_left, vector_right = x.dim() == 2, y.dim() == 2
    result = torch.matmul(x.unsqueeze(1) if vector_left else x, y.unsqueeze(2) if vector_right else y)
    if vector_right:
        result = result.squeeze(-1)
    return result.squeeze(1) if vector_left else result


def _scaled(scalar: Tensor, x: Tensor) -> Tensor:
    return scalar.reshape(scalar.shape + (1,) * (x.dim() - 1)) * x


# By the name of the node's class; ``Scale``, ``Elementwise``, ``SinceStart`` and leaves need more than their arguments.
OPERATIONS: Final[Mapping[str, Callable[[list[Tensor]], Tensor]]] = {
    "Add": lambda x: x[0] + x[1],
    "MatMul": lambda x: _contracted(x[0], x[1]),
    "Inner": lambda x: (x[0] * x[1]).sum((1, 2)),
    "Hadamard": lambda x: x[0] * x[1],
    "Product": lambda x: _scaled(x[0], x[1]),
    "OuterProduct": lambda x: x[0].unsqueeze(2) * x[1].unsqueeze(1),
    "Transpose": lambda x: x[0].transpose(1, 2),
    "Divide": lambda x: x[0] / (x[1].unsqueeze(2) if x[0].dim() > x[1].dim() else x[1]),
    "ScaledRows": lambda x: x[0].unsqueeze(2) * x[1],
    "RowLength": lambda x: x[0].detach().square().sum(-1).sqrt(),
}
