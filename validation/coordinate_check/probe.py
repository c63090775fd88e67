"""What the modules of a model put out, seen through hooks that are gone afterwards, and a model put back as it was."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import torch

NUMBER: Final = re.compile(r"(?<=\.)\d+(?=\.|$)|^\d+(?=\.|$)")
PREFIX: Final = re.compile(r"^(base_model\.model\.)?(model\.)?")


@dataclass(slots=True)
class SeenTensors:
    """The last outputs of modules and the last inputs of layers, by name."""

    outputs: dict[str, torch.Tensor] = field(default_factory=dict)
    inputs: dict[str, torch.Tensor] = field(default_factory=dict)


@contextmanager
def watched(model: torch.nn.Module, outputs: Iterable[str], inputs: Iterable[str]) -> Iterator[SeenTensors]:
    """Hooks on modules by name; removed whatever happens inside."""
    seen, modules = SeenTensors(), dict(model.named_modules())
    handles: list[Any] = []
    try:
        handles.extend(modules[name].register_forward_hook(_keeps_output(seen, name)) for name in outputs)
        handles.extend(
            modules[name].register_forward_pre_hook(_keeps_input(seen, name), with_kwargs=True) for name in inputs
        )
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _keeps_output(seen: SeenTensors, name: str) -> Any:
    def hook(_module: torch.nn.Module, _arguments: Any, output: Any) -> None:
        value = first_tensor(output)
        if value is not None:
            seen.outputs[name] = value.detach().clone()

    return hook


def _keeps_input(seen: SeenTensors, name: str) -> Any:
    def hook(_module: torch.nn.Module, arguments: Any, named: Any) -> None:
        value = first_tensor((*arguments, *named.values()))
        if value is not None:
            seen.inputs[name] = value.detach().clone()

    return hook


def first_tensor(value: Any) -> torch.Tensor | None:
    """The first tensor of floating numbers in an output, whatever holds it."""
    if isinstance(value, torch.Tensor):
        return value if value.is_floating_point() else None
    if isinstance(value, Mapping):
        value = tuple(value.values())
    if isinstance(value, tuple | list):
        return next((found for found in map(first_tensor, value) if found is not None), None)
    return None


def modules_to_watch(model: torch.nn.Module, layers: Iterable[str]) -> tuple[str, ...]:
    """Modules without parts or with parameters of their own, and adapted layers, whose parts are left out."""
    adapted = set(layers)
    inside = tuple(f"{name}." for name in adapted)
    names = []
    for name, module in model.named_modules():
        parts = any(True for _ in module.children())
        whole = not parts or any(True for _ in module.parameters(recurse=False))
        if (name in adapted or whole) and not name.startswith(inside):
            names.append(name)
    return tuple(names)


def label(name: str) -> str:
    """A module's name with the numbers of layers left open.

    >>> label("base_model.model.model.layers.3.self_attn.q_proj")
    'layers.*.self_attn.q_proj'
    """
    return NUMBER.sub("*", PREFIX.sub("", name)) or "model"


@contextmanager
def restored(model: torch.nn.Module) -> Iterator[None]:
    """A model whose numbers, gradients, modes and random numbers are as before, whatever happens inside."""
    values = {name: value.detach().clone() for name, value in _tensors(model)}
    gradients = {name: value.grad for name, value in model.named_parameters()}
    modes = {name: module.training for name, module in model.named_modules()}
    try:
        with torch.random.fork_rng():
            yield
    finally:
        with torch.no_grad():
            for name, value in _tensors(model):
                value.copy_(values[name])
        for name, parameter in model.named_parameters():
            parameter.grad = gradients[name]
        for name, module in model.named_modules():
            module.training = modes[name]


def _tensors(model: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    yield from model.named_parameters()
    yield from model.named_buffers()
