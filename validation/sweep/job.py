"""One cell of a sweep as plain data, from which any process builds its program again by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Hashable, Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache

from gamma_calc.catalogue.targets import TARGETS, Target
from gamma_calc.errors import ProgramError, unknown
from gamma_calc.exponents import order
from gamma_calc.language.program import Program
from validation.executor.graph import identity

Axes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CellSetting:
    """What the widths and seeds of one point of a grid have in common.

    ``axes`` are names with their values: options of the target (init, optimiser, ...) and exponents (eta, a0, ...).
    """

    target: str
    axes: Axes
    steps: int
    dtype: str
    device: str
    sizes: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """A setting at one width for one seed: one row of a store."""

    setting: CellSetting
    width: int
    seed: int

    @property
    def key(self) -> str:
        """A hash of everything that decides the numbers: equal programs have equal keys, however they are written."""
        s = self.setting
        facts = [_identity(s.target, s.axes), self.width, self.seed, s.steps, s.dtype, s.device, sorted(s.sizes)]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def to_json(self) -> str:
        """The text that ``Job.from_json`` reads."""
        facts = asdict(self.setting) | {"width": self.width, "seed": self.seed}
        return json.dumps(facts | {"axes": dict(self.setting.axes), "sizes": dict(self.setting.sizes)})

    @classmethod
    def from_json(cls, text: str) -> Job:
        """The job whose text this is."""
        facts = json.loads(text)
        width, seed = facts.pop("width"), facts.pop("seed")
        facts |= {name: tuple(facts[name].items()) for name in ("axes", "sizes")}
        return cls(CellSetting(**facts), width, seed)


Jobs = tuple[Job, ...]


def together(jobs: Iterable[Job], shared: Callable[[Job], Hashable], at_most: int) -> list[Jobs]:
    """Jobs in groups that share something, of a limited size."""
    groups: dict[Hashable, list[Job]] = {}
    for job in jobs:
        groups.setdefault(shared(job), []).append(job)
    return [tuple(g[i : i + at_most]) for g in groups.values() for i in range(0, len(g), at_most)]


@lru_cache(maxsize=256)
def program_of(target: str, axes: Axes) -> Program:
    """The program of a point of a grid, every exponent fixed.

    Raises UnknownName for a name that the target does not have, ProgramError for an exponent left open.

    >>> program_of("lora", (("init", "B"), ("eta", "-1"))).variables
    ()
    """
    if target not in TARGETS:
        raise unknown("target", target, TARGETS)
    known, given = TARGETS[target], dict(axes)
    options = {name: given.pop(name) for name in options_of(known) if name in given}
    starts = {name: order(given.pop(name)) for name in known.starts if name in given}
    program = known.build(**options, **starts)
    if not given.keys() <= set(program.variables):
        name = min(given.keys() - set(program.variables))
        raise unknown("axis", name, (*program.variables, *known.starts, *options_of(known))).at(f"target {target}")
    missing = [name for name in program.variables if name not in given]
    if missing:
        hint = f"give {' and '.join(missing)} a value, as in {missing[0]}=-1/2"
        raise ProgramError(f"{', '.join(missing)} left open", where=f"target {target}", hint=hint)
    return program.substitute({name: order(value) for name, value in given.items()}) if given else program


def options_of(target: Target) -> tuple[str, ...]:
    """The options of a target that have one name as their value; assumptions are a list and no axis.

    >>> "optimiser" in options_of(TARGETS["lora"])
    True
    """
    return tuple(name for name in target.options.values() if name != "assume")


@lru_cache(maxsize=4096)
def _identity(target: str, axes: Axes) -> str:
    return identity(program_of(target, axes))
