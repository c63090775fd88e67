"""A LoRA layer under Adam with every operation rounded to a format, and what the rounding does to each size.

An entrywise operation of torch on float16 and bfloat16 is computed with more digits and rounded once, as the formats
demand. Sums over the width are running sums in the format of sums, one term after the other: the order in which a
narrow format loses most. Where sums have more digits than the layer they are added in halves, and rounded once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import torch

from validation.arrays.draws import Draws
from validation.evidence.experiments.precision.formats import LayerFormats
from validation.evidence.experiments.precision.hazards import BETA1, BETA2, NEW

Tensor = torch.Tensor
Seen = tuple[Tensor, Tensor]  # sizes, and which of them went wrong: seed x entry
NAME: Final = "precision"
FIRST: Final = 1024  # of an axis: enough for a median


@dataclass(frozen=True, slots=True)
class LayerSize:
    """A layer in numbers: width, rank, the deviations of an entry of each factor, and the learning rate."""

    width: int
    rank: int
    deviations: Mapping[str, float]
    rate: float


class RoundedLayer:
    """The arrays of some seeds; those of A stand transposed, so both factors are seed x width x rank."""

    def __init__(self, size: LayerSize, arithmetic: LayerFormats, seeds: Sequence[int], device: str) -> None:
        self.size, self.arithmetic = size, arithmetic
        self.layer, self.sums, self.weights = (getattr(torch, f.name) for f in arithmetic.places.values())
        draws = Draws(NAME, size.width, tuple(seeds), 1, torch.float64, torch.device("cpu"))

        def drawn(name: str, *shape: int) -> Tensor:
            return draws.normal(name, (size.width, *shape)).to(device)

        self.z = drawn("Z", 1).to(self.layer)
        self.g = (-drawn("w", 1) / size.width).to(self.layer)
        starts = {name: deviation * drawn(name, size.rank) for name, deviation in size.deviations.items()}
        self.now = {name: start.to(self.weights) for name, start in starts.items()}
        self.means = {name: (torch.zeros_like(x), torch.zeros_like(x)) for name, x in self.now.items()}

    def take_step(self, step: int) -> dict[str, Seen]:
        """One update, from 1 on: what there was to be seen of the sizes in it, by the name of a hazard."""
        seen: dict[str, Seen] = {}
        A, B = (self._in_the_layer(name, seen) for name in ("A", "B"))
        Z_A = self._sum("A Z", A, self.z, seen)
        back = self._sum("B'g", B, self.g, seen)
        Z_B = (B.to(self.sums) * Z_A.to(self.sums)).sum(2).to(self.layer)
        seen["Z_A overflows"] = Z_A.abs(), _broken(Z_A, A)
        seen["Z_B overflows"] = Z_B.abs(), _broken(Z_B, B, Z_A)
        for name, vector, feature in (("A", self.z, back), ("B", self.g, Z_A)):
            self._update(name, self._gradient(name, vector, feature, seen), step, seen)
        return seen

    @property
    def broken(self) -> Tensor:
        """For each seed: is anything in a factor no number any more?"""
        return torch.stack([~x.isfinite().flatten(1).all(1) for x in self.now.values()]).any(0)

    def _in_the_layer(self, name: str, seen: dict[str, Seen]) -> Tensor:
        kept = self.now[name]
        used = kept.to(self.layer)
        seen[f"{name} vanishes"] = used.abs(), (used == 0) & (kept != 0)
        seen[f"{name} loses digits"] = used.abs(), self._thin(used) & (kept != 0)
        return used

    def _sum(self, name: str, matrix: Tensor, vector: Tensor, seen: dict[str, Seen]) -> Tensor:
        terms = matrix.to(self.sums) * vector.to(self.sums)
        exact = _pairwise(terms.double())
        running = _running(terms) if self.sums == self.layer else _pairwise(terms)
        size = _pairwise(terms.double().abs()) / (self.size.width * exact.abs())
        off = (running.double() - exact).abs() > exact.abs() / 2
        seen |= {f"sum {name} {kind}": (size, off) for kind in ("stalls", "scatters")}
        return running.to(self.layer)[:, None]

    def _gradient(self, name: str, vector: Tensor, feature: Tensor, seen: dict[str, Seen]) -> Tensor:
        gradient = vector * feature
        there = (vector != 0) & (feature != 0)
        seen[f"g_{name} vanishes"] = gradient.abs(), (gradient == 0) & there
        seen[f"g_{name} loses digits"] = gradient.abs(), self._thin(gradient) & there
        return gradient.to(self.weights)

    def _update(self, name: str, gradient: Tensor, step: int, seen: dict[str, Seen]) -> None:
        """Adam, its operations one by one."""
        mean, square = self.means[name]
        new, kept = NEW * (gradient * gradient), BETA2 * square
        mean, square = BETA1 * mean + (1 - BETA1) * gradient, kept + new
        root = (square / (1 - BETA2**step)).sqrt()
        ratio = (mean / (1 - BETA1**step)) / (root + self.arithmetic.epsilon)
        ratio = ratio.masked_fill((root == 0) & (mean == 0), 0)  # 0/0 counts as 0
        moved = self.size.rate * ratio
        before = self.now[name]
        after = before - moved
        decay = torch.full_like(kept, NEW).where(self.means[name][1] != 0, 0)
        v = f"v_{name}"
        seen[f"{v} vanishes"] = new, (new == 0) & (gradient != 0)
        seen[f"decay of {v} is absorbed"] = decay, (kept == self.means[name][1]) & self._full(kept)
        seen[f"root of {v} drowns"] = root, (root < self.arithmetic.epsilon) & (root != 0)
        seen[f"d{name} vanishes"] = moved.abs(), (moved == 0) & (ratio != 0)
        seen[f"d{name} is absorbed"] = (
            moved.abs() / before.abs(),
            (after == before) & (moved != 0) & self._full(before),
        )
        self.now[name], self.means[name] = after, (mean, square)

    def _full(self, x: Tensor) -> Tensor:
        """Numbers with all digits: those with fewer have another hazard of their own."""
        return x.isfinite() & (x.abs() >= self.arithmetic.weights.normal)

    def _thin(self, x: Tensor) -> Tensor:
        return x.abs() < self.arithmetic.layer.normal


def _running(terms: Tensor) -> Tensor:
    """One term after the other, each partial sum rounded."""
    total = torch.zeros_like(terms[:, 0])
    for term in terms.unbind(1):
        total += term
    return total


def _pairwise(terms: Tensor) -> Tensor:
    """The sum of the two halves' sums, in one order whatever runs beside it and on however many threads."""
    while terms.shape[1] > 1:
        half = terms.shape[1] // 2
        both = terms[:, :half] + terms[:, half : 2 * half]
        terms = torch.cat([both, terms[:, 2 * half :]], 1) if terms.shape[1] % 2 else both
    return terms[:, 0]


def _broken(made: Tensor, *of: Tensor) -> Tensor:
    """What is no number any more, of numbers."""
    whole = torch.stack([x.isfinite().flatten(1).all(1) for x in of]).all(0)
    return ~made.isfinite() & whole.reshape(-1, *[1] * (made.ndim - 1))


def summaries(seen: Mapping[str, Seen]) -> Iterator[tuple[str, Tensor, Tensor]]:
    """For each hazard and seed the median of the sizes of the first entries, and the share of all that went wrong."""
    for name, (sizes, wrong) in seen.items():
        few = sizes[:, :FIRST].double().flatten(1)
        yield name, few.median(1).values, wrong.flatten(1).count_nonzero(1).double() / wrong[0].numel()
