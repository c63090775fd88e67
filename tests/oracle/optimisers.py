"""Optimisers written from their published formulas, on gradients whose first axis runs over seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

Tensor = torch.Tensor


def power(exponent: Any, width: int) -> float:
    """n^exponent for an exponent without variables; 0 for the exponent of what is zero."""
    return 0.0 if exponent.is_zero_quantity else float(width) ** float(exponent.rational)


@dataclass
class Stepper:
    """The direction in which a parameter moves, with what is remembered of it. ``rule`` is read, never called."""

    rule: Any
    width: int
    memory: dict[str, tuple[Tensor, Tensor]] = field(default_factory=dict)
    steps: dict[str, int] = field(default_factory=dict)

    def direction(self, name: str, gradient: Tensor, tensors: Mapping[str, Tensor]) -> Tensor:
        match self.rule.name:
            case "sgd":
                return gradient
            case "sign":
                return gradient.sign()
            case "lion":
                return self._lion(name, gradient)
            case "adam":
                return self._adam(name, gradient, power(self.rule.epsilon, self.width))
            case "muon":
                return _unit(gradient, 1.0)
            case "shampoo":
                return _unit(gradient, 2 * float(self.rule.power))
            case "riemannian-sgd":
                return self._preconditioned(name, gradient, tensors)
            case "riemannian-adam":
                return self._adam(name, self._preconditioned(name, gradient, tensors), 0.0)
            case "sign-riemannian":
                return self._preconditioned(name, gradient.sign(), tensors)
        raise NotImplementedError(self.rule.name)

    def _adam(self, name: str, gradient: Tensor, epsilon: float) -> Tensor:
        """Kingma and Ba, algorithm 1; 0/0 counts as 0 where epsilon is 0."""
        step = self.steps[name] = self.steps.get(name, 0) + 1
        b1, b2 = (float(getattr(self.rule, b, default)) for b, default in (("beta1", 0.9), ("beta2", 0.999)))
        m, v = self.memory.get(name, (torch.zeros_like(gradient), torch.zeros_like(gradient)))
        m, v = b1 * m + (1 - b1) * gradient, b2 * v + (1 - b2) * gradient**2
        self.memory[name] = m, v
        mean, root = m / (1 - b1**step), (v / (1 - b2**step)).sqrt() + epsilon
        return torch.where(root > 0, mean / root, torch.zeros_like(mean))

    def _lion(self, name: str, gradient: Tensor) -> Tensor:
        """Chen et al., algorithm 2, without decay: the sign of one mixture, another one is remembered."""
        m, _ = self.memory.get(name, (torch.zeros_like(gradient), gradient))
        self.memory[name] = 0.99 * m + 0.01 * gradient, gradient
        return (0.9 * m + 0.1 * gradient).sign()

    def _preconditioned(self, name: str, gradient: Tensor, tensors: Mapping[str, Tensor]) -> Tensor:
        """Scaled gradient descent: (B'B)^-1 dL/dA and dL/dB (AA')^-1; a pseudo-inverse without a damping."""
        damping = power(self.rule.damping, self.width)
        if name == "A":
            b = tensors["B"]
            return _inverse(b.transpose(1, 2) @ b, damping) @ gradient
        a = tensors["A"]
        return gradient @ _inverse(a @ a.transpose(1, 2), damping)


def _unit(gradient: Tensor, exponent: float) -> Tensor:
    """A matrix over a power of its singular values, by the eigenvalues of its smaller Gram matrix; zero stays zero."""
    rows = gradient if gradient.shape[1] <= gradient.shape[2] else gradient.transpose(1, 2)
    squares, vectors = torch.linalg.eigh(rows @ rows.transpose(1, 2))
    kept = squares > 1e-12 * squares[:, -1:]
    powers = torch.where(kept, squares.clamp(min=1e-300) ** (-exponent / 2), 0.0)
    made: Tensor = (vectors * powers[:, None, :]) @ (vectors.transpose(1, 2) @ rows)
    return made if rows is gradient else made.transpose(1, 2)


def _inverse(gram: Tensor, damping: float) -> Tensor:
    found: Tensor
    if damping:
        found = torch.linalg.inv(gram + damping * torch.eye(gram.shape[-1], dtype=gram.dtype))
    else:
        found = torch.linalg.pinv(gram, rtol=1e-12, hermitian=True)
    return found
