"""A program run in numbers: its parameters drawn, its loss differentiated by autograd, its watched quantities sized.

The change of a quantity is the difference of two values in 64 bits, and a part of the change of a product is the
product of differences of its factors; no rule for changes is used.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from oracle.forward import FUNCTIONS, OPERATIONS
from oracle.optimisers import Stepper, power

Tensor = torch.Tensor
Arrays = Mapping[str, Tensor]

MEMORY = 1.5e9  # bytes of tensors at a time, as a rough bound
FIXED = 3  # entries of an axis whose size does not grow
RELATIVE_ROUNDING = 1e-12  # a difference below this share of what it is a difference of is rounding


@dataclass(frozen=True)
class Setting:
    """Where a program is run: its width, how many seeds, and what no exponent depends on."""

    width: int
    seeds: int = 32
    steps: int = 2
    number: int = 0  # decides the constants in front of sizes and rates, none of them simple
    sizes: Mapping[str, int] = field(default_factory=dict)  # of axes, as factors of their power of the width

    def size(self, dim: Any) -> int:
        exponent = float(dim.exponent.rational)
        factor = self.sizes.get(dim.name, 1 if exponent == 1 else FIXED)
        found: float = factor * self.width**exponent
        return max(1, round(found))

    def shape(self, shape: Any) -> tuple[int, ...]:
        return tuple(map(self.size, shape))

    def constant(self, name: str) -> float:
        """A constant between 0.7 and 1.3 that no two names share."""
        return 0.7 + 0.6 * zlib.crc32(f"{self.number} {name}".encode()) / 2**32


@dataclass(frozen=True)
class Sizes:
    """The root mean square of every watched quantity: quantity and step to one number for each seed.

    NAME.aligned is what a quantity has along the gradient that made the step. ``rounding`` are those
    that are too small a difference for 64 bits at some seed.
    """

    rms: Mapping[tuple[str, int], Tensor]
    rounding: frozenset[tuple[str, int]]


def simulate(program: Any, setting: Setting) -> Sizes:
    """Run a program without open exponents."""
    cost = sum(_entries(leaf, setting) for leaf in _leaves(program).values())
    at_once = max(1, int(MEMORY / (64 * cost)))
    chunks = [_chunk(program, setting, first, at_once) for first in range(0, setting.seeds, at_once)]
    rms = {key: torch.cat([found.rms[key] for found in chunks]) for key in chunks[0].rms}
    return Sizes(rms, frozenset().union(*(found.rounding for found in chunks)))


def _chunk(program: Any, setting: Setting, first: int, count: int) -> Sizes:
    """The sizes at some seeds. The tensors of a run go with it: those of all seeds together need gigabytes."""
    run = Run(program, setting, first, min(count, setting.seeds - first))
    run.watch(0)
    for step in range(1, setting.steps + 1):
        run.step(step)
        run.watch(step)
    return Sizes(run.rms, frozenset(run.rounding))


def _entries(leaf: Any, setting: Setting) -> int:
    count = 1
    for size in setting.shape(leaf.shape):
        count *= size
    return count * (4 if kind(leaf) == "Parameter" else 1)


def kind(node: Any) -> str:
    return type(node).__name__


def _leaves(program: Any) -> dict[str, Any]:
    roots = [program.loss, *(q.expression for q in program.quantities.values() if q.expression is not None)]
    found: dict[int, Any] = {}
    while roots:
        node = roots.pop()
        if id(node) not in found:
            found[id(node)] = node
            roots.extend(node.arguments)
            init = getattr(node, "init", None)
            if init is not None and init.expression is not None:
                roots.append(init.expression)
    return {node.name: node for node in found.values() if kind(node) in {"Data", "Frozen", "Parameter"}}


class Run:
    """One run, as far as it has come."""

    def __init__(self, program: Any, setting: Setting, first: int, count: int) -> None:
        self.program, self.setting, self.first, self.count = program, setting, first, count
        self.drawn: dict[str, Tensor] = {}
        self.sample = 0
        self.stepper = Stepper(program.optimiser, setting.width)
        self.rms: dict[tuple[str, int], Tensor] = {}
        self.rounding: set[tuple[str, int]] = set()
        self.gradients: dict[str, Tensor] = {}  # of the loss that made the last step, by quantity
        self.trained = {n: p for n, p in _leaves(program).items() if kind(p) == "Parameter"}
        self.now = {name: self._initial(p) for name, p in self.trained.items()}
        self.start = self.previous = self.now

    # -- training --------------------------------------------------------------------------------------------------

    def step(self, number: int) -> None:
        leaves = {name: x.detach().clone().requires_grad_() for name, x in self.now.items()}
        known: dict[int, Tensor] = {}
        loss = self.value(self.program.loss, leaves, known)
        inside = {name: known[id(q.node)] for name, q in self.program.quantities.items() if id(q.node) in known}
        inside = {name: x for name, x in inside.items() if x.requires_grad}
        found = torch.autograd.grad(loss.sum(), [*leaves.values(), *inside.values()])
        self.gradients = dict(zip(inside, found[len(leaves) :], strict=True))
        self.previous, self.now = self.now, {}
        for (name, parameter), gradient in zip(self.trained.items(), found[: len(leaves)], strict=True):
            rate = self.setting.constant(f"rate {name}") * power(parameter.rate, self.setting.width)
            direction = self.stepper.direction(name, gradient, self._all(self.previous))
            self.now[name] = self.previous[name] - rate * direction
        self.sample = number

    def _all(self, now: Arrays) -> dict[str, Tensor]:
        """Every tensor by its name, frozen ones included: preconditioners may ask for one."""
        frozen = {n: self.value(x, now, {}) for n, x in _leaves(self.program).items() if n in ("A", "B")}
        return {**frozen, **now}

    # -- draws -----------------------------------------------------------------------------------------------------

    def _initial(self, parameter: Any) -> Tensor:
        if parameter.init.expression is not None:
            return self.value(parameter.init.expression, {}, {}).clone()
        return self._normal(parameter, parameter.init.entry, parameter.name)

    def _normal(self, leaf: Any, entry: Any, name: str) -> Tensor:
        shape = (self.count, *self.setting.shape(leaf.shape))
        deviation = self.setting.constant(leaf.name) * power(entry, self.setting.width)
        if deviation == 0:
            return torch.zeros(shape, dtype=torch.float64)
        seed = zlib.crc32(f"{self.setting.number} {name} {self.setting.width} {self.first}".encode())
        dtype = torch.float32 if len(shape) == 3 and min(shape[1:]) > 64 else torch.float64  # four times as fast
        drawn = torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))
        return drawn.to(torch.float64).mul_(deviation)

    # -- values ----------------------------------------------------------------------------------------------------

    def value(self, node: Any, now: Arrays, known: dict[int, Tensor]) -> Tensor:
        """The value of an expression where the parameters are ``now``; ``known`` holds what is computed already."""
        if id(node) not in known:
            known[id(node)] = self._computed(node, now, known)
        return known[id(node)]

    def _computed(self, node: Any, now: Arrays, known: dict[int, Tensor]) -> Tensor:
        match kind(node):
            case "Parameter":
                return now[node.name]
            case "Snapshot":
                return self._at(node.time)[node.parameter.name]
            case "Change":
                return self._at(node.until)[node.parameter.name] - self._at(node.since)[node.parameter.name]
            case "One":
                return torch.ones(self.count, dtype=torch.float64)
            case "Data":
                return self._leaf(node, node.entry, f"{node.name}@{self.sample}" if node.fresh else node.name)
            case "Frozen":
                return self._leaf(node, node.init.entry, node.name)
            case "Scale":
                factor = float(node.coefficient) * power(node.power.exponent, self.setting.width)
                return factor * self.value(node.arguments[0], now, known)
            case "Elementwise" | "FunctionOfMatrix":
                return FUNCTIONS[node.function.name](self.value(node.arguments[0], now, known))
            case "SinceStart":
                whole = node.arguments[0]
                return self.value(whole, now, known) - self.value(whole, self.start, {})
        return OPERATIONS[kind(node)]([self.value(a, now, known) for a in node.arguments])

    def _leaf(self, node: Any, entry: Any, name: str) -> Tensor:
        if name not in self.drawn:
            self.drawn[name] = self._normal(node, entry, name)
        return self.drawn[name]

    def _at(self, time: Any) -> Arrays:
        return {"START": self.start, "PREVIOUS": self.previous, "NOW": self.now}[time.name]

    # -- sizes -----------------------------------------------------------------------------------------------------

    def watch(self, step: int) -> None:
        now: dict[int, Tensor] = {}
        before: dict[int, Tensor] = {}
        for group in self.program.watch:
            for place, q in enumerate(group):
                found, floor = self._watched(q, place, now, before)
                self._note(q.name, step, rms(found), floor)
                if q.name in self.gradients:
                    self._note(f"{q.name}.aligned", step, along(found, self.gradients[q.name]), floor)

    def _note(self, name: str, step: int, size: Tensor, floor: Tensor) -> None:
        self.rms[name, step] = size
        if ((size > 0) & (size < floor)).any():
            self.rounding.add((name, step))

    def _watched(self, q: Any, place: int, now: dict[int, Tensor], before: dict[int, Tensor]) -> tuple[Tensor, Tensor]:
        """A watched quantity, and what is rounding in it."""
        none = torch.zeros(self.count, dtype=torch.float64)
        if q.expression is None:
            return none, none
        if q.role.name in {"ONE_FACTOR", "BOTH_FACTORS"}:
            return self._part(q.node, place - 2, now, before), none
        if q.role.name != "CHANGE":
            whole = self.value(q.expression, self.now, now)
            return whole, RELATIVE_ROUNDING * rms(whole)
        new, old = self.value(q.node, self.now, now), self.value(q.node, self.previous, before)
        return new - old, RELATIVE_ROUNDING * torch.maximum(rms(new), rms(old))

    def _part(self, node: Any, which: int, now: dict[int, Tensor], before: dict[int, Tensor]) -> Tensor:
        """The right factor moved (0), the left one (1), or both (2); known multipliers are looked through."""
        if kind(node) == "Scale":
            factor = float(node.coefficient) * power(node.power.exponent, self.setting.width)
            return factor * self._part(node.arguments[0], which, now, before)
        if kind(node) == "SinceStart":
            return self._part(node.arguments[0], which, now, before)
        old = [self.value(a, self.previous, before) for a in node.arguments]
        moved = [self.value(a, self.now, now) - x for a, x in zip(node.arguments, old, strict=True)]
        left, right = [(old[0], moved[1]), (moved[0], old[1]), (moved[0], moved[1])][which]
        return OPERATIONS[kind(node)]([left, right])


def rms(x: Tensor) -> Tensor:
    """The root mean square over all axes but that of seeds."""
    return x.detach().reshape(len(x), -1).square().mean(1).sqrt()


def along(x: Tensor, gradient: Tensor) -> Tensor:
    """The root mean square of the part of x that is along a gradient; none where there is no gradient."""
    flat, other = x.detach().reshape(len(x), -1), gradient.reshape(len(x), -1)
    size = other.square().mean(1).sqrt()
    return torch.where(size > 0, (flat * other).mean(1).abs() / size, 0.0)


def runs(program: Any, widths: tuple[int, ...], **options: Any) -> Iterator[tuple[int, Sizes]]:
    """The sizes at each width."""
    for width in widths:
        yield width, simulate(program, Setting(width, **options))
