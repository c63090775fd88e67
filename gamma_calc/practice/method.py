"""What is trained, an adapter of the catalogue or the whole matrix: a program with all open that a law needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from gamma_calc.catalogue.adalora import STARTS
from gamma_calc.catalogue.specimens import full
from gamma_calc.catalogue.targets import TARGETS
from gamma_calc.errors import ConfigError, UnknownName, pick
from gamma_calc.language.program import Program
from gamma_calc.studies.largest_rate import known_starts

OF_LORA: Final = MappingProxyType({start.name: start for start in known_starts()})
PEFT: Final = "default"  # the start of peft
ONE, TWO = ("eta",), ("eta_A", "eta_B")


@dataclass(frozen=True, slots=True)
class Method:
    """A way to fine-tune by name. ``build`` takes the optimiser, and a start where there are ``starts``.

    ``start`` is the one where none is named. ``fixed`` names what the program has no exponent for although a run has it
    ("r", "s"): nothing is known of how the rate moves with it. ``rates`` are the exponents of its learning rates,
    ``knows_batches`` whether a batch of samples is derived.
    """

    name: str
    build: Callable[..., Program]
    start: str | None = None
    starts: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    has_rank: bool = True
    has_multiplier: bool = True
    rates: tuple[str, ...] = ONE
    knows_batches: bool = True

    def program(self, init: str | None, optimiser: str, samples: str = "one") -> Program:
        """The program, with the start's own name where one is given, on one sample or on growing batches."""
        start = {} if init is None else {"init": init}
        return self.build(optimiser=optimiser, **start, **({} if samples == "one" else {"batch": samples}))

    def check_batch(self, batch: object) -> None:
        """Raises ConfigError for a batch of a method that is derived for one sample."""
        if batch is not None and not self.knows_batches:
            raise ConfigError(
                f"batch is {batch}, and how a rate of {self.name} moves with it is not derived",
                hint="leave batch out: the answer is for one sample at each step",
            )

    def check_start(self, init: str | None) -> None:
        """Raises UnknownName for a start that the method does not have."""
        if init is None:
            return
        if not self.starts:
            raise UnknownName(f"{self.name} has no choice of a start, and init is {init}", hint="leave init out")
        pick(f"start of {self.name}", init, dict.fromkeys(self.starts))


def _open(name: str, **more: str) -> Callable[..., Program]:
    return partial(TARGETS[name].build, rank="growing", scaling="free", **more)


_LORA: Final = tuple(OF_LORA)
METHODS: Final[Mapping[str, Method]] = MappingProxyType(
    {
        m.name: m
        for m in (
            Method("lora", _open("lora"), PEFT, _LORA),
            Method("lora+", _open("lora+"), PEFT, _LORA, rates=TWO),
            Method("lora-fa", _open("lora-fa"), PEFT, _LORA),
            Method("lora-frozen-b", _open("lora-frozen-b"), "B", _LORA),
            Method("dora", TARGETS["dora"].build, PEFT, _LORA, fixed=("r", "s"), knows_batches=False),
            Method("vera", partial(TARGETS["vera"].build, rank="growing"), has_multiplier=False),
            Method("lora-xs", partial(TARGETS["lora-xs"].build, rank="growing"), fixed=("s",)),
            Method(
                "adalora",
                partial(TARGETS["adalora"].build, rank="growing"),
                "gaussian",
                tuple(STARTS),
                fixed=("s",),
            ),
            Method("full", full, has_rank=False, has_multiplier=False),
        )
    }
)
