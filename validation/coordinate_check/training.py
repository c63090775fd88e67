"""A few steps of a model on one batch, with the sizes of everything that is watched after each."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from validation.coordinate_check.adapters import AdapterLayer, adapters, deltas, features, rms, rows_of
from validation.coordinate_check.probe import SeenTensors, label, modules_to_watch, restored, watched
from validation.errors import SettingError

Key = tuple[str, str, int]  # module, quantity, step
MakeOptimiser = Callable[[torch.nn.Module, int], torch.optim.Optimizer]


@dataclass(frozen=True, slots=True)
class TrainedRun:
    """The sizes of one run, means over layers of one name, and the ranks and multipliers of its adapters.

    ``gradient`` is the smallest size that the gradient of a parameter had, zero aside.
    """

    sizes: Mapping[Key, float]
    ranks: Mapping[str, tuple[int, float]]
    still: frozenset[str]
    gradient: float


def trained(model: torch.nn.Module, batch: Any, optimiser: torch.optim.Optimizer, steps: int) -> TrainedRun:
    """Train on the batch and measure; the model is as before afterwards. Raises SettingError for no scalar loss."""
    layers = adapters(model)
    names = modules_to_watch(model, (layer.name for layer in layers))
    with restored(model), watched(model, names, {layer.name for layer in layers}) as seen:
        sizes, gradient = _Sizes(), math.inf
        start = {layer: layer.copied() for layer in layers}
        loss = _loss(model, batch)
        first = dict(seen.outputs)
        sizes.add_outputs(seen, first, 0)
        for step in range(1, steps + 1):
            before = {layer: layer.copied() for layer in layers}
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            gradient = min(gradient, _smallest_gradient(model))
            optimiser.step()
            loss = _loss(model, batch)
            sizes.add_outputs(seen, first, step)
            for layer in layers:
                z = rows_of(seen.inputs[layer.name]).to(layer.a.dtype)
                found = features(layer, z, start[layer]) | deltas(layer, z, before[layer])
                sizes.add(layer.name, found, step)
    ranks = {label(layer.name): (layer.rank, layer.multiplier) for layer in layers}
    return TrainedRun(sizes.means, ranks, _still(model, names), gradient)


class _Sizes:
    """Sizes by label; layers of one label count together, by their mean square."""

    def __init__(self) -> None:
        self.squares: defaultdict[Key, list[float]] = defaultdict(list)

    def add(self, name: str, found: Mapping[str, float], step: int) -> None:
        for quantity, size in found.items():
            self.squares[label(name), quantity, step].append(size**2)

    def add_outputs(self, seen: SeenTensors, first: Mapping[str, torch.Tensor], step: int) -> None:
        for name, value in seen.outputs.items():
            self.add(name, {"activation": rms(value)}, step)
            if step and name in first and first[name].shape == value.shape:
                self.add(name, {"change": rms(value - first[name])}, step)

    @property
    def means(self) -> dict[Key, float]:
        return {key: math.sqrt(sum(squares) / len(squares)) for key, squares in self.squares.items()}


def _smallest_gradient(model: torch.nn.Module) -> float:
    sizes = (rms(p.grad) for p in model.parameters() if p.grad is not None)
    return min((size for size in sizes if size), default=math.inf)


def _loss(model: torch.nn.Module, batch: Any) -> torch.Tensor:
    output = _called(model, batch)
    loss = output["loss"] if isinstance(output, Mapping) and output.get("loss") is not None else output
    loss = getattr(loss, "loss", loss)
    if not isinstance(loss, torch.Tensor) or loss.numel() != 1 or not loss.requires_grad:
        raise SettingError(
            "the model returns no scalar loss that depends on trained parameters",
            hint="let its forward return the loss, or an object with .loss (transformers: put labels in the batch)",
        )
    return loss.reshape(())


def _called(model: torch.nn.Module, batch: Any) -> Any:
    if isinstance(batch, Mapping):
        return model(**batch)
    return model(*batch) if isinstance(batch, tuple | list) else model(batch)


def _still(model: torch.nn.Module, names: Iterable[str]) -> frozenset[str]:
    """The labels of modules without a trained parameter of their own."""
    modules = dict(model.named_modules())
    moving = {label(n) for n in names if any(p.requires_grad for p in modules[n].parameters())}
    return frozenset({label(name) for name in names} - moving)


__all__ = ["AdapterLayer", "Key", "MakeOptimiser", "TrainedRun", "trained"]
