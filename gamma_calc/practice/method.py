"""What is trained, an adapter of the catalogue or the whole matrix: a program with all open that a law needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from gamma_calc.catalogue.adalora import STARTS
from gamma_calc.catalogue.dora import dora
from gamma_calc.catalogue.specimens import full
from gamma_calc.catalogue.targets import TARGETS
from gamma_calc.errors import ConfigError, UnknownName, pick
from gamma_calc.language.program import Program
from gamma_calc.practice.adapted_layer import adapted_layer
from gamma_calc.practice.loss_scale import knows_the_scale_of_the_loss
from gamma_calc.studies.largest_rate import known_starts

OF_LORA: Final = MappingProxyType({start.name: start for start in known_starts()})
PEFT: Final = "default"  # the start of peft
ONE, TWO = ("eta",), ("eta_A", "eta_B")


@dataclass(frozen=True, slots=True)
class Method:
    """A way to fine-tune by name. ``build`` takes the optimiser, and a start where there are ``starts``.

    ``start`` is the one where none is named. ``fixed`` names what the program has no exponent for although a run has it
    ("r", "s"): nothing is known of how the rate moves with it; ``fixed_where`` says from which start and under which
    optimiser that is so, None that it always is. ``rates`` are the exponents of its learning rates,
    ``knows_batches`` whether a batch of samples is derived.
    """

    name: str
    build: Callable[..., Program]
    start: str | None = None
    starts: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    fixed_where: Callable[[str | None, str], bool] | None = None
    has_rank: bool = True
    has_multiplier: bool = True
    rates: tuple[str, ...] = ONE
    knows_batches: bool = True

    def program(self, init: str | None, optimiser: str, samples: str = "one", **assumed: object) -> Program:
        """The program, with the start's own name where one is given, on one sample or on growing batches."""
        start = {} if init is None else {"init": init}
        batch = {} if samples == "one" else {"batch": samples}
        return self.build(optimiser=optimiser, **start, **batch, **assumed)

    def lacks(self, init: str | None, rule: str) -> tuple[str, ...]:
        """What of a run the program from a start, under an optimiser, has no exponent for."""
        return self.fixed if self.fixed_where is None or self.fixed_where(init, rule) else ()

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


def _has_many_orders(init: str | None, rule: str) -> bool:
    """Has DoRA too many orders to be derived with rank and multiplier open?"""
    return init == "B" or knows_the_scale_of_the_loss(rule)


def _dora(init: str, *, optimiser: str, **options: str) -> Program:
    """DoRA with rank and multiplier open where its orders are few enough."""
    law = {} if _has_many_orders(init, optimiser) else {"rank": "growing", "scaling": "free"}
    return dora(init, optimiser=optimiser, **law, **options)


_LORA: Final = tuple(OF_LORA)
METHODS: Final[Mapping[str, Method]] = MappingProxyType(
    {
        m.name: m
        for m in (
            Method("lora", adapted_layer, PEFT, _LORA),
            Method("lora+", partial(adapted_layer, lr="per-factor"), PEFT, _LORA, rates=TWO),
            Method("lora-fa", partial(adapted_layer, freeze="A"), PEFT, _LORA),
            Method("lora-frozen-b", partial(adapted_layer, freeze="B"), "B", _LORA),
            Method("dora", _dora, PEFT, _LORA, fixed=("r", "s"), fixed_where=_has_many_orders, knows_batches=False),
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
