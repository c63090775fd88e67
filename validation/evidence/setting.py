"""A program as data: its name in the catalogue, its options, the exponents that are fixed, the notion of stability."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from gamma_calc.catalogue.parametrisations import network
from gamma_calc.catalogue.specimens import PROGRAMS
from gamma_calc.catalogue.targets import TARGETS
from gamma_calc.derivation.derivation import Derivation, derive
from gamma_calc.errors import pick
from gamma_calc.language.program import Program

Builder = Callable[..., Program]


BUILDERS: Final[Mapping[str, Builder]] = MappingProxyType(
    {t.name: t.build for t in TARGETS.values()} | dict(PROGRAMS) | {"network": network}
)


@dataclass(frozen=True, slots=True)
class ProgramSetting:
    """A program of the catalogue or of ``claims.programs``, not yet built."""

    name: str
    options: tuple[tuple[str, str], ...]
    at: tuple[tuple[str, str], ...]
    stability: str

    @property
    def open(self) -> Program:
        """The program before exponents are fixed; options of a target go by the command line's words or its own."""
        words = TARGETS[self.name].options if self.name in TARGETS else {}
        return pick("program", self.name, BUILDERS)(**{words.get(name, name): value for name, value in self.options})

    @property
    def program(self) -> Program:
        program = self.open
        return program.substitute(dict(self.at)) if self.at else program

    @property
    def found(self) -> Derivation:
        """The derivation, made once for each setting."""
        return _found(self)

    def __str__(self) -> str:
        options = " ".join(f"{name}={value}" for name, value in self.options)
        fixed = ", ".join(f"{name} = {value}" for name, value in self.at)
        notion = "" if self.stability == "Z_B" else f"stability {self.stability}"
        return ", ".join(filter(None, (f"{self.name} {options}".strip(), notion, f"at {fixed}" if fixed else "")))


def on(name: str, at: str = "", *, stability: str = "Z_B", **options: str) -> ProgramSetting:
    """A setting; ``at`` fixes exponents.

    >>> print(on("lora", "eta = -1/2", init="A"))
    lora init=A, at eta = -1/2
    """
    pairs = (part.partition("=") for part in at.split(",") if part)
    fixed = tuple((left.strip(), right.strip()) for left, _, right in pairs)
    return ProgramSetting(name, tuple(options.items()), fixed, stability)


@lru_cache(maxsize=1024)
def _found(setting: ProgramSetting) -> Derivation:
    return derive(setting.program, stability=setting.stability)
