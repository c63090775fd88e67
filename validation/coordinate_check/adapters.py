"""The LoRA layers of a model, and the parts of what a step changes in one of them.

All of it is computed from the factors and the layer's input, so it does not matter how the layer computes its output
(DoRA, for one, calls A on the identity as well).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch

from validation.errors import SettingError

ROWS: Final = 256  # of an input that are looked at
Sizes = dict[str, float]


@dataclass(frozen=True, slots=True)
class AdapterLayer:
    """One layer with its factors: A of r rows, B of r columns, and the multiplier s."""

    name: str
    layer: Any
    adapter: str

    @property
    def a(self) -> torch.Tensor:
        return self.layer.lora_A[self.adapter].weight.detach()  # type: ignore[no-any-return]

    @property
    def b(self) -> torch.Tensor:
        return self.layer.lora_B[self.adapter].weight.detach()  # type: ignore[no-any-return]

    @property
    def rank(self) -> int:
        return int(self.a.shape[0])

    @property
    def multiplier(self) -> float:
        return float(self.layer.scaling[self.adapter])

    def copied(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Both factors as they are now."""
        return self.a.clone(), self.b.clone()


def adapters(model: torch.nn.Module) -> tuple[AdapterLayer, ...]:
    """The trained adapters on linear layers."""
    return tuple(_adapters(model))


def _adapters(model: torch.nn.Module) -> Iterator[AdapterLayer]:
    for name, module in model.named_modules():
        factors = getattr(module, "lora_A", None)
        if isinstance(factors, torch.nn.ModuleDict) and hasattr(module, "scaling"):
            for adapter, factor in factors.items():
                if getattr(factor, "weight", torch.empty(0)).ndim == 2:
                    yield AdapterLayer(name, module, adapter)


def rows_of(value: torch.Tensor) -> torch.Tensor:
    """The first vectors of an input, whatever its other axes."""
    return value.detach().reshape(-1, value.shape[-1])[:ROWS]


def features(adapter: AdapterLayer, z: torch.Tensor, start: tuple[torch.Tensor, torch.Tensor]) -> Sizes:
    """A Z, the factors, and s (B A - B0 A0) Z: what training adds to the output."""
    a, b = adapter.copied()
    z_a, added = z @ a.T, z @ a.T @ b.T - z @ start[0].T @ start[1].T
    sizes = {"Z_A": z_a, "A": a, "B": b, "Z_B": adapter.multiplier * added}
    return {name: rms(value) for name, value in sizes.items()}


def deltas(adapter: AdapterLayer, z: torch.Tensor, before: tuple[torch.Tensor, torch.Tensor]) -> Sizes:
    """The parts of one step's change: A moves, B moves, both; and all of it."""
    a, b = adapter.copied()
    z_before, moved = z @ before[0].T, z @ (a - before[0]).T
    change = b - before[1]
    parts = {"delta1": moved @ before[1].T, "delta2": z_before @ change.T, "delta3": moved @ change.T}
    parts["dZ_B"] = parts["delta1"] + parts["delta2"] + parts["delta3"]
    return {name: adapter.multiplier * rms(value) for name, value in parts.items()}


def rms(value: torch.Tensor) -> float:
    """The root mean square of the entries."""
    return float(value.double().square().mean().sqrt()) if value.numel() else 0.0


def checked_ranks(ranks: Mapping[int, Mapping[str, tuple[int, float]]]) -> None:
    """An exponent in the width needs ranks and multipliers that do not move with it. Raises SettingError."""
    first = next(iter(ranks.values()))
    for width, found in ranks.items():
        for name, numbers in found.items():
            if first.get(name, numbers) != numbers:
                raise SettingError(
                    f"{name}: rank and multiplier are {first[name]} at one width and {numbers} at {width}",
                    hint="keep both the same at every width",
                )
