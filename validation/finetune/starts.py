"""How adapters start: by peft where it offers a start, else by the published construction on the layer's own weight."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import torch

from gamma_calc.catalogue.initialisations import INITIALISATIONS
from gamma_calc.errors import ConfigError, unknown
from validation.arrays.draws import Draws
from validation.coordinate_check.adapters import AdapterLayer, adapters, rows_of
from validation.coordinate_check.probe import watched
from validation.finetune.libraries import peft, quiet
from validation.finetune.task import TaskKind
from validation.initialisations.catalogue import CONSTRUCTIONS
from validation.initialisations.decomposed import quantised
from validation.initialisations.layer import Layer, Triplets, svd

OPEN: Final = MappingProxyType({"general": "its sizes are open"})
ELSEWHERE: Final = ("loftq",)  # peft makes it on an accelerator only
FROZEN: Final[Mapping[str, Callable[[torch.Tensor], torch.Tensor]]] = MappingProxyType({"loftq": quantised})
DAMPING: Final = 0.01  # of the mean of a covariance's diagonal, added to it, as in the published code of corda


def by_peft(name: str) -> bool:
    """Does peft make this start by itself?"""
    found = INITIALISATIONS[name].peft
    return found is not None and not found.call and found.mode is None and name not in ELSEWHERE


STARTS: Final = tuple(name for name in INITIALISATIONS if name not in OPEN and (by_peft(name) or name in CONSTRUCTIONS))


def check_start(name: str) -> None:
    """Raises UnknownName for no start of the catalogue, ConfigError for one that is not made on a real model here."""
    if name in OPEN:
        raise ConfigError(f"start {name} is not made here", hint=f"{OPEN[name]}; known: {', '.join(STARTS)}")
    if name not in STARTS:
        raise unknown("initialisation", name, STARTS)


@dataclass(frozen=True, slots=True, eq=False)
class SeenLayer:
    """What one pass over some training data showed of a layer: its name, its inputs, the gradient of its weight."""

    name: str
    inputs: torch.Tensor
    gradient: torch.Tensor


@dataclass(frozen=True, eq=False)
class GivenLayer(Layer):
    """A layer of a real model: its own weight, and what was seen of it."""

    given: torch.Tensor = field(kw_only=True)
    seen: SeenLayer = field(kw_only=True)

    @property
    def outputs(self) -> int:
        return len(self.given)

    def normal(self, name: str, *shape: int) -> torch.Tensor:
        """Independent standard normal entries, others for each layer."""
        device = torch.device("cpu")
        draws = Draws(f"finetune {self.seen.name}", self.width, tuple(self.seeds), 1, torch.float64, device)
        return draws.normal(name, shape)

    @cached_property
    def weight(self) -> torch.Tensor:
        return self.given.double()[None]

    @cached_property
    def inputs(self) -> torch.Tensor:
        return self.seen.inputs.cpu().double()[None]

    @cached_property
    def covariance(self) -> torch.Tensor:
        """Of what was seen, with a part of the identity where that is less than the width has directions."""
        summed = self.inputs.mT @ self.inputs
        mean = summed.diagonal(dim1=-2, dim2=-1).mean()
        return summed + DAMPING * mean * torch.eye(self.width, dtype=torch.float64)

    @cached_property
    def gradient(self) -> Triplets:
        return svd(self.seen.gradient.cpu().double()[None])


@dataclass(frozen=True, slots=True)
class AdapterPlan:
    """Which adapters a model gets: the start, the modules, the rank, lora_alpha, and the seed of what is drawn."""

    task: TaskKind
    init: str
    targets: tuple[str, ...]
    rank: int
    alpha: float
    seed: int

    def added_to(self, model: Any, batch: Any) -> Any:
        """The model with its adapters; ``batch`` is what data-driven starts look at."""
        known = INITIALISATIONS[self.init].peft
        asked = known.value if by_peft(self.init) and known is not None else True
        settings = {"r": self.rank, "lora_alpha": self.alpha, "target_modules": list(self.targets)}
        config = peft().LoraConfig(task_type=self.task.peft, init_lora_weights=asked, **settings)
        seen = {} if by_peft(self.init) else _looked_at(model, self.targets, batch)
        with quiet():
            adapted = peft().get_peft_model(model, config)
        for adapter in adapters(adapted) if seen else ():
            _construct(self, adapter, seen[adapter.layer.get_base_layer()])
        return adapted


def _looked_at(model: Any, targets: tuple[str, ...], batch: Any) -> Mapping[Any, SeenLayer]:
    """Every target, from one pass over a batch."""
    layers = dict(named_targets(model, targets))
    model.requires_grad_(False)
    for layer in layers.values():
        layer.weight.requires_grad_(True)
    with watched(model, (), layers) as seen:
        model(**batch).loss.backward()
    found = {layer: SeenLayer(name, rows_of(seen.inputs[name]), layer.weight.grad) for name, layer in layers.items()}
    model.requires_grad_(True)  # peft freezes it
    for layer in layers.values():
        layer.weight.grad = None
    return found


def named_targets(model: torch.nn.Module, targets: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """The linear layers whose last name is one of the targets."""
    for name, module in model.named_modules():
        if name.rpartition(".")[2] in targets and isinstance(module, torch.nn.Linear):
            yield name, module


def _construct(plan: AdapterPlan, adapter: AdapterLayer, seen: SeenLayer) -> None:
    """Both factors as published, and the residual in the frozen weight where the start has one."""
    weight = adapter.layer.get_base_layer().weight
    asked = (weight.shape[1], adapter.rank, (plan.seed,), adapter.multiplier)
    layer = GivenLayer(*asked, given=weight.detach().cpu(), seen=seen)
    a, b = (factor[0].to(weight) for factor in CONSTRUCTIONS[plan.init](layer))
    adapter.layer.lora_A[adapter.adapter].weight.data = a.to(adapter.a).contiguous()
    adapter.layer.lora_B[adapter.adapter].weight.data = b.to(adapter.b).contiguous()
    if plan.init in FROZEN:
        weight.data = FROZEN[plan.init](layer.weight)[0].to(weight)
    elif INITIALISATIONS[plan.init].residual:
        weight.data -= adapter.multiplier * b @ a
