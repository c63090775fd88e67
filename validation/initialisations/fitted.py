"""The product of two small factors nearest to a weight, found by gradient descent (IniLoRA, arXiv 2510.03731)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gamma_calc.optimisers.adam import Adam
from validation.initialisations.layer import Factors, Layer, Tensor

LOOK: Final = 25  # steps between two looks at the error
GAIN: Final = 1e-3  # of what is caught, between two looks, below which the rate is halved
HALVINGS: Final = 5  # the descent stands on a plateau after as many
MOST_STEPS: Final = 20_000  # as in the published code
RATE: Final = 0.1  # of the deviation of the first factors
OPTIMISER: Final = Adam()

Report = Callable[[int, float], None]


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Where the descent stands: A, B, the squared error of B A for each seed, and the steps it took."""

    a: Tensor
    b: Tensor
    error: Tensor
    steps: int


def inilora(layer: Layer) -> Factors:
    """Factors that start with the deviation of W*; B A is fitted to W* whatever the multiplier is."""
    deviation = layer.width**-0.5
    a = deviation * layer.normal("A", layer.rank, layer.width)
    found = fit(layer.weight, a, deviation * layer.normal("B", layer.outputs, layer.rank))
    return found.a, found.b


def fit(target: Tensor, a: Tensor, b: Tensor, report: Report | None = None) -> Fit:
    """Adam on the squared error of B A, all seeds at once, until it stands on a plateau.

    ``report`` is called at every look with the step and the largest error relative to the target's square.

    >>> layer = Layer(width=8, rank=8, seeds=(0,))
    >>> found = fit(layer.weight, layer.normal("A", 8, 8), layer.normal("B", 8, 8))
    >>> bool(found.error.max() < 0.01 * layer.weight.square().sum())
    True
    """
    whole = target.square().sum((1, 2))
    descent = _Descent(target, a.clone(), b.clone())
    rate, most = RATE * float(a.square().mean().sqrt()), 0.0
    halvings = step = 0
    while halvings < HALVINGS and step < MOST_STEPS:
        for _ in range(LOOK):
            step += 1
            descent.step(step, rate)
        error = float((descent.error() / whole).max())
        if report:
            report(step, error)
        if 1 - error < most * (1 + GAIN):
            rate, halvings = rate / 2, halvings + 1
        most = max(1 - error, most)
    return Fit(descent.a, descent.b, descent.error(), step)


class _Descent:
    """Both factors with what the optimiser remembers of each."""

    def __init__(self, target: Tensor, a: Tensor, b: Tensor) -> None:
        self.target, self.a, self.b = target, a, b
        self.memory: list[object] = [None, None]

    def error(self) -> Tensor:
        return (self.target - self.b @ self.a).square().sum((1, 2))

    def step(self, count: int, rate: float) -> None:
        a, b = self.a, self.b
        gradients = (b.mT @ b @ a - b.mT @ self.target, b @ (a @ a.mT) - self.target @ a.mT)
        for i, (x, gradient) in enumerate(zip((a, b), gradients, strict=True)):
            self.memory[i], update = OPTIMISER.numeric(self.memory[i], gradient, count, a.shape[-1])
            x.sub_(update, alpha=rate)
